// SPDX-License-Identifier: Apache-2.0
//
// @cloudflare/codemode on every runtime.

import { join } from "node:path";
import { runSuite } from "../conformance/suites.mjs";
import { root } from "../e2e/harness.mjs";
import { testSets } from "../e2e/verdicts.mjs";

testSets([{ name: "@cloudflare/codemode", targets: [join(root, "tests/packages/codemode")] }], runSuite);
