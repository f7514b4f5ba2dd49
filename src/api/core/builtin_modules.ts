// SPDX-License-Identifier: Apache-2.0
// The modules that user code can import without bringing them: specifier -> group. One line per module; those of Node
// are the groups of src/api/node, without a line here.

import { worker } from "./worker.ts";

interface BuiltinModule {
  group: string;
  /** What of the group is in the module, if not all. */
  exports?: string[];
  /** Only for the operator's own workers. */
  host?: true;
  /** Only for the worker of this name; a "*" at its end is anything. */
  worker?: string;
  /** The compatibility flag without which it does not exist. */
  flag?: string;
}

const modules: Record<string, BuiltinModule> = {
  __proto__: null as never,
  "cloudflare:node": { group: "mayfly:platform/node", flag: "nodejs_compat" },
  "cloudflare:sockets": { group: "mayfly:platform/sockets", exports: ["connect"] },
  "cloudflare:workers": { group: "mayfly:platform/workers" },
  "mayfly:sandbox": { group: "mayfly:platform/sandbox", exports: ["DynamicWorker"], host: true },
  "mayfly:control": { group: "mayfly:platform/sandbox", exports: ["default"], host: true, worker: "mayfly:control" },
  "mayfly:assets": { group: "mayfly:platform/assets", exports: ["default", "Files"], host: true, worker: "mayfly:assets:*" },
};

/** What `import` gets of a module, and what `require()` does; or a string: why there is none. */
export type FoundModule = [namespace: object, required: unknown] | string | undefined;

// Names that have modules in Node, so that one which is missing here is not taken for a mistake in the name.
export const nodeModuleNames = ("_http_agent _http_client _http_common _http_incoming _http_outgoing _http_server _stream_duplex " +
  "_stream_passthrough _stream_readable _stream_transform _stream_wrap _stream_writable _tls_common _tls_wrap assert " +
  "assert/strict async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns " +
  "dns/promises domain events fs fs/promises http http2 https inspector inspector/promises module net os path " +
  "path/posix path/win32 perf_hooks process punycode querystring readline readline/promises repl sea sqlite stream " +
  "stream/consumers stream/promises stream/web string_decoder sys test test/reporters timers timers/promises tls " +
  "trace_events tty url util util/types v8 vm wasi worker_threads zlib").split(" ");
const nodeNames = new Set(nodeModuleNames);

/** The group that has all modules whose names begin with "_". */
const kUnderscored = "mayfly:node/underscored";

/**
 * A module of Node by its name without "node:", or undefined: the default export of the group node/NAME. "a/b" is the
 * property b of the module a, as in Node, or else the group node/a_b.
 */
export function nodeModule(name: string): object | undefined {
  if (!nodeNames.has(name)) return undefined;
  if (name[0] === "_") return requireGroup(kUnderscored).default[name];
  const [first, second] = name.split("/") as [string, string | undefined];
  const own = `mayfly:node/${second === undefined ? first : `${first}_${second}`}`;
  if (ops.hasGroup(own)) return requireGroup(own).default;
  const whole = `mayfly:node/${first}`;
  return second !== undefined && ops.hasGroup(whole) ? requireGroup(whole).default[second] : undefined;
}

/** Whether there is such a module; nothing is evaluated for it but the module around a "/". */
nodeModule.exists = (name: string): boolean =>
  nodeNames.has(name) && (name[0] === "_" ? name in requireGroup(kUnderscored).default : ops.hasGroup(`mayfly:node/${name.replace("/", "_")}`) || (name.includes("/") && nodeModule(name) !== undefined));

function findNodeModule(name: string, prefixed: boolean, flags: Record<string, boolean>): FoundModule {
  if (!nodeNames.has(name)) return undefined;
  const allowed = prefixed && name !== "sys" ? flags.nodejs_compat || (name === "async_hooks" && flags.nodejs_als) : flags.nodejs_compat_v2;
  if (!allowed) {
    if (!prefixed && flags.nodejs_compat) return `Modules of Node need "node:" before their name without nodejs_compat_v2.`;
    return prefixed ? `Modules of Node need the compatibility flag nodejs_compat.` : undefined;
  }
  const value = nodeModule(name) as Record<string, unknown> | undefined;
  if (value === undefined) return "Mayfly does not have this module of Node.";
  const namespace: Record<string, unknown> = { __proto__: null as never };
  for (const key of Object.keys(value)) namespace[key] = value[key];
  namespace.default = value;
  return [namespace, value];
}

const isNamed = (name: string, pattern: string): boolean =>
  pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;

export function builtinModule(specifier: string, flags: Record<string, boolean>): FoundModule {
  const known = modules[specifier];
  if (known === undefined) {
    const prefixed = specifier.startsWith("node:");
    return findNodeModule(prefixed ? specifier.slice(5) : specifier, prefixed, flags);
  }
  if (known.host && worker.config.kind !== "host") return undefined;
  if (known.flag !== undefined && flags[known.flag] !== true) return undefined;
  if (known.worker !== undefined && !isNamed(worker.config.workerName, known.worker)) return undefined;
  const group = requireGroup(known.group) as Record<string, unknown>;
  const exports =
    known.exports === undefined ? group : Object.fromEntries(known.exports.map((name) => [name, group[name]]));
  return [exports, exports];
}
