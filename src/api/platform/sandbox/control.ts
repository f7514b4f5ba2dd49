// SPDX-License-Identifier: Apache-2.0
// The worker behind the control listener: POST /v1/run runs the code in its JSON body and answers with the result.
// Whoever has the token may do that; nobody else learns anything but that a token is needed.

import { type TraceItem, type UsageOfEvent, currentContext, errorToRecord } from "mayfly:core";
import { format } from "mayfly:web/console";
import { createForJson } from "./dynamic_worker.ts";
import { objectOf, refuseUnknown } from "./options.ts";

const bodyFields = [
  "code", "modules", "mainModule", "input", "limits", "network", "env", "tenant", "compatibilityDate",
  "compatibilityFlags",
];
const kResultBytesMax = 4 * 1024 * 1024;
const kErrorTextMax = 64 * 1024;
const kWallMsDefault = 30_000;
const kWallMsMax = 600_000;
const kRunningMax = 32;

let running = 0;

type Fields = Record<string, unknown>;

function answer(status: number, body: string, headers: Record<string, string> = {}): Response {
  const { Response: ResponseClass } = requireGroup("mayfly:web/fetch") as { Response: typeof Response };
  return new ResponseClass(`${body}\n`, {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
  });
}

function refuse(status: number, message: string, headers?: Record<string, string>): Response {
  return answer(status, JSON.stringify({ ok: false, error: { name: "RequestRefused", message } }), headers);
}

/** By digests, so that the time it takes tells nothing of the token. */
async function isAuthorized(request: Request, token: string): Promise<boolean> {
  const given = /^bearer +(\S+) *$/i.exec(request.headers.get("authorization") ?? "")?.[1];
  if (given === undefined) return false;
  const { crypto } = requireGroup("mayfly:web/crypto") as { crypto: Crypto };
  const { TextEncoder: Encoder } = requireGroup("mayfly:web/encoding") as { TextEncoder: typeof TextEncoder };
  const digest = (text: string): Promise<ArrayBuffer> => crypto.subtle.digest("SHA-256", new Encoder().encode(text));
  const [left, right] = await Promise.all([digest(given), digest(token)]);
  const subtle = crypto.subtle as unknown as { timingSafeEqual(left: ArrayBuffer, right: ArrayBuffer): boolean };
  return subtle.timingSafeEqual(left, right);
}

/** The body as the options of a DynamicWorker. Throws TypeErrors that say what would be right. */
function optionsOf(body: Fields): Fields {
  refuseUnknown(body, bodyFields, "the body");
  const { code, input: _input, tenant, ...rest } = body;
  if ((code === undefined) === (rest.modules === undefined)) {
    throw new TypeError("The body needs either 'code', or 'modules' and 'mainModule'.");
  }
  if (code !== undefined && typeof code !== "string") throw new TypeError("'code' must be a string.");
  const limits = { wallMs: kWallMsDefault, ...objectOf(body.limits, "'limits'") };
  if (typeof limits.wallMs === "number" && limits.wallMs > kWallMsMax) {
    throw new TypeError(`limits.wallMs must be at most ${kWallMsMax}. Got: ${limits.wallMs}`);
  }
  // Without a tenant nobody knows whose code it is: a process to itself.
  const where = tenant === undefined ? { isolation: "worker" } : { tenant };
  return { ...rest, ...where, ...(code === undefined ? {} : { script: code }), limits };
}

function cut(text: string): string {
  return text.length <= kErrorTextMax ? text : `${text.slice(0, kErrorTextMax)}...`;
}

function describeFailure(error: unknown): object {
  const { name, message, stack, code } = errorToRecord(error, false);
  return {
    name: cut(name),
    message: cut(message),
    ...(code === undefined ? {} : { code: cut(code) }),
    ...(stack === undefined ? {} : { stack: cut(stack) }),
  };
}

/** What the answer says of the events of the worker. */
class Told {
  readonly #logs: object[] = [];
  /** Whether the processor time is known: not of what was ended in its middle, unless that was the limit of it. */
  #knowsCpu = false;
  #truncated = false;

  readonly sink = ({ logs, outcome, truncated, usage }: TraceItem): void => {
    for (const { level, message, timestamp } of logs) {
      this.#logs.push({ level, text: format(Array.isArray(message) ? message : [message]), timestamp });
    }
    this.#truncated ||= truncated;
    this.#knowsCpu ||= outcome === "exceededCpu" || usage.memoryBytes > 0;
  };

  members({ cpuMs, ...usage }: UsageOfEvent): object {
    return {
      logs: this.#logs,
      ...(this.#truncated ? { logsTruncated: true } : {}),
      usage: { cpuMs: this.#knowsCpu ? cpuMs : null, ...usage },
    };
  }
}

/** One of the runs under way, until it is released or the client has left (then nothing here goes on). */
function occupy(): () => void {
  running++;
  let over = false;
  const release = (): void => {
    if (!over) running--;
    over = true;
  };
  currentContext()?.own({ contextEnded: release });
  return release;
}

async function run(request: Request): Promise<Response> {
  let body: unknown;
  try {
    body = await request.json();
  } catch (error) {
    return refuse(400, `The body must be JSON: ${(error as Error).message}`);
  }
  if (body === null || typeof body !== "object" || Array.isArray(body)) {
    return refuse(400, "The body must be a JSON object with 'code', or with 'modules' and 'mainModule'.");
  }
  const told = new Told();
  let worker: ReturnType<typeof createForJson>;
  try {
    worker = createForJson(optionsOf(body as Fields), kResultBytesMax, told.sink);
  } catch (error) {
    return refuse(400, (error as Error).message);
  }
  try {
    const text = await worker.run((body as Fields).input);
    if (typeof text !== "string") throw new TypeError("The result is not JSON.");
    const result = JSON.parse(text) as unknown;
    return answer(200, JSON.stringify({ ok: true, result, ...told.members(worker.usage) }));
  } catch (error) {
    return answer(200, JSON.stringify({ ok: false, error: describeFailure(error), ...told.members(worker.usage) }));
  }
}

export const control = {
  async fetch(request: Request, env: { TOKEN: string }): Promise<Response> {
    if (!(await isAuthorized(request, env.TOKEN))) {
      return refuse(401, "The control listener needs the header `Authorization: Bearer TOKEN`, with the token of " +
          "--control-token-file.", { "www-authenticate": "Bearer" });
    }
    const path = request.url.replace(/^\w+:\/\/[^/]*/, "").replace(/\?.*$/, "");
    if (path !== "/v1/run") return refuse(404, `There is no ${path} here, only POST /v1/run.`);
    if (request.method !== "POST") return refuse(405, `${request.method} is not for /v1/run, which takes POST.`, { allow: "POST" });
    if (running >= kRunningMax) {
      return refuse(429, `${kRunningMax} runs are under way, which is as many as there may be.`, { "retry-after": "1" });
    }
    const release = occupy();
    try {
      return await run(request);
    } finally {
      release();
    }
  },
};
