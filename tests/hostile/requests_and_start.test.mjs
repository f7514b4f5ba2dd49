// SPDX-License-Identifier: Apache-2.0
//
// The fast part of the hostile corpus: requests and floods, the network, code that cannot be used, processes.
import { defineTests } from "./tests.mjs";

await defineTests(({ chapters }) => ({ chapters: chapters.filter(({ letter }) => "DEFG".includes(letter)) }));
