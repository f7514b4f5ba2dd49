// SPDX-License-Identifier: Apache-2.0
//
// Runs a check twice: against an entrypoint of the suite's own worker, and against a dynamic worker of the same code.

import { check } from "../../check.js";

/**
 * `classOf(workers)` makes the class from the module cloudflare:workers. Its source text is the code of the dynamic
 * worker, so it must refer to nothing outside of itself. The suite's worker exports the class as `name`.
 */
export function inPlaces(name, classOf) {
  const main = `
    import * as workers from "cloudflare:workers";
    const __name = (target) => target;
    export default (${classOf.toString()})(workers);`;
  const code = {
    compatibilityDate: "2026-11-01",
    compatibilityFlags: ["enable_abortsignal_rpc"],
    allowExperimental: true,
    mainModule: "main.js",
    modules: { "main.js": main },
  };
  const places = {
    service: ({ ctx }) => ctx.exports[name]({}),
    "dynamic worker": ({ env }) => env.LOADER.get(name, () => code).getEntrypoint(),
  };
  return (what, ...rest) => {
    const run = rest.pop();
    for (const [place, find] of Object.entries(places)) {
      check(`${what} (${place})`, ...rest, (about) => run(find(about), about));
    }
  };
}
