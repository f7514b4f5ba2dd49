// SPDX-License-Identifier: Apache-2.0
//
// The hostile corpus as data. `cases/<letter>.mjs` holds the catalogue: what has been thought of, each with an id, a
// title, the outcome that it must have, and one of
//   programs   { name: program }: workers for host/index.js to run (program.mjs says how they are written)
//   deed       async (bench) => text: what is done from outside, and what came of it; it throws when that was wrong
//   heldBy     "file: name of the test" where another suite tries it already
//   missing    why it is not tried: Mayfly does not offer what it attacks, or no way to try it was found
// `programs/*.mjs` holds more programs, by theme. An outcome is one of
//   J  an exception in the program, which may go on      C  the worker ends with a named error, its cell lives
//   D  the guest cell is replaced in good order          K  the guest cell is ended, callers get CellLost
//   P  refused before it runs, by name                   H  an HTTP error for the client
//   N  denied by the network's policy                    -  no effect
// or several of them, "C/D", where it depends on what gives in first.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { noticed, startHost } from "./harness.mjs";

export const outcomes = new Set(["J", "C", "D", "K", "P", "H", "N", "-"]);

const modulesIn = async (folder) => {
  const path = join(import.meta.dirname, folder);
  return Promise.all(readdirSync(path).sort().map((file) => import(join(path, file))));
};

/** [{ letter, title, cases: [{ id, title, outcome, ... }] }], and what is beyond the catalogue: [{ title, programs }]. */
export async function readCorpus() {
  const chapters = (await modulesIn("cases")).map(({ letter, title, cases }) => ({
    letter,
    title,
    cases: Object.entries(cases).map(([id, one]) => ({ id, ...one })),
  }));
  const used = new Set(chapters.flatMap(({ cases }) => cases.flatMap(({ programs }) => Object.values(programs ?? {}))));
  const beyond = (await modulesIn("programs")).map(({ title, programs }) => ({
    title,
    programs: Object.fromEntries(Object.entries(programs).filter(([, program]) => !used.has(program))),
  }));
  return { chapters, beyond };
}

const exactly = (text) => (text instanceof RegExp ? text : new RegExp(`^${text}$`));
export const shortly = (text) => (text.length > 200 ? `${text.slice(0, 200)}...` : text);
export const saidOf = ({ text, error, message }) =>
  error === undefined ? `answered ${JSON.stringify(shortly(text))}` : shortly(`${error}: ${message}`);

function isEnd(ends, { text, error, message, code }) {
  if (ends.error === undefined) {
    if (error !== undefined) return false;
    if (ends.text instanceof RegExp) return ends.text.test(text);
    return ends.text === undefined || ends.text === text;
  }
  return error !== undefined && exactly(ends.error).test(error) && (ends.message === undefined || ends.message.test(message)) &&
      (ends.code === undefined || ends.code === code);
}

export const mayLoseItsCell = (outcome) => /[DK]/.test(outcome);

/** What was wrong with the end of a program: [texts]. `outcome` is the class that it must have. */
export function judge(program, outcome, seen) {
  const complaints = [];
  if (seen.thrown) complaints.push(`no answer: ${seen.thrown.message}`);
  else if (![program.ends].flat().some((ends) => isEnd(ends, seen.result))) complaints.push(saidOf(seen.result));
  complaints.push(...noticed(seen, mayLoseItsCell(outcome) ? "the cell" : "nobody"));
  if (/^[DK]$/.test(outcome) && !cellEnded(seen.log)) complaints.push("the guest cell was not replaced");
  return complaints;
}

export const cellEnded = (log) => /guest cell died|is replaced/.test(log);

const wellBehaved = {
  code: `export default { async fetch(request, env) { return new Response("well " + (await env.TOOL.echo(1))); } };`,
};

let tenants = 0;

/** Runs a program on a host (startHost), then a well-behaved one: { complaints, seen }. */
export async function runProgram(host, given, outcome) {
  // A tenant whose cells end again and again waits for the next: each that may lose its cell is another one's, and alone.
  const program = mayLoseItsCell(outcome) ? { tenant: `mean ${tenants++}`, isolation: "worker", ...given } : given;
  // A program that goes on after its end is known costs the cell some seconds later, and not the program after it.
  const must = /^[DK]$/.test(outcome);
  let result;
  const until = async (log, quiet) => cellEnded(log) || (!must && (!/LimitExceeded$/.test(result?.error) || (await quiet())));
  const seen = await host.observe(async () => (result = await host.attack(program)), { until });
  const complaints = judge(program, outcome, seen);
  try {
    const after = await host.attack(wellBehaved);
    if (after.text !== "well 1") complaints.push(`a well-behaved program afterwards: ${saidOf(after)}`);
  } catch (error) {
    complaints.push(`a well-behaved program afterwards: ${error.message}`);
  }
  return { complaints, seen };
}

/** Does the deed of a case ({ deed, outcome }): { complaints, seen }, where seen.result is { text }. */
export async function runDeed(host, { deed, outcome }) {
  const seen = await host.observe(async () => ({ text: await deed({ runtime: "mayfly", host, startHost }) }));
  const complaints = seen.thrown ? [seen.thrown.message] : [];
  complaints.push(...noticed(seen, mayLoseItsCell(outcome) ? "the cell" : "nobody"));
  return { complaints, seen };
}
