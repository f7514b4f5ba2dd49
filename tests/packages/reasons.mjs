// SPDX-License-Identifier: Apache-2.0
//
// Where a package does not do its job, and why: name, runtime, place.

const codeFromText =
  "Makes functions out of text, which Mayfly never lets a worker do (workerd does while a worker starts). " +
  "Compile schemas beforehand with `ajv/dist/standalone`, or use `@cfworker/json-schema`.";

export const reasons = { ajv: { mayfly: { host: codeFromText, dynamic: codeFromText } } };
