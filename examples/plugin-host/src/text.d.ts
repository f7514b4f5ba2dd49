// SPDX-License-Identifier: Apache-2.0
//
// The modules of plugins are text to the host, by the rule in wrangler.jsonc.

declare module "../plugins/*.js" {
  const source: string;
  export default source;
}
