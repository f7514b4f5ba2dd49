// SPDX-License-Identifier: Apache-2.0
//
// Two load generators: one connection that measures each request by itself, and wrk for throughput.

import { execFile } from "node:child_process";
import net from "node:net";
import { promisify } from "node:util";

/** Sends GET requests one after another over one connection for `durationMs`. Returns the latencies in ms, sorted. */
export async function latencies(port, path, { durationMs = 1500, warmup = 5 } = {}) {
  const socket = net.connect({ port, host: "127.0.0.1", noDelay: true });
  await new Promise((done, fail) => socket.once("connect", done).once("error", fail));
  const request = `GET ${path} HTTP/1.1\r\nHost: bench\r\n\r\n`;
  let pending;
  let received = "";
  socket.on("data", (data) => {
    received += data.toString("latin1");
    const head = received.indexOf("\r\n\r\n");
    if (head < 0) return;
    const length = Number(received.match(/\r\ncontent-length: *(\d+)/i)?.[1]);
    if (Number.isNaN(length)) return pending.fail(new Error(`no length in ${received}`));
    if (received.length < head + 4 + length) return;
    const answer = received;
    received = "";
    if (!answer.startsWith("HTTP/1.1 200 ")) pending.fail(new Error(`${path}: ${answer.slice(0, 500)}`));
    else pending.done();
  });
  socket.on("error", (error) => pending?.fail(error));
  socket.on("close", () => pending?.fail(new Error(`${path}: the server closed the connection`)));
  const once = () =>
    new Promise((done, fail) => {
      pending = { done, fail };
      socket.write(request);
    });
  try {
    for (let n = 0; n < warmup; n++) await once();
    const measured = [];
    for (const end = performance.now() + durationMs; performance.now() < end;) {
      const start = performance.now();
      await once();
      measured.push(performance.now() - start);
    }
    return measured.sort((a, b) => a - b);
  } finally {
    socket.removeAllListeners("close");
    socket.destroy();
  }
}

export const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];

/** Requests per second of wrk with 16 connections; an error when any request failed. */
export async function requestsPerSecond(port, path, { connections = 16, seconds = 2 } = {}) {
  const { stdout } = await promisify(execFile)("wrk", [
    "-t1",
    `-c${connections}`,
    `-d${seconds}s`,
    `http://127.0.0.1:${port}${path}`,
  ]);
  const failed = stdout.match(/Non-2xx or 3xx responses: \d+|Socket errors:.*/);
  if (failed) throw new Error(`${path}: ${failed[0]}`);
  return Number(stdout.match(/Requests\/sec:\s+([\d.]+)/)[1]);
}
