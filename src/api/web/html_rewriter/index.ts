// SPDX-License-Identifier: Apache-2.0
export { HTMLRewriter } from "./html_rewriter.ts";
