// SPDX-License-Identifier: Apache-2.0
//
// Measures Mayfly beside workerd: the same host worker, the same machine, the same run, taking turns.
//   node bench/run.mjs [--readme] [--only TEXT] [--rounds N] [--isolation tenant|worker|isolate]
//                      [--runtimes mayfly,/another/build/mayfly]     beside another Mayfly in place of workerd
// Prints a table, writes build/bench/results.json and, with --readme, the table between the markers in README.md.
// Absolute times depend on the machine; what counts is the ratio of the medians. Where the rounds of the two runtimes
// overlap, the table says that the difference is within the noise.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  Program,
  freePort,
  mayflyPath,
  residentBytes,
  root,
  sleep,
  temporaryProject,
  workerdPath,
} from "../tests/e2e/harness.mjs";
import { writeWorkerdConfig } from "../tests/e2e/workerd.mjs";
import { latencies, quantile, requestsPerSecond } from "./load.mjs";

const { values: options } = parseArgs({
  options: {
    readme: { type: "boolean" },
    only: { type: "string" },
    rounds: { type: "string", default: "3" },
    runtimes: { type: "string", default: "mayfly,workerd" },
    isolation: { type: "string", default: "tenant" },
  },
});
const rounds = Number(options.rounds);
const runtimes = options.runtimes.split(",");
const worker = join(root, "bench/worker");

/** The same worker with what only Mayfly reads: where dynamic workers run. */
const mayflyWorker = temporaryProject({
  "wrangler.json": {
    ...JSON.parse(readFileSync(join(worker, "wrangler.jsonc"), "utf8")),
    mayfly: { loader: { isolation: options.isolation } },
  },
  "index.js": readFileSync(join(worker, "index.js")),
});

// ---------------------------------------------------------------------------------------------------- servers

async function launch(runtime) {
  const port = await freePort();
  if (runtime === "workerd") {
    const config = await writeWorkerdConfig([worker], { directory: temporaryProject({}), port });
    return { port, begin: () => new Program(workerdPath, ["serve", "--experimental", config]) };
  }
  const path = runtime === "mayfly" ? mayflyPath : runtime;
  if (!existsSync(path)) throw new Error(`${path} is missing: run make build`);
  return { port, begin: () => new Program(path, ["serve", mayflyWorker, "--port", String(port)], { cwd: root }) };
}

/** Starts a server and waits for its first answer. Returns it with the time that took. */
async function serve(runtime) {
  const { port, begin } = await launch(runtime);
  const started = performance.now();
  const program = begin();
  let ended = false;
  program.ended.then(() => (ended = true));
  for (;;) {
    try {
      await latencies(port, "/plain", { durationMs: 0, warmup: 1 });
      break;
    } catch (error) {
      if (ended || performance.now() - started > 20_000)
        throw new Error(`${runtime} did not answer: ${error.message}\n${program.output}`);
      await sleep(2);
    }
  }
  return { runtime, port, program, pid: program.pid, startMs: performance.now() - started, stop: () => program.stop() };
}

// ---------------------------------------------------------------------------------------------------- what is measured

/** The median latency of one connection, and the 99th percentile beside it. */
const latency =
  (path, settings) =>
  async ({ port }) => {
    const measured = await latencies(port, path, settings);
    return { value: quantile(measured, 0.5), p99: quantile(measured, 0.99) };
  };
const throughput =
  (path) =>
  async ({ port }) => ({ value: await requestsPerSecond(port, path) });

const keptWorkers = 200;

/** Rounds of calls in one request; the time of a round, in µs, or of each of the calls in it. */
const calls = (kind, { times = 2000, each = 1 } = {}) => ({
  unit: "µs",
  async run({ port }) {
    const path = `/calls?kind=${kind}&times=${times}`;
    const measured = await latencies(port, path, { durationMs: 800, warmup: 1 });
    return { value: (quantile(measured, 0.5) * 1000) / times / each };
  },
});

