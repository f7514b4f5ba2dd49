// SPDX-License-Identifier: Apache-2.0
//
// The conformance suites, on every runtime, and those with dynamic workers in every layout.

import { testSets } from "../e2e/verdicts.mjs";
import { laidOutSuites, runSuite, suites } from "./suites.mjs";

testSets([...suites, ...laidOutSuites], runSuite);
