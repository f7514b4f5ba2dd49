// SPDX-License-Identifier: Apache-2.0
// The modules that user code can import without bringing them: specifier -> group. One line per module.

interface BuiltinModule {
  group: string;
  /** The compatibility flag without which it does not exist. */
  flag?: string;
}

const modules: Record<string, BuiltinModule> = {
  __proto__: null as never,
  "cloudflare:workers": { group: "mayfly:platform/workers" },
};

export function builtinModule(specifier: string, flags: Record<string, boolean>): Record<string, unknown> | undefined {
  const known = modules[specifier];
  if (known === undefined || (known.flag !== undefined && flags[known.flag] !== true)) return undefined;
  return requireGroup(known.group) as Record<string, unknown>;
}
