// SPDX-License-Identifier: Apache-2.0
//
// These imports are text, by the rule in wrangler.jsonc.

declare module "../../../node_modules/hono/dist/*" {
  const source: string;
  export default source;
}

declare module "../app/*" {
  const source: string;
  export default source;
}
