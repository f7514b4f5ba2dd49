// SPDX-License-Identifier: Apache-2.0
// Checks the WorkerCode that a loader is given, every field of it. What is not known is refused: an option that is
// misspelt and ignored may open the network.

import type { Capability } from "./capability.ts";
import { nearestName } from "./nearest.ts";
import type { ResourceLimits } from "./remote.ts";
import { StubKind, heldBy, stubKindOf } from "./stub.ts";

const kCodeBytesMax = 64 * 1024 * 1024;
export const kEnvBytesMax = 1024 * 1024;

const codeFields = [
  "compatibilityDate", "compatibilityFlags", "allowExperimental", "limits", "mainModule", "modules", "env",
  "globalOutbound", "network", "secrets", "tails", "streamingTails", "mayfly",
] as const;
const extensionFields = ["isolation", "tenant"] as const;
const isolations = ["isolate", "tenant", "worker"];
const kTenantLengthMax = 256;
const kElementsMax = 10_000;
const moduleFields = ["js", "ts", "cjs", "text", "data", "json", "py", "wasm"] as const;

export interface ParsedCode {
  native: NativeCode;
  env: object;
  /** What fetch() of the worker goes to, where that is a capability. */
  outbound: Capability | null;
  tails: Capability[];
}

type Fields = Record<string, unknown>;

function wrongType(field: string, of: string, wanted: string, where = ""): TypeError {
  return new TypeError(`Incorrect type for the '${field}' field on '${of}': the provided value is not of type ` +
      `'${wanted}'.` +
      where);
}

function refuseUnknown(object: Fields, known: readonly string[], what: string): void {
  for (const key of Object.keys(object)) {
    if (known.includes(key)) continue;
    throw new TypeError(`Unknown field '${key}' in ${what}. Did you mean '${nearestName(key, known)}'?`);
  }
}

/** What may be set where, and the least of it. At an entrypoint: what holds for an event, not for the whole worker. */
let leastOf: Record<"WorkerCode" | "EntrypointOptions", Record<string, number>> | null = null;

function readLimitTable(): NonNullable<typeof leastOf> {
  const table = ops.limitTable();
  const pick = (rows: typeof table): Record<string, number> => Object.fromEntries(rows.map(([name, least]) => [name, least]));
  return { WorkerCode: pick(table), EntrypointOptions: pick(table.filter(([, , ofEntrypoint]) => ofEntrypoint)) };
}

export function parseLimits(value: unknown, of: "WorkerCode" | "EntrypointOptions"): ResourceLimits | undefined {
  if (value === undefined) return undefined;
  if (value === null || typeof value !== "object") throw wrongType("limits", of, "ResourceLimits");
  const fields = value as Fields;
  const lowestOf = (leastOf ??= readLimitTable())[of];
  const known = Object.keys(lowestOf);
  refuseUnknown(fields, known, "limits");
  const limits: ResourceLimits = {};
  for (const key of known) {
    const limit = fields[key];
    if (limit === undefined) continue;
    if (typeof limit !== "number") throw wrongType(key, "ResourceLimits", "number");
    const lowest = lowestOf[key]!;
    if (!Number.isInteger(limit) || limit < lowest || limit > 0x7fffffff) {
      throw new TypeError(`limits.${key} must be a whole number of at least ${lowest}. Got: ${limit}`);
    }
    limits[key] = limit;
  }
  return limits;
}

/** A copy, each element of it read once and by its index: an array may have methods of its own, or be a proxy. */
function elementsOf(value: unknown, field: string, of: string): unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw wrongType(field, of, "Array");
  const length: unknown = value.length;
  if (typeof length !== "number" || !(length <= kElementsMax)) {
    throw new TypeError(`'${field}' on '${of}' must have at most ${kElementsMax} elements. Got: ${String(length)}`);
  }
  const elements: unknown[] = [];
  for (let index = 0; index < length; index++) elements.push(value[index]);
  return elements;
}

