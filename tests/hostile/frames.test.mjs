// SPDX-License-Identifier: Apache-2.0
//
// The frames of WebSockets: messages come back as they were sent, however they are cut; any bytes are refused or
// understood. MAYFLY_FUZZ_SEED=N tries others.

import assert from "node:assert/strict";
import { test } from "node:test";
import { build } from "esbuild";
import { join } from "node:path";
import { root } from "../e2e/harness.mjs";

const { outputFiles } = await build({ entryPoints: [join(root, "src/api/web/websocket/frames.ts")], bundle: true, format: "esm", write: false });
const { FrameError, FrameReader, makeFrame, closePayload, isCloseCode } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);

let state = Number(process.env.MAYFLY_FUZZ_SEED ?? 1);
/** A number from 0 to `below`, the same in each run. */
function random(below) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}
const randomBytes = (size) => Uint8Array.from({ length: size }, () => random(256));

function reading(role, messageBytesMax = 32 << 20) {
  const events = [];
  const frames = new FrameReader(role, {
    message: (isText, bytes) => events.push([isText ? "text" : "binary", Buffer.from(bytes).toString("hex")]),
    ping: (bytes) => events.push(["ping", Buffer.from(bytes).toString("hex")]),
    pong: () => events.push(["pong"]),
    closed: (code, reason) => events.push(["close", code, Buffer.from(reason).toString("hex")]),
  }, messageBytesMax);
  return { reader: { push: (bytes) => frames.push(Uint8Array.from(bytes)) }, events };
}

/** A message in fragments, with control frames between them; what it should be read as. */
function randomMessage(key) {
  const size = [0, 1, 125, 126, 127, 65535, 65536, random(300)][random(8)];
  const payload = randomBytes(size);
  const opcode = 1 + random(2);
  const pieces = 1 + random(4);
  const frames = [];
  const expected = [];
  for (let piece = 0, at = 0; piece < pieces; piece++) {
    const end = piece === pieces - 1 ? size : at + random(size - at + 1);
    const frame = makeFrame(piece === 0 ? opcode : 0, payload.subarray(at, end), key());
    if (piece < pieces - 1) frame[0] &= 0x7f;
    frames.push(frame);
    if (piece < pieces - 1 && random(2)) {
      const ping = randomBytes(random(126));
      frames.push(makeFrame(9, ping, key()));
      expected.push(["ping", Buffer.from(ping).toString("hex")]);
    }
    at = end;
  }
  expected.push([opcode === 1 ? "text" : "binary", Buffer.from(payload).toString("hex")]);
  return { bytes: Buffer.concat(frames), expected };
}

for (const role of ["server", "client"]) {
  test(`what a ${role} reads does not depend on how the bytes are cut`, () => {
    const key = () => (role === "server" ? randomBytes(4) : null);
    for (let round = 0; round < 60; round++) {
      const messages = Array.from({ length: 1 + random(5) }, () => randomMessage(key));
      const bytes = Buffer.concat([...messages.map((message) => message.bytes), makeFrame(8, closePayload(4321, Buffer.from("bye")), key()), Buffer.from("dropped")]);
      const { reader, events } = reading(role);
      for (let at = 0; at < bytes.length; ) {
        const size = 1 + random([2, 50, 5000, bytes.length][random(4)]);
        reader.push(bytes.subarray(at, at + size));
        at += size;
      }
      assert.deepEqual(events, [...messages.flatMap(({ expected }) => expected), ["close", 4321, Buffer.from("bye").toString("hex")]]);
    }
  });

  test(`any bytes that a ${role} reads are frames, or a FrameError`, () => {
    let refused = 0;
    for (let round = 0; round < 20_000; round++) {
      const bytes = randomBytes(1 + random(40));
      // Mostly plausible beginnings, or everything would end at the first byte.
      if (random(4)) bytes[0] = (random(2) ? 0x80 : 0) | [0, 1, 2, 8, 9, 10][random(6)];
      if (bytes.length > 1 && random(4)) bytes[1] = (role === "server" ? 0x80 : 0) | random(128);
      const { reader, events } = reading(role, 1000);
      try {
        for (let at = 0; at < bytes.length; at += 7) reader.push(bytes.subarray(at, at + 7));
      } catch (error) {
        assert.ok(error instanceof FrameError, String(error.stack));
        assert.ok([1002, 1009].includes(error.code));
        refused++;
      }
      for (const event of events) if (event[0] === "close") assert.ok(event[1] === 1005 || isCloseCode(event[1]));
    }
    assert.ok(refused > 1000 && refused < 20_000, `${refused} were refused`);
  });
}

test("a message may have as many bytes as are allowed, in whatever frames", () => {
  for (const pieces of [[1000], [999, 1], [0, 500, 0, 500]]) {
    const { reader, events } = reading("client", 1000);
    pieces.forEach((size, index) => {
      const frame = makeFrame(index === 0 ? 2 : 0, new Uint8Array(size), null);
      if (index < pieces.length - 1) frame[0] &= 0x7f;
      reader.push(frame);
    });
    assert.equal(events.length, 1);
  }
  for (const pieces of [[1001], [1000, 1]]) {
    const { reader } = reading("client", 1000);
    assert.throws(() => {
      pieces.forEach((size, index) => {
        const frame = makeFrame(index === 0 ? 2 : 0, new Uint8Array(size), null);
        if (index < pieces.length - 1) frame[0] &= 0x7f;
        reader.push(frame);
      });
    }, { code: 1009 });
  }
});
