// SPDX-License-Identifier: Apache-2.0
// Primitive values and property keys as text.

const identifier = /^[A-Za-z_$][\w$]*$/;
const unprintable = /[\0-\x1f\x7f-\x9f\\']|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const escapes: Record<string, string> = {
  "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f", "\v": "\\v", "\\": "\\\\",
};

export function showPrimitive(value: unknown, stringMax: number): string {
  switch (typeof value) {
    case "string": return quoteBounded(value, stringMax);
    case "number": return Object.is(value, -0) ? "-0" : `${value}`;
    case "bigint": return `${value}n`;
    default: return String(value); // boolean, undefined, null, symbol
  }
}

export function showKey(key: PropertyKey): string {
  if (typeof key === "symbol") return `[${String(key)}]`;
  return identifier.test(String(key)) ? String(key) : quote(String(key));
}

function quoteBounded(text: string, stringMax: number): string {
  const more = text.length - stringMax;
  if (more <= 0) return quote(text);
  return `${quote(text.slice(0, stringMax))}... ${more} more character${more === 1 ? "" : "s"}`;
}

function quote(text: string): string {
  let mark = "'";
  if (text.includes("'")) {
    if (!text.includes('"')) mark = '"';
    else if (!text.includes("`") && !text.includes("${")) mark = "`";
  }
  const escapeUnit = (unit: string) => (unit !== "'" ? escape(unit) : mark === "'" ? "\\'" : unit);
  return mark + text.replace(unprintable, escapeUnit) + mark;
}

function escape(unit: string): string {
  const known = escapes[unit];
  if (known !== undefined) return known;
  const code = unit.charCodeAt(0).toString(16);
  return unit >= "\ud800" ? `\\u${code}` : `\\x${code.toUpperCase().padStart(2, "0")}`;
}