function parseTexts(value: unknown, field: string, of: string): string[] {
  return elementsOf(value, field, of).map((text, index) => {
    if (typeof text === "string") return text;
    throw new TypeError(`Incorrect type for element ${index} of '${field}' on '${of}': the provided value is not of type 'string'.`);
  });
}

/** What the patterns say is checked where they are understood, in loader_ops.cc. */
function parseNetwork(value: unknown): NativeNetwork | undefined {
  if (value === undefined) return undefined;
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw wrongType("network", "WorkerCode", "Network");
  const fields = value as Fields;
  refuseUnknown(fields, ["default", "allow", "deny"], "network");
  const otherwise = fields.default ?? "allow";
  if (otherwise !== "allow" && otherwise !== "deny") {
    throw new TypeError(`network.default must be "allow" or "deny". Got: ${String(otherwise)}`);
  }
  return {
    default: otherwise,
    allow: parseTexts(fields.allow, "allow", "Network"),
    deny: parseTexts(fields.deny, "deny", "Network"),
  };
}

function parseSecrets(value: unknown, env: object): NativeSecret[] {
  if (value === undefined) return [];
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw wrongType("secrets", "WorkerCode", "object");
  return Object.entries(value).map(([name, secret]: [string, unknown]) => {
    if (secret === null || typeof secret !== "object") throw wrongType(name, "secrets", "Secret");
    const fields = secret as Fields;
    refuseUnknown(fields, ["value", "hosts"], `secret '${name}'`);
    const { value: text, hosts } = fields;
    if (typeof text !== "string") throw wrongType("value", "Secret", "string", ` (Secret '${name}')`);
    if (Object.hasOwn(env, name)) {
      throw new TypeError(`The secret '${name}' is in 'env' too. It takes that place itself: leave it out of 'env'.`);
    }
    return { name, placeholder: ops.secretPlaceholder(), value: text, hosts: parseTexts(hosts, "hosts", "Secret") };
  });
}

function isBytes(value: unknown): value is ArrayBuffer | ArrayBufferView {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value);
}

function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    // A surrogate pair is two units and four bytes; a lone one becomes U+FFFD, three bytes.
    const paired = unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00;
    if (paired) {
      bytes += 2;
      index++;
    } else {
      bytes += unit < 0x800 ? 1 : 2;
    }
  }
  return bytes;
}

/** A module as it is given: `typescript` has types yet. */
interface GivenModule extends NativeModule {
  typescript?: true;
}

function typescriptModule(name: string, text: string): GivenModule {
  return { name, kind: name.endsWith(".cts") ? "commonJs" : "esModule", content: text, typescript: true };
}

function stripTypes({ name, kind, content }: GivenModule): NativeModule {
  const { stripTypes: strip } = requireGroup("mayfly:platform/typescript");
  return { name, kind, content: strip(name, content, kind === "commonJs") as string };
}

function stringModule(name: string, text: string): GivenModule {
  if (name.endsWith(".js")) return { name, kind: "esModule", content: text };
  if (/\.[mc]?ts$/.test(name)) return typescriptModule(name, text);
  let message = "Module name must end with '.js' or '.py' (or the content must be an object indicating the type " +
      `explicitly). Got: ${name}`;
  if (/\.[tj]sx$/.test(name)) {
    message += ". If you're trying to load TypeScript, bundle it first with '@cloudflare/worker-bundler' and pass " +
        "the generated JavaScript modules.";
  }
  throw new TypeError(message);
}

