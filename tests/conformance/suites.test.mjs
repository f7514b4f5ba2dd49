// SPDX-License-Identifier: Apache-2.0
//
// The conformance suites, on every runtime.

import { testSets } from "../e2e/verdicts.mjs";
import { runSuite, suites } from "./suites.mjs";

testSets(suites, runSuite);
