// SPDX-License-Identifier: Apache-2.0
// What the command line asks of a worker, as fetch messages with JSON bodies on a pipe of its own: which tests it has
// (GET /tests), to run one (POST /test { name }), to run its default export (POST /run { input, env }).

import type { Answer } from "./calls.ts";
import type { Bootstrap, Capability } from "./capability.ts";
import { RequestContext } from "./context.ts";
import { instantiate } from "./entrypoint.ts";
import { errorToRecord } from "./errors.ts";
import { ExecutionContext } from "./execution_context.ts";
import { MessageFlag, MessageType } from "./protocol.ts";
import { WorkerEntrypoint, isSubclass } from "./targets.ts";
import { newContext, worker } from "./worker.ts";

type Method = (...args: unknown[]) => unknown;
type Outcome = { ok: true; result?: unknown } | { ok: false; error: ErrorRecord };

function failure(error: unknown): Outcome {
  const { name, message, stack } = errorToRecord(error, false);
  return { ok: false, error: { name, message, stack } };
}

function hasTest(value: unknown): boolean {
  if (isSubclass(value, WorkerEntrypoint)) return typeof (value.prototype as { test?: unknown }).test === "function";
  return value !== null && typeof value === "object" && typeof (value as { test?: unknown }).test === "function";
}

function listTests(): string[] {
  return Object.keys(worker.exports).filter((name) => hasTest(worker.exports[name]));
}

async function runTest(name: unknown): Promise<Outcome> {
  if (typeof name !== "string" || !hasTest(worker.exports[name])) {
    return failure(new Error(`The worker exports nothing named ${String(name)} that has a test() method.`));
  }
  return inContext(async (context) => {
    const { receiver, isClass, ctx } = instantiate(name, context);
    const controller = {};
    await (isClass
      ? (receiver as { test: Method }).test(controller)
      : (receiver as { test: Method }).test(controller, worker.env, ctx));
    return { ok: true };
  });
}

async function inContext(run: (context: RequestContext) => Promise<Outcome>): Promise<Outcome> {
  const context = newContext(undefined);
  const previous = context.enter();
  let outcome: Promise<Outcome>;
  try {
    outcome = run(context);
  } finally {
    RequestContext.leave(previous);
  }
  try {
    return await outcome;
  } catch (error) {
    return failure(error);
  } finally {
    context.release();
  }
}

function isClass(value: Function): boolean {
  return Object.getOwnPropertyDescriptor(value, "prototype")?.writable === false;
}

/** The value as JSON shows it; throws where JSON would lose something of it. */
function toJson(value: unknown): unknown {
  const text = JSON.stringify(value, (key, member: unknown) => {
    const where = key === "" ? "The result" : `The result's member "${key}"`;
    const refuse = (what: string): never => {
      throw new TypeError(`${where} is ${what}, which JSON cannot represent.`);
    };
    switch (typeof member) {
      case "function":
      case "symbol":
      case "bigint":
        return refuse(`a ${typeof member}`);
      case "number":
        return Number.isFinite(member) ? member : refuse(String(member));
      case "object": {
        if (member === null || Array.isArray(member)) return member;
        const lost = /^(Map|Set)$/.test(ops.typeOf(member)) || member instanceof ArrayBuffer ||
            ArrayBuffer.isView(member);
        return lost ? refuse(`of type ${member.constructor.name}`) : member;
      }
      default:
        return member;
    }
  }) as string | undefined;
  return text === undefined ? null : (JSON.parse(text) as unknown);
}

async function fetchResult(handler: Method, receiver: unknown, input: unknown, rest: unknown[]): Promise<unknown> {
  const fetchGroup = requireGroup("mayfly:web/fetch") as { Request: typeof Request };
  const init = input === undefined || input === null
    ? {}
    : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(input) };
  const request = new fetchGroup.Request("http://localhost/", init);
  const response = (await Reflect.apply(handler, receiver, [request, ...rest])) as Response;
  if (typeof response?.text !== "function") throw new TypeError("fetch() did not return a Response.");
  const text = await response.text();
  const isJson = /\bjson\b/.test(response.headers.get("content-type") ?? "");
  const body = isJson && text !== "" ? (JSON.parse(text) as unknown) : text;
  if (response.status >= 400) throw new Error(`fetch() answered ${response.status}: ${text}`);
  return body;
}

async function run(input: unknown, variables: unknown): Promise<Outcome> {
  return inContext(async (context) => {
    const env = { ...worker.env, ...(variables as object) };
    const ctx = new ExecutionContext(context, {});
    const main = worker.exports.default;
    if (typeof main === "function" && !isClass(main)) {
      return { ok: true, result: toJson(await (main as Method)(input, env)) };
    }
    const receiver: unknown =
        typeof main === "function" ? new (main as new (...args: unknown[]) => object)(ctx, env) : main;
    if (receiver !== null && typeof receiver === "object") {
      const { run: runMethod, fetch: fetchMethod } = receiver as { run?: unknown; fetch?: unknown };
      const rest = typeof main === "function" ? [] : [env, ctx];
      if (typeof runMethod === "function") {
        return { ok: true, result: toJson(await Reflect.apply(runMethod, receiver, [input, ...rest])) };
      }
      if (typeof fetchMethod === "function") {
        return { ok: true, result: toJson(await fetchResult(fetchMethod as Method, receiver, input, rest)) };
      }
    }
    throw new TypeError("There is nothing to run: the module must have a default export that is a function (input, " +
        "env), or a class or object with a method run(input, env) or fetch(request).");
  });
}

function decode(payload: unknown): Record<string, unknown> {
  if (!(payload instanceof Uint8Array) || payload.byteLength === 0) return {};
  const { TextDecoder: Decoder } = requireGroup("mayfly:web/encoding") as { TextDecoder: typeof TextDecoder };
  const value = JSON.parse(new Decoder().decode(payload)) as unknown;
  if (value === null || typeof value !== "object") throw new TypeError("The body must be a JSON object.");
  return value as Record<string, unknown>;
}

async function handle(head: string, payload: unknown): Promise<unknown> {
  const [method, url = ""] = head.split("\n", 2);
  const body = decode(payload);
  switch (`${method} ${url.replace(/^\w+:\/\/[^/]*/, "")}`) {
    case "GET /tests":
      return listTests();
    case "POST /test":
      return runTest(body.name);
    case "POST /run":
      return run(body.input, body.env);
    default:
      return failure(new Error(`There is no control request ${method} ${url}.`));
  }
}

export class ControlBootstrap implements Bootstrap {
  readonly key = null;
  readonly isService = true;

  call(answer: Answer): void {
    answer.fail(new TypeError("A control pipe takes fetch messages only."));
  }
  callEntrypoint(answer: Answer): void {
    this.call(answer);
  }

  fetch(answer: Answer, head: string, _flags: number, _stream: number, payload: unknown): void {
    const respond = (result: unknown): void => {
      answer.session.send(MessageType.response, MessageFlag.bodyInline, answer.id, 200, 0,
                          "OK\ncontent-type\napplication/json", JSON.stringify(result));
      answer.session.responseSent(answer.id);
    };
    worker.whenReady(
      () => void handle(head, payload).then(respond, (error) => respond(failure(error))),
      (error) => respond(failure(error)),
    );
  }

  released(): void {}
  again(): this {
    return this;
  }
  toCapability(): Capability {
    throw new TypeError("A control pipe is no capability.");
  }
}
