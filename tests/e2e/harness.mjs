// SPDX-License-Identifier: Apache-2.0
//
// What every end-to-end test stands on: start a project under Mayfly or under workerd, speak HTTP to it (politely or
// not), look at its processes, stop it. A server is started on a free port of the range in MAYFLY_TEST_PORTS and
// belongs to the test that started it; `stop()` ends it and whatever it started.

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { engine } from "./engine.mjs";
import { writeWorkerdConfig } from "./workerd.mjs";

export { sleep };

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
export const mayflyPath = process.env.MAYFLY ?? join(root, "build/mayfly");
export const workerdPath = join(root, "node_modules/workerd/bin/workerd");

/** The runtimes of this run: both, unless MAYFLY_TEST_RUNTIMES names them. */
export const runtimes = (process.env.MAYFLY_TEST_RUNTIMES ?? "mayfly,workerd").split(",");

const [firstPort, lastPort] = (process.env.MAYFLY_TEST_PORTS ?? "9830-9859").split("-").map(Number);
let nextPort = firstPort;

export async function freePort() {
  for (let tried = firstPort; tried <= lastPort; tried++) {
    const port = nextPort;
    nextPort = nextPort >= lastPort ? firstPort : nextPort + 1;
    const server = net.createServer();
    const free = await new Promise((done) => {
      server.once("error", () => done(false));
      server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => done(true)));
    });
    if (free) return port;
  }
  throw new Error(`no free port between ${firstPort} and ${lastPort}; set MAYFLY_TEST_PORTS=FIRST-LAST`);
}

// One listener for each temporary folder is no leak.
process.setMaxListeners(0);

/** A directory that goes with the process, holding `files` (name to text or bytes). */
export function temporaryProject(files) {
  const directory = mkdtempSync(join(tmpdir(), "mayfly-test-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(
      path,
      typeof content === "object" && !ArrayBuffer.isView(content) ? JSON.stringify(content) : content,
    );
  }
  return directory;
}

// ---------------------------------------------------------------------------------------------------- processes

// A server that is attacked may write more than a text can hold.
const kOutputMax = 256 << 20;

/** A started program with everything it said so far. */
export class Program {
  constructor(path, args, options = {}) {
    this.child = spawn(path, args, { stdio: ["pipe", "pipe", "pipe"], ...options });
    this.stdout = "";
    this.stderr = "";
    for (const name of ["stdout", "stderr"]) {
      this.child[name].setEncoding("utf8").on("data", (text) => {
        this[name] += text;
        if (this[name].length > kOutputMax) this[name] = this[name].slice(-kOutputMax / 2);
      });
    }
    this.ended = new Promise((done) => {
      this.child.once("error", (error) => done({ code: null, signal: null, error }));
      this.child.once("close", (code, signal) => done({ code, signal }));
    });
  }

  get pid() {
    return this.child.pid;
  }

  get output() {
    return this.stdout + this.stderr;
  }

  async waitFor(pattern, timeoutMs = 15_000) {
    let ended;
    this.ended.then((how) => (ended = how));
    for (const start = Date.now(); Date.now() - start < timeoutMs; await sleep(5)) {
      const match = this.output.match(pattern);
      if (match) return match;
      if (ended)
        throw new Error(`${this.child.spawnfile} ended (${JSON.stringify(ended)}) before ${pattern}:\n${this.output}`);
    }
    throw new Error(`${this.child.spawnfile} did not print ${pattern} within ${timeoutMs} ms:\n${this.output}`);
  }

  /** How it ended, or an error if it does not within the time. */
  async end(timeoutMs = 20_000) {
    const how = await Promise.race([this.ended, sleep(timeoutMs, undefined, { ref: false })]);
    if (!how) {
      for (const pid of [...descendants(this.pid), this.pid]) kill(pid, "SIGKILL");
      throw new Error(`${this.child.spawnfile} was still running after ${timeoutMs} ms:\n${this.output}`);
    }
    if (how.error) throw how.error;
    return how;
  }

  async stop(signal = "SIGTERM", timeoutMs = 5_000) {
    const family = descendants(this.pid);
    kill(this.pid, signal);
    const how = await Promise.race([this.ended, sleep(timeoutMs, undefined, { ref: false })]);
    if (how) return how;
    for (const pid of [...family, this.pid]) kill(pid, "SIGKILL");
    return this.ended;
  }
}

export function kill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/** Runs `mayfly` with arguments until it ends: { code, signal, stdout, stderr }. */
export async function runMayfly(args, { input, timeoutMs = 20_000, ...options } = {}) {
  const program = new Program(mayflyPath, args, { cwd: root, ...options });
  program.child.stdin.on("error", () => {});
  program.child.stdin.end(input);
  const how = await program.end(timeoutMs);
  return { ...how, stdout: program.stdout, stderr: program.stderr };
}

function processTable() {
  const table = new Map();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state !== "Z") table.set(Number(name), Number(parent));
    } catch {} // it ended while we looked
  }
  return table;
}

/** The live processes that a process started, and those started, in turn. */
export function descendants(pid) {
  const table = processTable();
  const found = [];
  const visit = (parent) => {
    for (const [child, itsParent] of table) {
      if (itsParent === parent) {
        found.push(child);
        visit(child);
      }
    }
  };
  visit(pid);
  return found;
}

export const isAlive = (pid) => processTable().has(pid);

