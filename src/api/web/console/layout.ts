// SPDX-License-Identifier: Apache-2.0
// Members on one line, in columns, or one per line.
import type { Shown, State } from "./state.ts";

const kLineWidth = 80;
const kMargin = 4;
const kColumnsMax = 16;
// A list of more members than this may be laid out in columns.
const kShortList = 6;
// An object with no more levels than this inside may share a line with its members.
const kInnerLevels = 3;

export function layOut(state: State, { head, members, open, close, list }: Shown, level: number): string {
  if (open === "") return head;
  const lead = head === "" ? open : `${head} ${open}`;
  if (members.length === 0) return `${lead}${close}`;
  const rows = list && members.length > kShortList ? columns(members, state.indent) : members;
  if (rows === members && state.level - level < kInnerLevels) {
    const width = members.reduce((sum, member) => sum + member.length + 2, state.indent + lead.length + 2);
    const broken = lead.includes("\n") || members.some((member) => member.includes("\n"));
    if (width <= kLineWidth - kMargin && !broken) return `${lead} ${members.join(", ")} ${close}`;
  }
  const margin = `\n${" ".repeat(state.indent)}`;
  return `${lead}${margin}  ${rows.join(`,${margin}  `)}${margin}${close}`;
}

/** Short members side by side, in columns of one width, about two and a half times as wide as high. */
function columns(members: string[], indent: number): string[] {
  const last = members.at(-1)!.startsWith("... ") ? [members.at(-1)!] : [];
  const cells = last.length > 0 ? members.slice(0, -1) : members;
  const width = Math.max(...cells.map((cell) => cell.length)) + 2;
  const wanted = Math.ceil(Math.sqrt(2.5 * width * cells.length) / width);
  const count = Math.min(kColumnsMax, Math.floor((kLineWidth - indent) / width), wanted);
  if (count <= 1 || cells.some((cell) => cell.includes("\n"))) return members;

  const numeric = cells.every((cell) => /^-?[\d.]+n?$/.test(cell));
  const rows: string[] = [];
  for (let start = 0; start < cells.length; start += count) {
    const row = cells.slice(start, start + count);
    rows.push(row.map((cell, column) => {
      const ends = column === row.length - 1; // the comma of the last one is the row's
      if (numeric) return ends ? cell.padStart(width - 2) : `${cell}, `.padStart(width);
      return ends ? cell : `${cell}, `.padEnd(width);
    }).join(""));
  }
  return [...rows, ...last];
}
