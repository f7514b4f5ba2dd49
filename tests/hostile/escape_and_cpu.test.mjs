// SPDX-License-Identifier: Apache-2.0
//
// The fast part of the hostile corpus: ways out of a worker, and processor time.
import { defineTests } from "./tests.mjs";

await defineTests(({ chapters }) => ({ chapters: chapters.filter(({ letter }) => "AB".includes(letter)) }));
