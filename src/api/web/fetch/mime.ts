// SPDX-License-Identifier: Apache-2.0
// https://mimesniff.spec.whatwg.org/#parsing-a-mime-type

export interface MimeType {
  essence: string; // "text/html"
  parameters: Map<string, string>;
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const quotable = /^[\t\x20-\x7e\x80-\xff]*$/;
const parameter = /[\t\n\r ]*([^;=]*)(?:=(?:"((?:[^"\\]|\\.|\\$)*)(?:"|$)[^;]*|([^;]*)))?(?:;|$)/gys;

export function parseMimeType(text: string): MimeType | undefined {
  const end = text.indexOf(";");
  const essence = (end < 0 ? text : text.slice(0, end)).trim().toLowerCase();
  const slash = essence.indexOf("/");
  if (!token.test(essence.slice(0, Math.max(slash, 0))) || !token.test(essence.slice(slash + 1))) return undefined;
  const parameters = new Map<string, string>();
  if (end >= 0) {
    for (const [, rawName, quoted, plain] of text.slice(end + 1).matchAll(parameter)) {
      const name = rawName!.toLowerCase();
      const value = quoted !== undefined ? quoted.replace(/\\(.)/gs, "$1") : plain?.replace(/[\t\n\r ]+$/, "");
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
