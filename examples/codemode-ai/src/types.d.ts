// SPDX-License-Identifier: Apache-2.0
//
// Tells TypeScript what `ctx.exports` holds (`wrangler types` writes the same).

declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import("./index");
  }
}
