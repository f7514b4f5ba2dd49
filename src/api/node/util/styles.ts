// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/util.html#utilstyletextformat-text-options and the colours of inspect().
import { invalidArgType, validateBoolean, validateOneOf, validateString } from "mayfly:node/internal";

export const colors: Record<string, [number, number]> = {
  __proto__: null as never,
  reset: [0, 0], bold: [1, 22], dim: [2, 22], italic: [3, 23], underline: [4, 24], blink: [5, 25], inverse: [7, 27],
  hidden: [8, 28], strikethrough: [9, 29], doubleunderline: [21, 24],
  black: [30, 39], red: [31, 39], green: [32, 39], yellow: [33, 39], blue: [34, 39], magenta: [35, 39], cyan: [36, 39],
  white: [37, 39],
  bgBlack: [40, 49], bgRed: [41, 49], bgGreen: [42, 49], bgYellow: [43, 49], bgBlue: [44, 49], bgMagenta: [45, 49],
  bgCyan: [46, 49], bgWhite: [47, 49],
  framed: [51, 54], overlined: [53, 55],
  gray: [90, 39], redBright: [91, 39], greenBright: [92, 39], yellowBright: [93, 39], blueBright: [94, 39],
  magentaBright: [95, 39], cyanBright: [96, 39], whiteBright: [97, 39],
  bgGray: [100, 49], bgRedBright: [101, 49], bgGreenBright: [102, 49], bgYellowBright: [103, 49], bgBlueBright: [104, 49],
  bgMagentaBright: [105, 49], bgCyanBright: [106, 49], bgWhiteBright: [107, 49],
};
const aliases: Record<string, string[]> = {
  gray: ["grey", "blackBright"], bgGray: ["bgGrey", "bgBlackBright"], dim: ["faint"], strikethrough: ["crossedout", "strikeThrough", "crossedOut"],
  hidden: ["conceal"], inverse: ["swapcolors", "swapColors"], doubleunderline: ["doubleUnderline"],
};
for (const [name, others] of Object.entries(aliases)) {
  for (const other of others) {
    Object.defineProperty(colors, other, {
      get() { return this[name]; }, set(value) { this[name] = value; }, configurable: true, enumerable: false,
    });
  }
}

export const styles: Record<string, string> = Object.assign({ __proto__: null as never }, {
  special: "cyan", number: "yellow", bigint: "yellow", boolean: "yellow", undefined: "grey", null: "bold", string: "green",
  symbol: "green", date: "magenta", regexp: "red", module: "underline",
});

/** Text does not go to a terminal here: it stays plain, unless `validateStream` is false or a stream of one is given. */
export function styleText(format: string | string[], text: string, options: { validateStream?: boolean; stream?: any } = {}): string {
  validateString(text, "text");
  const { validateStream = true, stream } = options ?? {};
  validateBoolean(validateStream, "options.validateStream");
  let skip = false;
  if (validateStream) {
    if (stream === undefined) skip = true;
    else if (stream === null || typeof stream !== "object" || typeof stream.write !== "function") {
      throw invalidArgType("stream", ["ReadableStream", "WritableStream", "Stream"], stream);
    } else skip = !stream.isTTY;
  }
  let left = "";
  let right = "";
  for (const key of Array.isArray(format) ? format : [format]) {
    if (key === "none") continue;
    const codes = typeof key === "string" ? colors[key] : undefined;
    if (codes === undefined) {
      validateOneOf(key, "format", Object.keys(colors));
      throw invalidArgType("format", "string", key);
    }
    left += `\u001b[${codes[0]}m`;
    right = `\u001b[${codes[1]}m${right}`;
  }
  return skip ? text : `${left}${text}${right}`;
}

// ECMA-48: control sequences (CSI), control strings (OSC, DCS, SOS, PM, APC) up to their end, and escapes of two or
// three characters.
const ansi = new RegExp("(?:\\u001b\\[|\\u009b)[0-?]*[ -/]*[@-~]|" +
  "(?:\\u001b[\\]PX^_]|[\\u009d\\u0090\\u0098\\u009e\\u009f])[^\\u0007\\u001b\\u009c]*(?:\\u0007|\\u001b\\\\|\\u009c)|" +
  "\\u001b[ -/]*[0-~]", "g");

export function stripVTControlCharacters(text: string): string {
  validateString(text, "str");
  return text.includes("\u001B") || text.includes("\u009B") ? text.replace(ansi, "") : text;
}