/** Megabytes per second of one stream, and by how much memory grew while it ran. */
const stream = (kind, { mb = 1024 } = {}) => ({
  unit: "MB/s",
  async run({ port, pid }) {
    await latencies(port, `/stream?kind=${kind}&mb=16`, { durationMs: 0, warmup: 1 });
    const before = residentBytes(pid);
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, residentBytes(pid))), 50);
    try {
      const [ms] = await latencies(port, `/stream?kind=${kind}&mb=${mb}`, { durationMs: 1, warmup: 0 });
      return { value: (mb * 1.048576) / (ms / 1000), grewMb: (peak - before) / 1e6 };
    } finally {
      clearInterval(watch);
    }
  },
});

/** Megabytes that a server has grown by after many of something, the first of which are not counted. */
const growth = (path, { warm, times }) => ({
  unit: "MB",
  async own(runtime) {
    const server = await serve(runtime);
    try {
      const run = (n) => latencies(server.port, `${path}times=${n}`, { durationMs: 0, warmup: 1 });
      await run(warm);
      const before = residentBytes(server.pid);
      for (let left = times; left > 0; left -= 50_000) await run(Math.min(left, 50_000));
      return { value: (residentBytes(server.pid) - before) / 1e6, beforeMb: before / 1e6 };
    } finally {
      await server.stop();
    }
  },
});

const measures = [
  { name: "cold: `load()` of new code + one call, 1 connection", unit: "ms", run: latency("/cold") },
  { name: "cold, 16 connections", unit: "/s", run: throughput("/cold") },
  { name: "cold, module of 1 KB", unit: "ms", run: latency("/cold?kb=1", { durationMs: 1000 }) },
  { name: "cold, module of 100 KB", unit: "ms", run: latency("/cold?kb=100", { durationMs: 1000 }) },
  { name: "cold, module of 500 KB", unit: "ms", run: latency("/cold?kb=500", { durationMs: 1500 }) },
  { name: "warm: `get()` + one call, 1 connection", unit: "ms", run: latency("/warm-rpc", { durationMs: 1000 }) },
  { name: "warm, 16 connections", unit: "/s", run: throughput("/warm-rpc") },
  { name: "warm: `get()` + `fetch()` passed through, 16 connections", unit: "/s", run: throughput("/warm-fetch") },
  { name: "plain `fetch` handler, 16 connections", unit: "/s", run: throughput("/plain") },
  { name: "calls one after another, each", ...calls("greet") },
  { name: "16 calls at once, each", ...calls("sixteen", { times: 200, each: 16 }) },
  { name: "pipelined call of 4 hops", ...calls("chain") },
  { name: "call with an object of 1 KB", ...calls("object") },
  { name: "call that calls back", ...calls("callback") },
  { name: "1 GB as a stream argument", ...stream("argument") },
  { name: "1 GB as a stream argument and back", ...stream("through") },
  { name: "1 GB through a `fetch` body and back", ...stream("body") },
  { name: "growth by 1,000,000 calls", ...growth("/calls?kind=greet&", { warm: 100_000, times: 1_000_000 }) },
  { name: "growth by 100,000 `get()`s", ...growth("/fresh-gets?", { warm: 20_000, times: 100_000 }) },
  {
    name: "memory per kept worker",
    unit: "MB",
    async own(runtime) {
      const server = await serve(runtime);
      try {
        const keep = (from, to) => latencies(server.port, `/keep?from=${from}&to=${to}`, { durationMs: 0, warmup: 1 });
        await keep(0, 20); // what the first ones bring along is not theirs
        const before = residentBytes(server.pid);
        await keep(20, 20 + keptWorkers);
        return { value: (residentBytes(server.pid) - before) / keptWorkers / 1e6 };
      } finally {
        await server.stop();
      }
    },
  },
  {
    name: "start of the server until its first answer",
    unit: "ms",
    async own(runtime) {
      const server = await serve(runtime);
      await server.stop();
      return { value: server.startMs };
    },
  },
].filter(({ name }) => !options.only || name.includes(options.only));

// ---------------------------------------------------------------------------------------------------- the run

const higherIsBetter = (unit) => unit.endsWith("/s");
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

