// SPDX-License-Identifier: Apache-2.0
//
// Short ways to write a dynamic worker's code.

/** WorkerCode with one module (or several), and any other fields. */
export const code = (main, { modules, ...more } = {}) => ({
  compatibilityDate: "2026-11-01",
  mainModule: "main.js",
  modules: { "main.js": main, ...modules },
  ...more,
});

/** A module whose default class has `run(...args)` with this body; `top` comes before the class. */
export const method = (body, top = "") => `
import { WorkerEntrypoint } from "cloudflare:workers";
${top}
export default class extends WorkerEntrypoint {
  async run(...args) { ${body} }
}`;

/** Loads a worker whose `run` has this body, and calls it. */
export const evaluate = (env, body, more = {}, ...args) =>
  env.LOADER.load(code(method(body, more.top), withoutTop(more)))
    .getEntrypoint()
    .run(...args);

const withoutTop = ({ top, ...more }) => more;

/** A worker that counts its calls, to tell one isolate from another. */
export const counter = () => code(`let calls = 0; export default { fetch: () => new Response(String(++calls)) };`);

export const textOf = async (response) => (await response).text();
