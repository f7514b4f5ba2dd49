// SPDX-License-Identifier: Apache-2.0
//
// The table of docs/hostile.md, made of what attack.mjs saw on both runtimes.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../e2e/harness.mjs";

const clean = (text) => String(text).replaceAll("|", "\\|").replaceAll("<", "&lt;").replace(/[\s\x00-\x1f]+/g, " ");
const table = (head, lines) => [head, head.map(() => "---"), ...lines].map((line) => `| ${line.map(clean).join(" | ")} |`).join("\n");

/** "MemoryLimitExceeded x3, RangeError" of what programs answered or failed with. */
function tally(texts) {
  const counts = new Map();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].map(([text, n]) => (n === 1 ? text : `${text} ×${n}`)).join(", ");
}

const nameOf = (said) => (/^answered/.test(said) ? "answers" : /^([\w$]+): /.exec(said)?.[1] ?? said.slice(0, 60));

function ofMayfly(one, results) {
  if (results.length === 0) return ["", ""];
  const bad = results.filter(({ complaints }) => complaints.length > 0);
  const replaced = results.filter(({ cellReplaced }) => cellReplaced).length;
  const ends = one.deed ? results[0].said.slice(0, 160) : tally(results.map(({ said }) => nameOf(said)));
  const worst = Math.max(...results.flatMap(({ neighbours = {}, mayLoseItsCell }) =>
    Object.entries(neighbours).filter(([who]) => !(who === "beside" && mayLoseItsCell)).map(([, { worstMs }]) => worstMs)), 0);
  const told = bad.length > 0 ? `**${bad.length} of ${results.length} failed**: ${bad[0].complaints[0].slice(0, 160)}` : ends;
  return [replaced > 0 ? `${told}; cell replaced${replaced > 1 ? ` ×${replaced}` : ""}` : told, `${worst} ms`];
}

function ofWorkerd(results) {
  if (results.length === 0) return "not asked";
  return tally(results.map(({ said, fate }) => (fate === "went on" ? (/^no answer/.test(said) ? "no end within 5 s" : nameOf(said)) : `**${fate.replace(/ \d+ ms/, " over 2 s")}**`)));
}

/** { summary }: the counts as text. With { write } the tables go into docs/hostile.md. */
export function writeTable(chapters, units, { mayfly, workerd }, { write }) {
  const count = { programs: 0, good: 0, workerdRun: 0, workerdBad: 0, tried: 0, held: 0, missing: 0 };
  const sections = [];
  for (const { letter, title, cases } of [...chapters, { letter: "", title: "Beyond the catalogue", cases: units.filter(({ id }) => /^beyond/.test(id)) }]) {
    const lines = cases.map((one) => {
      const [ours, theirs] = [mayfly[one.id] ?? [], workerd[one.id] ?? []];
      count.programs += ours.length;
      count.good += ours.filter(({ complaints }) => complaints.length === 0).length;
      count.workerdRun += theirs.length;
      count.workerdBad += theirs.filter(({ fate }) => fate !== "went on").length;
      if (one.missing) count.missing++;
      else if (one.heldBy && !one.programs && !one.deed) count.held++;
      else count.tried++;
      const id = letter === "" ? "" : one.id;
      if (one.missing) return [id, one.title, one.outcome, `not tried: ${one.missing}`, "", ""];
      if (!one.programs && !one.deed) return [id, one.title, one.outcome, `held by ${[one.heldBy].flat().map((held) => held.split(": ")[0]).join(", ")}`, "", ""];
      return [id, one.title, one.outcome, ...ofMayfly(one, ours), ofWorkerd(theirs)];
    });
    sections.push(`### ${letter ? `${letter}. ` : ""}${title}`, table(["id", "case", "must end", "Mayfly", "others waited at most", "workerd"], lines));
  }
  const summary = table(["", "tried", "as they must", "the server ended, stalled or failed others"], [
    ["Mayfly", `${count.programs}`, `${count.good}`, `${count.programs - count.good}`],
    ["workerd", `${count.workerdRun}`, "", `${count.workerdBad}`],
  ]);
  const cases = `Of the catalogue's cases and the themes beyond it ${count.tried} are tried by \`make attack\`, ${count.held} are held by another test alone, and ${count.missing} are not tried.`;
  if (write) {
    const path = join(root, "docs/hostile.md");
    const [begin, end] = ["<!-- hostile -->", "<!-- /hostile -->"];
    const old = readFileSync(path, "utf8");
    const [from, to] = [old.indexOf(begin), old.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`${path} lacks the markers ${begin} and ${end}`);
    writeFileSync(path, `${old.slice(0, from + begin.length)}\n\n${[summary, cases, ...sections].join("\n\n")}\n\n${old.slice(to)}`);
  }
  return { summary: `${summary}\n\n${cases}` };
}