function objectModule(name: string, fields: Fields): GivenModule {
  refuseUnknown(fields, moduleFields, `module '${name}'`);
  const wrong = (wanted: string): TypeError => wrongType(field, "Module", wanted, ` (Module '${name}')`);
  const given = moduleFields.filter((field) => fields[field] !== undefined);
  if (given.length !== 1) {
    throw new TypeError("Each module must contain exactly one of 'js', 'cjs', 'text', 'data', 'json', 'py', or " +
        `'wasm'. Module '${name}' contained ${given.length} properties.`);
  }
  const field = given[0]!;
  const value = fields[field];
  const text = (): string => {
    if (typeof value !== "string") throw wrong("string");
    return value;
  };
  switch (field) {
    case "js":
      return { name, kind: "esModule", content: text() };
    case "ts":
      return typescriptModule(name, text());
    case "cjs":
      return { name, kind: "commonJs", content: text() };
    case "text":
      return { name, kind: "text", content: text() };
    case "json": {
      const json = JSON.stringify(value) as string | undefined;
      if (json === undefined) throw wrong("JSON value");
      return { name, kind: "json", content: json };
    }
    case "data":
      if (!isBytes(value)) throw wrong("ArrayBuffer or ArrayBufferView");
      return { name, kind: "data", content: value };
    case "wasm":
      if (value instanceof WebAssembly.Module) return { name, kind: "wasm", content: value };
      if (!isBytes(value)) throw wrong("ArrayBuffer, ArrayBufferView or WebAssembly.Module");
      return { name, kind: "wasm", content: value };
    case "py":
      text();
      throw pythonModule(name);
  }
}

function pythonModule(name: string): Error {
  return new Error(`Module "${name}" is a Python module. Python workers are not supported yet.`);
}

function parseModules(value: unknown, mainModule: string): NativeModule[] {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw wrongType("modules", "WorkerCode", "object");
  }
  const modules: GivenModule[] = [];
  const isPython = (name: string, content: unknown): boolean => typeof content === "string"
    ? name.endsWith(".py")
    : content !== null && typeof content === "object" && (content as Fields).py !== undefined;
  const entries = Object.entries(value);
  if (entries.length === 0) throw new TypeError("Dynamic Worker code must contain at least one module.");
  const main = entries.find(([name]) => name === mainModule);
  const python = entries.find(([name, content]) => isPython(name, content));
  if (python !== undefined) {
    if (main !== undefined && !isPython(main[0], main[1])) {
      throw new TypeError(`Module "${python[0]}" is a Python module, but the main module isn't a Python module.`);
    }
    throw pythonModule(python[0]);
  }
  let bytes = 0;
  for (const [name, content] of entries) {
    let module: GivenModule;
    if (typeof content === "string") module = stringModule(name, content);
    else if (content instanceof WebAssembly.Module) module = { name, kind: "wasm", content };
    else if (content !== null && typeof content === "object" && !isBytes(content)) {
      module = objectModule(name, content as Fields);
    } else throw wrongType(name, "modules", "string, WebAssembly.Module or module object");
    if (typeof module.content === "string") bytes += utf8Length(module.content);
    else if (!(module.content instanceof WebAssembly.Module)) bytes += module.content.byteLength;
    modules.push(module);
  }
  if (bytes > kCodeBytesMax) {
    throw new Error(`Dynamic Worker code size (${bytes} bytes) exceeds the maximum allowed size of ` +
        `${kCodeBytesMax} bytes.`);
  }
  if (main === undefined) {
    const names = entries.map(([name]) => name);
    throw new TypeError(`The main module "${mainModule}" is not among the modules. Did you mean ` +
        `"${nearestName(mainModule, names)}"?`);
  }
  return modules.map((module) => module.typescript ? stripTypes(module) : module);
}

function withSecrets(env: object, secrets: NativeSecret[]): object {
  const all: Fields = { ...env };
  for (const { name, placeholder } of secrets) {
    Object.defineProperty(all, name, { value: placeholder, writable: true, enumerable: true, configurable: true });
  }
  return all;
}

function isService(value: unknown): value is object {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return false;
  const kind = stubKindOf(value);
  return kind === StubKind.service || kind === StubKind.factory;
}

function parseTails(value: unknown, field: string): Capability[] {
  return elementsOf(value, field, "WorkerCode").map((tail, index) => {
    if (isService(tail)) return heldBy(tail)!;
    throw new TypeError(`Incorrect type for array element ${index}: the provided value is not of type 'Fetcher'.`);
  });
}