/** Resident bytes of a process and all of its descendants, pages that they share counted once. */
export function residentBytes(pid) {
  let kilobytes = 0;
  for (const one of [pid, ...descendants(pid)]) {
    try {
      const rollup = readFileSync(`/proc/${one}/smaps_rollup`, "utf8");
      kilobytes += Number(rollup.match(/^Pss:\s+(\d+) kB/m)[1]);
    } catch {}
  }
  return kilobytes * 1024;
}

// ---------------------------------------------------------------------------------------------------- servers

async function untilAnswering(port, program, timeoutMs = 15_000 * engine.slowness) {
  let ended = false;
  program.ended.then(() => (ended = true));
  for (const start = Date.now(); Date.now() - start < timeoutMs && !ended; await sleep(10)) {
    const connected = await new Promise((done) => {
      const socket = net.connect(port, "127.0.0.1", () => done(true)).once("error", () => done(false));
      socket.once("connect", () => socket.destroy());
    });
    if (connected) return;
  }
  throw new Error(`nothing listens on port ${port}:\n${program.output}`);
}

/** Serves one or more projects (directories or files; the first answers) under Mayfly. */
export async function startMayfly(targets, { command = "dev", args = [], env = {}, ...options } = {}) {
  if (!existsSync(mayflyPath)) throw new Error(`${mayflyPath} is missing: build it first (make build)`);
  const port = await freePort();
  const program = new Program(mayflyPath, [command, ...[targets].flat(), "--port", String(port), ...engine.args, ...args], {
    cwd: root,
    env: { ...process.env, ...engine.environment, ...env },
    ...options,
  });
  try {
    await program.waitFor(/mayfly: listening on http:\/\/\S+/, 15_000 * engine.slowness);
  } catch (error) {
    await program.stop("SIGKILL");
    throw error;
  }
  return serverOf("mayfly", program, port);
}

/** Serves the same projects under workerd, bundled with esbuild as wrangler would. */
export async function startWorkerd(targets, { vars, network } = {}) {
  const port = await freePort();
  const directory = temporaryProject({});
  const config = await writeWorkerdConfig([targets].flat(), { directory, port, vars, network });
  const program = new Program(workerdPath, ["serve", "--experimental", config]);
  try {
    await untilAnswering(port, program);
  } catch (error) {
    await program.stop("SIGKILL");
    throw error;
  }
  return serverOf("workerd", program, port);
}

function serverOf(runtime, program, port) {
  const agent = new http.Agent({ keepAlive: true });
  return {
    runtime,
    program,
    port,
    url: `http://127.0.0.1:${port}`,
    pid: program.pid,
    request: (request) => exchange(port, request, agent),
    raw: (chunks, options) => rawExchange(port, chunks, options),
    async stop(signal) {
      agent.destroy();
      return program.stop(signal);
    },
  };
}

export const start = (runtime, targets, options) =>
  runtime === "mayfly" ? startMayfly(targets, options) : startWorkerd(targets, options);

// ---------------------------------------------------------------------------------------------------- speaking HTTP

/** One request: `{ method, path, headers, body, timeoutMs }`, or just a path. A body is text, bytes or chunks. */
export function exchange(port, request, agent) {
  const {
    method = "GET",
    path = "/",
    headers = {},
    body,
    timeoutMs = 10_000 * engine.slowness,
  } = typeof request === "string" ? { path: request } : request;
  return new Promise((done, fail) => {
    const outgoing = http.request({ host: "127.0.0.1", port, method, path, headers, agent }, (incoming) => {
      const chunks = [];
      incoming.on("data", (chunk) => chunks.push(chunk));
      incoming.on("error", fail);
      incoming.on("end", () => {
        clearTimeout(timer);
        const bytes = Buffer.concat(chunks);
        done({
          status: incoming.statusCode,
          statusText: incoming.statusMessage,
          headers: incoming.headers,
          rawHeaders: incoming.rawHeaders,
          bytes,
          text: bytes.toString("utf8"),
          json: () => JSON.parse(bytes.toString("utf8")),
        });
      });
    });
    const timer = setTimeout(
      () => outgoing.destroy(new Error(`no answer to ${method} ${path} within ${timeoutMs} ms`)),
      timeoutMs,
    );
    outgoing.on("error", (error) => {
      clearTimeout(timer);
      fail(error);
    });
    send(outgoing, body).catch(fail);
  });
}

async function send(outgoing, body) {
  if (body === undefined || typeof body === "string" || ArrayBuffer.isView(body)) return void outgoing.end(body);
  for await (const chunk of body) outgoing.write(chunk);
  outgoing.end();
}

/**
 * Sends bytes as they are and returns what came back as latin1 text with whether the server closed. `chunks` are
 * strings, buffers or pauses (numbers, in ms). Reading ends when the server closes, when `until` matches, or after
 * `timeoutMs`.
 */
export async function rawExchange(port, chunks, { until, timeoutMs = 3_000 } = {}) {
  const socket = net.connect(port, "127.0.0.1");
  let text = "";
  let closed = false;
  let finish;
  const finished = new Promise((done) => (finish = done));
  socket.on("data", (data) => {
    text += data.toString("latin1");
    if (until?.test(text)) finish();
  });
  socket.on("error", () => ((closed = true), finish()));
  socket.on("close", () => ((closed = true), finish()));
  const timer = setTimeout(finish, timeoutMs);
  for (const chunk of [chunks].flat()) {
    if (closed) break;
    if (typeof chunk === "number") await sleep(chunk);
    else if (!socket.destroyed) socket.write(Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk, "latin1"));
  }
  await finished;
  clearTimeout(timer);
  socket.destroy();
  return { text, closed };
}
