// SPDX-License-Identifier: Apache-2.0
// MessageChannel and MessagePort.
import { equal, ok, pause, same, throws } from "../check.js";

/** What comes out of a port. */
function listen(port) {
  const messages = [];
  port.onmessage = (event) => messages.push(event.data);
  return messages;
}

export const checks = {
  "what is posted to a port comes out of the other, as a copy and later": async () => {
    const { port1, port2 } = new MessageChannel();
    const messages = listen(port2);
    const back = listen(port1);
    const sent = { list: [1, new Date(0)], map: new Map([[1, "a"]]) };
    port1.postMessage(sent);
    port1.postMessage("second");
    port2.postMessage("back");
    sent.list.push(2);
    same(messages, []);
    await pause(20);
    same(messages, [{ list: [1, new Date(0)], map: new Map([[1, "a"]]) }, "second"]);
    same(back, ["back"]);
  },
  "a message is a trusted MessageEvent at its port": async () => {
    const { port1, port2 } = new MessageChannel();
    let event;
    port2.addEventListener("message", (given) => (event = given));
    port2.start();
    port1.postMessage(1);
    await pause(20);
    ok(event instanceof MessageEvent && event.isTrusted);
    equal(event.target, port2);
    equal(event.type, "message");
  },
  "messages wait until a port is started": async () => {
    const { port1, port2 } = new MessageChannel();
    const messages = [];
    port2.addEventListener("message", ({ data }) => messages.push(data));
    port1.postMessage("early");
    await pause(20);
    same(messages, []);
    port2.start();
    await pause(20);
    same(messages, ["early"]);
  },
  "a message comes after what runs and its microtasks": async () => {
    const { port1, port2 } = new MessageChannel();
    const order = [];
    port2.onmessage = () => order.push("message");
    port1.postMessage(1);
    queueMicrotask(() => order.push("microtask"));
    order.push("code");
    await pause(20);
    same(order, ["code", "microtask", "message"]);
  },
  "a closed channel takes no more": async () => {
    const { port1, port2 } = new MessageChannel();
    const messages = listen(port2);
    port1.postMessage(1);
    port1.close();
    port1.postMessage(2);
    port2.postMessage(3);
    await pause(20);
    same(messages, [1]);
  },
  "what cannot be cloned is refused where it is posted": async () => {
    throws(() => new MessageChannel().port1.postMessage(() => {}), { name: "DataCloneError" });
  },
  "array buffers are transferred": async () => {
    for (const list of [(buffer) => [buffer], (buffer) => ({ transfer: [buffer] })]) {
      const { port1, port2 } = new MessageChannel();
      const messages = listen(port2);
      const buffer = new ArrayBuffer(4);
      port1.postMessage(buffer, list(buffer));
      await pause(20);
      equal(buffer.byteLength, 0);
      equal(messages[0].byteLength, 4);
    }
  },
  "channels and ports look native": async () => {
    const channel = new MessageChannel();
    equal(Object.prototype.toString.call(channel), "[object MessageChannel]");
    equal(Object.prototype.toString.call(channel.port1), "[object MessagePort]");
    ok(channel.port1 instanceof EventTarget && channel.port1 === channel.port1);
    throws(() => new MessagePort(), TypeError);
    channel.port1.onmessage = 5;
    equal(channel.port1.onmessage, null);
  },
};