async function measureAll() {
  const servers = new Map();
  const results = [];
  try {
    if (measures.some(({ run }) => run)) for (const runtime of runtimes) servers.set(runtime, await serve(runtime));
    for (const { name, unit, run, own } of measures) {
      process.stderr.write(`${name}\n`);
      const samples = Object.fromEntries(runtimes.map((runtime) => [runtime, []]));
      for (let round = 0; round < rounds; round++) {
        for (const runtime of runtimes)
          samples[runtime].push(own ? await own(runtime) : await run(servers.get(runtime)));
      }
      const summary = Object.fromEntries(Object.entries(samples).map(([runtime, list]) => [runtime, summarize(list)]));
      results.push({ name, unit, ...summary, ...compared(summary, unit) });
    }
  } finally {
    for (const server of servers.values()) await server.stop();
  }
  return results;
}

function summarize(list) {
  const values = list.map(({ value }) => value);
  const of = (key) => list.map((one) => one[key]).filter((value) => value !== undefined);
  const beside = Object.fromEntries(
    ["p99", "grewMb", "beforeMb"].filter((key) => of(key).length > 0).map((key) => [key, median(of(key))]),
  );
  return {
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
    values,
    ...beside,
  };
}

/** How many times better the first runtime is than the second, and whether the rounds tell. */
function compared(summary, unit) {
  const [ours, theirs] = runtimes.map((runtime) => summary[runtime]);
  if (!theirs) return {};
  const ratio = higherIsBetter(unit) ? ours.median / theirs.median : theirs.median / ours.median;
  return { ratio, noise: ours.min <= theirs.max && theirs.min <= ours.max };
}

// ---------------------------------------------------------------------------------------------------- the table

const figure = (value) =>
  value >= 1000 ? Math.round(value).toLocaleString("en") : value.toPrecision(value >= 100 ? 3 : 2);
function shown(result, unit) {
  if (!result) return "";
  const { median: middle, min, max, p99, grewMb, beforeMb } = result;
  const beside = [
    p99 !== undefined && `p99 ${figure(p99)}`,
    grewMb !== undefined && `+${figure(grewMb)} MB`,
    beforeMb !== undefined && `from ${figure(beforeMb)} MB`,
  ].filter(Boolean);
  return `${figure(middle)} ${unit} (${[`${figure(min)} to ${figure(max)}`, ...beside].join("; ")})`;
}

function tableOf(results) {
  const head = ["what", ...runtimes, "Mayfly is"];
  const lines = results.map(({ name, unit, ratio, noise, ...of }) => [
    name,
    ...runtimes.map((runtime) => shown(of[runtime], unit)),
    ratio === undefined ? "" : noise ? `${ratio.toFixed(2)} x (within the noise)` : `${ratio.toFixed(2)} x`,
  ]);
  const widths = head.map((_, column) => Math.max(3, ...[head, ...lines].map((line) => line[column].length)));
  const row = (line) => `| ${line.map((text, column) => text.padEnd(widths[column])).join(" | ")} |`;
  return [row(head), row(widths.map((width) => "-".repeat(width))), ...lines.map(row)].join("\n");
}

function writeReadme(table) {
  const path = join(root, "README.md");
  const text = readFileSync(path, "utf8");
  const [begin, end] = ["<!-- bench -->", "<!-- /bench -->"];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`README.md lacks the markers ${begin} and ${end}`);
  const note =
    `Made with \`node bench/run.mjs --readme\` on ${cpus().length} cores of ${cpus()[0].model}: medians of ${rounds} rounds, ` +
    "the range in parentheses.";
  writeFileSync(path, `${text.slice(0, from + begin.length)}\n\n${table}\n\n${note}\n\n${text.slice(to)}`);
}

const results = await measureAll();
const table = tableOf(results);
console.log(table);
mkdirSync(join(root, "build/bench"), { recursive: true });
writeFileSync(
  join(root, "build/bench/results.json"),
  JSON.stringify(
    { date: new Date().toISOString(), cpu: cpus()[0].model, cores: cpus().length, rounds, results },
    null,
    2,
  ) + "\n",
);
if (options.readme) writeReadme(table);
