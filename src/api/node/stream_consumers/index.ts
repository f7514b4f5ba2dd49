// SPDX-License-Identifier: Apache-2.0
// node:stream/consumers. https://nodejs.org/api/webstreams.html#utility-consumers
import { Buffer } from "mayfly:node/buffer";

type Source = AsyncIterable<unknown>;

function toBytes(chunk: unknown): Uint8Array {
  if (typeof chunk === "string") return Buffer.from(chunk);
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  return new Uint8Array(chunk as ArrayBuffer);
}

async function collect(stream: Source): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for await (const chunk of stream) parts.push(toBytes(chunk));
  return parts;
}

async function buffer(stream: Source): Promise<any> {
  return Buffer.concat(await collect(stream));
}

async function arrayBuffer(stream: Source): Promise<ArrayBuffer> {
  const bytes = await buffer(stream);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}

async function blob(stream: Source): Promise<Blob> {
  const parts: unknown[] = [];
  for await (const chunk of stream) parts.push(chunk);
  return new (requireGroup("mayfly:web/file").Blob)(parts);
}

async function text(stream: Source): Promise<string> {
  const decoder = new (requireGroup("mayfly:web/encoding").TextDecoder)();
  let result = "";
  for await (const chunk of stream) {
    result += typeof chunk === "string" ? chunk : decoder.decode(toBytes(chunk), { stream: true });
  }
  return result + decoder.decode();
}

async function json(stream: Source): Promise<unknown> {
  return JSON.parse(await text(stream));
}

export default { arrayBuffer, blob, buffer, text, json };
