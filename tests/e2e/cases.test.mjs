// SPDX-License-Identifier: Apache-2.0
//
// The examples and the HTTP cases, on every runtime.

import { groups, runGroup } from "./cases.mjs";
import { testSets } from "./verdicts.mjs";

testSets(groups, runGroup);
