// SPDX-License-Identifier: Apache-2.0
// console.table: rows are the members of the value, columns the members of each.
import { inspect } from "./inspect.ts";

const kRowsMax = 1000;

/** Undefined when the value has no rows. */
export function table(data: unknown, wanted?: unknown): string | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const rows = rowsOf(data);
  const indexTitle = ops.typeOf(data) === "Map" || ops.typeOf(data) === "Set" ? "(iteration index)" : "(index)";
  const columns = new Set<string>(Array.isArray(wanted) ? wanted.map(String) : []);
  const cells: Map<string, string>[] = [];
  let hasValues = false;
  for (const [, value] of rows) {
    const row = new Map<string, string>();
    if (typeof value === "object" && value !== null && ops.proxyDetails(value) === undefined) {
      for (const key of Object.keys(value)) {
        if (Array.isArray(wanted) ? !columns.has(key) : columns.size >= 100 && !columns.has(key)) continue;
        columns.add(key);
        const descriptor = Object.getOwnPropertyDescriptor(value, key)!;
        row.set(key, "value" in descriptor ? inspect(descriptor.value, { depth: 0 }) : "[Getter]");
      }
    } else {
      hasValues = true;
      row.set("\0value", inspect(value, { depth: 0 }));
    }
    cells.push(row);
  }
  const keys = [...columns, ...(hasValues ? ["\0value"] : [])];
  const titles = [indexTitle, ...keys.map((key) => (key === "\0value" ? "Values" : key))];
  const lines = cells.map((row, index) => [rows[index]![0], ...keys.map((key) => row.get(key) ?? "")]);
  return draw(titles, lines);
}

function rowsOf(data: object): [string, unknown][] {
  const preview = ops.previewEntries(data);
  if (preview !== undefined) {
    const [entries, keyed] = preview;
    if (!keyed) return entries.slice(0, kRowsMax).map((value, index) => [`${index}`, value]);
    const rows: [string, unknown][] = [];
    for (let index = 0; index < entries.length / 2 && index < kRowsMax; index++) {
      rows.push([`${index}`, { Key: entries[2 * index], Values: entries[2 * index + 1] }]);
    }
    return rows;
  }
  const target = (ops.proxyDetails(data)?.[0] ?? data) as object;
  return Object.keys(target).slice(0, kRowsMax).map((key) => {
    const descriptor = Object.getOwnPropertyDescriptor(target, key)!;
    return [key, "value" in descriptor ? descriptor.value : "[Getter]"];
  });
}

function draw(titles: string[], lines: string[][]): string {
  const widths = titles.map((title, column) =>
    lines.reduce((width, line) => Math.max(width, line[column]!.length), title.length) + 2);
  const rule = (left: string, middle: string, right: string) =>
    left + widths.map((width) => "\u2500".repeat(width)).join(middle) + right;
  const row = (line: string[]) =>
    `\u2502${line.map((cell, column) => ` ${cell}`.padEnd(widths[column]!)).join("\u2502")}\u2502`;
  return [
    rule("\u250c", "\u252c", "\u2510"),
    row(titles),
    rule("\u251c", "\u253c", "\u2524"),
    ...lines.map(row),
    rule("\u2514", "\u2534", "\u2518"),
  ].join("\n");
}
