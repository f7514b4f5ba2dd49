// SPDX-License-Identifier: Apache-2.0
// https://mimesniff.spec.whatwg.org/#parsing-a-mime-type

export interface MimeType {
  essence: string; // "text/html"
  parameters: Map<string, string>;
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const quotable = /^[\t\x20-\x7e\x80-\xff]*$/;
const parameter = /[\t\n\r ]*([^;=]*)(?:=(?:"((?:[^"\\]|\\.|\\$)*)(?:"|$)[^;]*|([^;]*)))?(?:;|$)/gys;

const isWhitespace = (code: number): boolean => code === 32 || code === 9 || code === 10 || code === 13;

/** https://fetch.spec.whatwg.org/#http-whitespace, taken from both ends (a regular expression needs quadratic time). */
export function trimWhitespace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isWhitespace(text.charCodeAt(start))) start++;
  while (start < end && isWhitespace(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

export function parseMimeType(text: string): MimeType | undefined {
  const end = text.indexOf(";");
  const essence = trimWhitespace(end < 0 ? text : text.slice(0, end)).toLowerCase();
  const slash = essence.indexOf("/");
  if (!token.test(essence.slice(0, Math.max(slash, 0))) || !token.test(essence.slice(slash + 1))) return undefined;
  const parameters = new Map<string, string>();
  if (end >= 0) {
    for (const [, rawName, quoted, plain] of text.slice(end + 1).matchAll(parameter)) {
      const name = rawName!.toLowerCase();
      const value = quoted !== undefined ? quoted.replace(/\\(.)/gs, "$1") : plain && trimWhitespace(plain);
      if (value === undefined || (value === "" && quoted === undefined)) continue;
      if (token.test(name) && quotable.test(value) && !parameters.has(name)) parameters.set(name, value);
    }
  }
  return { essence, parameters };
}

export function writeMimeType({ essence, parameters }: MimeType): string {
  let text = essence;
  for (const [name, value] of parameters) {
    text += `;${name}=${token.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`}`;
  }
  return text;
}
