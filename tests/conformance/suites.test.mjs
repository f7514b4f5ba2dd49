// SPDX-License-Identifier: Apache-2.0
//
// The conformance suites, on every runtime, and those with dynamic workers in every layout.

import assert from "node:assert/strict";
import { test } from "node:test";
import { engine } from "../e2e/engine.mjs";
import { testSets } from "../e2e/verdicts.mjs";
import { laidOutSuites, runSuite, suites } from "./suites.mjs";

testSets([...suites, ...laidOutSuites], runSuite);

test("the engine has nothing to report", { skip: !engine.name && "an ordinary engine reports nothing" }, () => {
  assert.deepEqual(engine.reports(), []);
});
