// SPDX-License-Identifier: Apache-2.0
//
// The fast part of the hostile corpus: memory inside of the engine.
import { defineTests } from "./tests.mjs";

await defineTests(({ chapters }) => ({ chapters: chapters.filter(({ letter }) => "C".includes(letter)) }));