/** `mayfly: { isolation, tenant }`: where the worker runs, and who shares a process with it. */
function parseExtension(value: unknown): { isolation: string; tenant: string } {
  if (value === undefined) return { isolation: "", tenant: "" };
  if (value === null || typeof value !== "object") throw wrongType("mayfly", "WorkerCode", "Object");
  refuseUnknown(value as Fields, extensionFields, "mayfly");
  const { isolation = "", tenant = "" } = value as Fields;
  if (typeof isolation !== "string") throw wrongType("isolation", "mayfly", "string");
  if (isolation !== "" && !isolations.includes(isolation)) {
    throw new TypeError(`mayfly.isolation must be 'isolate', 'tenant' or 'worker'. Got: '${isolation}'`);
  }
  if (typeof tenant !== "string") throw wrongType("tenant", "mayfly", "string");
  if (tenant.length > kTenantLengthMax) {
    throw new TypeError(`mayfly.tenant must be at most ${kTenantLengthMax} characters long. Got: ${tenant.length}`);
  }
  return { isolation, tenant };
}

/** Throws as loader.load() does. `experimental`: whether the loading worker has that flag. */
export function parseWorkerCode(value: unknown, experimental: boolean): ParsedCode {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw new TypeError("Failed to execute 'load' on 'WorkerLoader': parameter 1 is not of type 'WorkerCode'.");
  }
  const code = value as Fields;
  refuseUnknown(code, codeFields, "Dynamic Worker code");

  const { compatibilityDate, allowExperimental, mainModule, globalOutbound } = code;
  if (typeof compatibilityDate !== "string") throw wrongType("compatibilityDate", "WorkerCode", "string");
  const flags = elementsOf(code.compatibilityFlags, "compatibilityFlags", "WorkerCode").map((flag) => {
    if (typeof flag === "string") return flag;
    throw wrongType("compatibilityFlags", "WorkerCode", "Array");
  });
  if (allowExperimental !== undefined && typeof allowExperimental !== "boolean") {
    throw wrongType("allowExperimental", "WorkerCode", "boolean");
  }
  if (allowExperimental === true && !experimental) {
    throw new Error("'allowExperimental' is only allowed when the calling worker has the 'experimental' compat " +
        "flag set.");
  }
  const limits = parseLimits(code.limits, "WorkerCode");
  if (typeof mainModule !== "string") throw wrongType("mainModule", "WorkerCode", "string");
  const modules = parseModules(code.modules, mainModule);

  const env = code.env ?? {};
  if (typeof env !== "object" || Array.isArray(env)) throw wrongType("env", "WorkerCode", "Object");

  const network = parseNetwork(code.network);
  const secrets = parseSecrets(code.secrets, env);

  let outbound: Capability | null = null;
  if (globalOutbound !== undefined && globalOutbound !== null) {
    if (!isService(globalOutbound)) throw wrongType("globalOutbound", "WorkerCode", "Fetcher");
    outbound = heldBy(globalOutbound);
  }

  const { isolation, tenant } = parseExtension(code.mayfly);
  const tails = parseTails(code.tails, "tails");
  // Throws for what must not be passed on.
  for (const tail of tails) tail.toCallee().released();
  if (parseTails(code.streamingTails, "streamingTails").length > 0) {
    if (allowExperimental !== true) {
      throw new Error("Streaming tail workers are experimental. You must pass the option 'allowExperimental: true' " +
          "to the worker loader to use them");
    }
    throw new Error("Streaming tail workers ('streamingTails') are not supported yet.");
  }

  return {
    native: {
      mainModule,
      modules,
      compatibilityDate,
      compatibilityFlags: flags,
      allowExperimental: allowExperimental === true,
      outbound: globalOutbound === undefined ? "internet" : globalOutbound === null ? "none" : "capability",
      network,
      secrets,
      limits: limits ?? {},
      isolation,
      tenant,
    },
    env: secrets.length === 0 ? env : withSecrets(env, secrets),
    outbound,
    tails,
  };
}
