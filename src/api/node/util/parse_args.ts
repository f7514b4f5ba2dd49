// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/util.html#utilparseargsconfig
import {
  invalidArgType, invalidArgValue, nodeError, validateArray, validateBoolean, validateObject, validateOneOf, validateString,
} from "mayfly:node/internal";

interface Option {
  type: "string" | "boolean";
  short?: string;
  multiple?: boolean;
  default?: unknown;
}
interface Token {
  kind: "option" | "positional" | "option-terminator";
  index: number;
  name?: string;
  rawName?: string;
  value?: string;
  inlineValue?: boolean;
}
type Options = Record<string, Option>;

function check(options: Options): void {
  validateObject(options, "options");
  for (const [name, option] of Object.entries(options)) {
    validateObject(option, `options.${name}`);
    validateOneOf(option.type, `options.${name}.type`, ["string", "boolean"]);
    if (Object.hasOwn(option, "short")) {
      validateString(option.short, `options.${name}.short`);
      if (option.short.length !== 1) throw invalidArgValue(`options.${name}.short`, option.short, "must be a single character");
    }
    const { multiple, default: fallback } = option;
    if (Object.hasOwn(option, "multiple")) validateBoolean(multiple, `options.${name}.multiple`);
    if (fallback === undefined) continue;
    const all = multiple ? fallback : [fallback];
    if (multiple) validateArray(fallback, `options.${name}.default`);
    (all as unknown[]).forEach((each, index) => {
      if (typeof each !== option.type) {
        throw invalidArgType(`options.${name}.default${multiple ? `[${index}]` : ""}`, option.type, each);
      }
    });
  }
}

function longOf(short: string, options: Options): string {
  for (const [name, option] of Object.entries(options)) if (option.short === short) return name;
  return short;
}

const typeOf = (name: string, options: Options): string =>
  Object.hasOwn(options, name) ? options[name]!.type : "boolean";

function tokenize(args: string[], options: Options): Token[] {
  const tokens: Token[] = [];
  const left = [...args];
  let index = -1;
  let group = 0;
  while (left.length > 0) {
    const arg = left.shift()!;
    const next = left[0];
    if (group > 0) group--;
    else index++;
    if (arg === "--") {
      tokens.push({ kind: "option-terminator", index });
      for (const each of left) tokens.push({ kind: "positional", index: ++index, value: each });
      break;
    }
    const option = (name: string, rawName: string, value?: string, inlineValue?: boolean): void => {
      if (value === undefined && typeOf(name, options) === "string" && next !== undefined) {
        value = left.shift();
        tokens.push({ kind: "option", name, rawName, index, value, inlineValue: false });
        index++;
        return;
      }
      tokens.push({ kind: "option", name, rawName, index, value, inlineValue });
    };
    if (/^-[^-]$/.test(arg)) {
      option(longOf(arg[1]!, options), arg);
    } else if (/^-[^-]/.test(arg)) {
      const first = longOf(arg[1]!, options);
      if (typeOf(first, options) === "string") {
        tokens.push({ kind: "option", name: first, rawName: `-${arg[1]}`, index, value: arg.slice(2), inlineValue: true });
        continue;
      }
      // -abc: as -a -b -c, the last of which may have a value.
      const expanded: string[] = [];
      for (let at = 1; at < arg.length; at++) {
        const name = longOf(arg[at]!, options);
        if (typeOf(name, options) !== "string" || at === arg.length - 1) {
          expanded.push(`-${arg[at]}`);
        } else {
          expanded.push(`-${arg.slice(at)}`);
          break;
        }
      }
      left.unshift(...expanded);
      group = expanded.length;
    } else if (/^--[^=]+=/s.test(arg) && arg.length > 3) {
      const at = arg.indexOf("=");
      const name = arg.slice(2, at);
      tokens.push({ kind: "option", name, rawName: `--${name}`, index, value: arg.slice(at + 1), inlineValue: true });
    } else if (arg.startsWith("--")) {
      option(arg.slice(2), arg);
    } else {
      tokens.push({ kind: "positional", index, value: arg });
    }
  }
  return tokens;
}

