// SPDX-License-Identifier: Apache-2.0
// The modules that user code can import without bringing them: specifier -> group. One line per module.

import { worker } from "./worker.ts";

interface BuiltinModule {
  group: string;
  /** What of the group is in the module, if not all. */
  exports?: string[];
  /** Only for the operator's own workers. */
  host?: true;
  /** Only for the worker of this name. */
  worker?: string;
  /** The compatibility flag without which it does not exist. */
  flag?: string;
}

const modules: Record<string, BuiltinModule> = {
  __proto__: null as never,
  "cloudflare:workers": { group: "mayfly:platform/workers" },
  "mayfly:sandbox": { group: "mayfly:platform/sandbox", exports: ["DynamicWorker"], host: true },
  "mayfly:control": { group: "mayfly:platform/sandbox", exports: ["default"], host: true, worker: "mayfly:control" },
};

export function builtinModule(specifier: string, flags: Record<string, boolean>): Record<string, unknown> | undefined {
  const known = modules[specifier];
  if (known === undefined || (known.host && worker.config.kind !== "host")) return undefined;
  if (known.flag !== undefined && flags[known.flag] !== true) return undefined;
  if (known.worker !== undefined && known.worker !== worker.config.workerName) return undefined;
  const group = requireGroup(known.group) as Record<string, unknown>;
  return known.exports === undefined ? group : Object.fromEntries(known.exports.map((name) => [name, group[name]]));
}
