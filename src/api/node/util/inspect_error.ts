// SPDX-License-Identifier: Apache-2.0
// Errors as util.inspect shows them: the stack, in brackets where there is none, with the class's name put right.
import type { Context } from "./inspect.ts";

const { hasOwn } = Object;

function stackOf(error: any): string {
  if (error.stack) return String(error.stack);
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return Object.prototype.toString.call(error);
  }
}

/** Where the class is not the one that the stack begins with. */
function improveStack(stack: string, constructor: string | null, name: string, tag: string): string {
  let length = name.length;
  if (typeof name !== "string") return stack;
  if (constructor === null || (name.endsWith("Error") && stack.startsWith(name) &&
      (stack.length === length || stack[length] === ":" || stack[length] === "\n"))) {
    let fallback = "Error";
    if (constructor === null) {
      const start = /^([A-Z][a-z_ A-Z0-9[\]()-]+)(?::|\n\s+at)/.exec(stack) ?? /^([a-z_A-Z0-9-]*Error)$/.exec(stack);
      fallback = start?.[1] ?? "";
      length = fallback.length;
      fallback ||= "Error";
    }
    const wanted = prefixOf(constructor, tag, fallback).slice(0, -1);
    if (name !== wanted) {
      if (wanted.includes(name)) {
        return length === 0 ? `${wanted}: ${stack}` : `${wanted}${stack.slice(length)}`;
      }
      return `${wanted} [${name}]${stack.slice(length)}`;
    }
  }
  return stack;
}

function prefixOf(name: string | null, tag: string, fallback: string): string {
  if (name === null) {
    return tag !== "" && fallback !== tag ? `[${fallback}: null prototype] [${tag}] ` : `[${fallback}: null prototype] `;
  }
  return tag !== "" && name !== tag ? `${name} [${tag}] ` : `${name} `;
}

/** Takes what the stack says anyway out of `keys`. */
export function formatError(context: Context, error: any, constructor: string | null, tag: string, keys: (string | symbol)[]): string {
  let name = "Error";
  try {
    name = error.name !== undefined && error.name !== null ? String(error.name) : "Error";
  } catch {}
  let stack: string;
  try {
    stack = stackOf(error);
  } catch {
    return context.stylize("[object Error]", "special");
  }
  if (!context.showHidden && keys.length !== 0) {
    for (const key of ["name", "message", "stack"]) {
      const index = keys.indexOf(key);
      if (index !== -1 && (typeof error[key] !== "string" || stack.includes(error[key]))) keys.splice(index, 1);
    }
  }
  if ("cause" in error && hasOwn(error, "cause") && !keys.includes("cause")) keys.push("cause");
  if (hasOwn(error, "errors") && Array.isArray(error.errors) && !keys.includes("errors")) keys.push("errors");
  stack = improveStack(stack, constructor, name, tag);
  let position = (error.message && stack.indexOf(error.message)) || -1;
  if (position !== -1) position += error.message.length;
  const frames = stack.indexOf("\n    at", position);
  if (frames === -1) stack = `[${stack}]`;
  if (context.indentation !== 0) stack = stack.replaceAll("\n", `\n${" ".repeat(context.indentation)}`);
  return stack;
}