function checkStrictly(token: Token, options: Options, allowPositionals: boolean, allowNegative: boolean): void {
  const name = token.name!;
  const negated = allowNegative && name.startsWith("no-") && Object.hasOwn(options, name.slice(3));
  if (!Object.hasOwn(options, negated ? name.slice(3) : name)) {
    const hint = allowPositionals ? `. To specify a positional argument starting with a '-', place it at the end of the command after '--', as in '-- ${JSON.stringify(token.rawName)}` : "";
    throw nodeError(TypeError, "ERR_PARSE_ARGS_UNKNOWN_OPTION", `Unknown option '${token.rawName}'${hint}`);
  }
  const option = options[negated ? name.slice(3) : name]!;
  const shown = `${option.short ? `-${option.short}, ` : ""}--${name}`;
  if (option.type === "string" && typeof token.value !== "string") {
    throw nodeError(TypeError, "ERR_PARSE_ARGS_INVALID_OPTION_VALUE", `Option '${shown} <value>' argument missing`);
  }
  if (option.type === "boolean" && token.value !== undefined) {
    throw nodeError(TypeError, "ERR_PARSE_ARGS_INVALID_OPTION_VALUE", `Option '${shown}' does not take an argument`);
  }
  if (!token.inlineValue && typeof token.value === "string" && token.value.length > 1 && token.value[0] === "-") {
    const example = token.rawName!.startsWith("--") ? `'${token.rawName}=-XYZ'` : `'--${name}=-XYZ' or '${token.rawName}-XYZ'`;
    throw nodeError(TypeError, "ERR_PARSE_ARGS_INVALID_OPTION_VALUE", `Option '${token.rawName}' argument is ambiguous.\n` +
      `Did you forget to specify the option argument for '${token.rawName}'?\n` +
      `To specify an option argument starting with a dash use ${example}.`);
  }
}

export function parseArgs(given: any = {}): object {
  validateObject(given, "config");
  const config = given as any;
  const { strict = true, allowPositionals = !strict, tokens: withTokens = false, allowNegative = false, options = {} } = config;
  const args: string[] = config.args ?? requireGroup("mayfly:node/process").process.argv.slice(2);
  validateArray(args, "args");
  args.forEach((each, index) => validateString(each, `args[${index}]`));
  validateBoolean(strict, "strict");
  validateBoolean(allowPositionals, "allowPositionals");
  validateBoolean(withTokens, "tokens");
  validateBoolean(allowNegative, "allowNegative");
  check(options);
  const values: Record<string, unknown> = { __proto__: null };
  const positionals: string[] = [];
  const tokens = tokenize(args, options);
  const store = (name: string, value: unknown): void => {
    if (name === "__proto__") return;
    if (Object.hasOwn(options, name) && options[name].multiple) {
      ((values[name] ??= []) as unknown[]).push(value);
    } else {
      values[name] = value;
    }
  };
  for (const token of tokens) {
    if (token.kind === "option") {
      if (strict) checkStrictly(token, options, allowPositionals, allowNegative);
      const name = token.name!;
      if (allowNegative && token.value === undefined && name.startsWith("no-") && options[name.slice(3)]?.type === "boolean") {
        store(name.slice(3), false);
        token.name = name.slice(3);
      } else {
        store(name, token.value ?? true);
      }
    } else if (token.kind === "positional") {
      if (!allowPositionals) {
        throw nodeError(TypeError, "ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL",
          `Unexpected argument '${token.value}'. This command does not take positional arguments`);
      }
      positionals.push(token.value!);
    }
  }
  for (const [name, option] of Object.entries(options as Options)) {
    if (option.default !== undefined && values[name] === undefined) values[name] = option.default;
  }
  return withTokens ? { values, positionals, tokens } : { values, positionals };
}
