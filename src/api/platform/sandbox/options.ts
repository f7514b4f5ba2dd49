// SPDX-License-Identifier: Apache-2.0
// The options of a DynamicWorker, checked, and the WorkerCode that they amount to.

import { nearestName, worker } from "mayfly:core";

type Fields = Record<string, unknown>;

const optionFields = [
  "script", "modules", "mainModule", "compatibilityDate", "compatibilityFlags", "env", "limits", "network", "secrets",
  "tenant", "isolation",
];
const networkFields = ["allowedOrigins", "defaultPolicy"];
const kMsMax = 0x7fffffff;

const kScriptName = "script.js";

/** What stands between the code and its caller: the entrypoint that `run()` calls. */
const driver = (mainModule: string, resultBytesMax: number): string => `
import { WorkerEntrypoint } from "cloudflare:workers";
import * as code from ${JSON.stringify(mainModule)};

const isClass = (value) => Object.getOwnPropertyDescriptor(value, "prototype")?.writable === false;

export default class extends WorkerEntrypoint {
  async run(input) {
    const main = code.default;
    if (typeof main === "function" && !isClass(main)) return result(await main(input, this.env));
    const receiver = typeof main === "function" ? new main(this.ctx, this.env) : main;
    if (typeof receiver?.run !== "function") {
      throw new TypeError("There is nothing to run: the code must have a default export that is a function (input, env), " +
        "or a class or object with a method run(input, env).");
    }
    return result(await (typeof main === "function" ? receiver.run(input) : receiver.run(input, this.env, this.ctx)));
  }
}
${resultBytesMax === 0 ? "const result = (value) => value;" : `
const { stringify } = JSON;
const result = (value) => {
  const json = stringify(value) ?? "null";
  if (typeof json !== "string") throw new TypeError("The result is not JSON.");
  if (json.length > ${resultBytesMax}) {
    throw new RangeError(\`The result is \${json.length} characters of JSON; at most ${resultBytesMax} are allowed.\`);
  }
  return json;
};`}
`;

export interface Parsed {
  code: Fields;
  /** Of the run, start-up included; 0: any time. */
  wallMs: number;
}

export function objectOf(value: unknown, what: string): Fields {
  if (value === undefined) return {};
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new TypeError(`${what} must be an object.`);
  return value as Fields;
}

export function refuseUnknown(fields: Fields, known: readonly string[], what: string): void {
  for (const key of Object.keys(fields)) {
    if (known.includes(key)) continue;
    throw new TypeError(`Unknown field '${key}' in ${what}. Did you mean '${nearestName(key, known)}'?`);
  }
}

function wholeNumber(fields: Fields, name: string, lowest: number): number {
  const value = fields[name];
  if (value === undefined) return 0;
  if (typeof value === "number" && Number.isInteger(value) && value >= lowest && value <= kMsMax) return value;
  throw new TypeError(`limits.${name} must be a whole number of at least ${lowest}. Got: ${String(value)}`);
}

/** A text that exports something is a module. Any other is the expression that a module would export. */
function scriptModule(script: unknown): string {
  if (typeof script !== "string") throw new TypeError("'script' must be a string.");
  return /(?:^|[;}/])\s*export\s*(?:default\b|[{*])/m.test(script) ? script : `export default ${script}`;
}

/** `network` as WorkerCode has it. Without one there is no network. */
function networkOf(value: unknown): Fields {
  if (value === undefined) return { globalOutbound: null };
  const fields = objectOf(value, "'network'");
  refuseUnknown(fields, networkFields, "network");
  const { allowedOrigins = [], defaultPolicy = "deny" } = fields;
  if (defaultPolicy !== "allow" && defaultPolicy !== "deny") {
    throw new TypeError(`network.defaultPolicy must be "deny" or "allow". Got: ${String(defaultPolicy)}`);
  }
  if (!Array.isArray(allowedOrigins)) throw new TypeError("network.allowedOrigins must be an array of strings.");
  return { network: { default: defaultPolicy, allow: allowedOrigins } };
}

/** `resultBytesMax`: the result is made JSON of at most that length where the code runs; 0: it stays a value. */
export function parseOptions(value: unknown, resultBytesMax: number): Parsed {
  if (value === undefined) throw new TypeError("A DynamicWorker needs options: { script } or { modules, mainModule }.");
  const options = objectOf(value, "The options of a DynamicWorker");
  refuseUnknown(options, optionFields, "the options of a DynamicWorker");
  const { script, compatibilityDate, compatibilityFlags, env, secrets, tenant, isolation } = options;
  let { modules, mainModule } = options;
  if ((script === undefined) === (modules === undefined)) {
    throw new TypeError("A DynamicWorker needs either 'script', or 'modules' and 'mainModule'.");
  }
  if (script !== undefined) {
    if (mainModule !== undefined) throw new TypeError("'mainModule' goes with 'modules', not with 'script'.");
    modules = { [kScriptName]: scriptModule(script) };
    mainModule = kScriptName;
  }
  const all = objectOf(modules, "'modules'");
  if (typeof mainModule !== "string" || !Object.hasOwn(all, mainModule)) {
    const names = Object.keys(all);
    throw new TypeError(`'mainModule' must name one of the modules: ${names.length === 0 ? "there are none" : names.join(", ")}.`);
  }
  let driverName = "mayfly-run.js";
  while (Object.hasOwn(all, driverName)) driverName = `_${driverName}`;

  const limits = objectOf(options.limits, "'limits'");
  const mayfly: Fields = {};
  if (tenant !== undefined) mayfly.tenant = tenant;
  if (isolation !== undefined) mayfly.isolation = isolation;
  const code: Fields = {
    compatibilityDate: compatibilityDate ?? worker.config.compatibilityDate,
    compatibilityFlags,
    mainModule: driverName,
    modules: { ...all, [driverName]: driver(`./${mainModule}`, resultBytesMax) },
    env,
    secrets,
    limits,
    mayfly,
    ...networkOf(options.network),
  };
  return { code, wallMs: wholeNumber(limits, "wallMs", 1) };
}
