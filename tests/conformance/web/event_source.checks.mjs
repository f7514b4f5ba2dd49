// SPDX-License-Identifier: Apache-2.0
// EventSource: what event streams say, and how a connection fails.
import { equal, pause, same, throws } from "../check.js";

/** The events that a source gives until it ends: [type, data, lastEventId]. */
async function eventsOf(chunks, types = ["message"]) {
  const left = chunks.map((chunk) => new TextEncoder().encode(chunk));
  const source = EventSource.from(new ReadableStream({
    pull: (controller) => (left.length > 0 ? controller.enqueue(left.shift()) : controller.close()),
  }));
  const events = [];
  for (const type of types) source.addEventListener(type, ({ data, lastEventId }) => events.push([type, data, lastEventId]));
  await new Promise((done) => (source.onerror = done));
  equal(source.readyState, EventSource.CLOSED);
  return events;
}

// name -> [chunks, events, types of events that are listened to]
const streams = {
  "one event": [["data: a\n\n"], [["message", "a", ""]]],
  "lines of data are joined, comments are not": [["data: a\ndata:b\n: c\n\n"], [["message", "a\nb", ""]]],
  "an event has its type and id": [["event: x\nid: 7\ndata: q\r\n\r\n"], [["x", "q", "7"]], ["message", "x"]],
  "line ends of every kind, split anywhere": [["data: a\r", "\n\r", "\ndata:b\r\r"], [["message", "a", ""], ["message", "b", ""]]],
  "the id stays until it is set again": [["id: 1\n\ndata: a\n\ndata: c\n\nid\ndata: b\n\n"],
    [["message", "a", "1"], ["message", "c", "1"], ["message", "b", ""]]],
  "an event that is not finished is none": [["data: unfinished"], []],
  "one space after the colon is no data, and unknown fields are nothing": [["foo: x\ndata:  two\n\n"], [["message", " two", ""]]],
  "a byte order mark is skipped": [["\ufeffdata: bom\n\n"], [["message", "bom", ""]]],
  "an empty line of data is data": [["data\n\n"], [["message", "", ""]]],
  "an id with a zero is ignored": [["id: a\0b\ndata: x\n\n"], [["message", "x", ""]]],
};

export const checks = {
  ...Object.fromEntries(Object.entries(streams).map(([name, [chunks, events, types]]) =>
    [`event stream: ${name}`, async () => same(await eventsOf(chunks, types), events)])),
  "EventSource has its address and is closed at once": async () => {
    const source = new EventSource("https://x.invalid/a?b");
    equal(source.url, "https://x.invalid/a?b");
    equal(source.readyState, EventSource.CONNECTING);
    equal(source.withCredentials, false);
    source.close();
    equal(source.readyState, source.CLOSED);
    await pause(1);
  },
  "EventSource refuses what is no address": async () => {
    throws(() => new EventSource("::"), { name: "SyntaxError" });
    throws(() => new EventSource("https://x.invalid", { withCredentials: true }), { name: "NotSupportedError" });
  },
};
