// SPDX-License-Identifier: Apache-2.0

import Ajv from "ajv";
import { equal, matches, ok } from "../../conformance/check.js";

const schema = {
  type: "object",
  properties: {
    id: { type: "integer", minimum: 1 },
    tags: { type: "array", items: { type: "string" }, uniqueItems: true },
  },
  required: ["id"],
  additionalProperties: false,
};

// ajv turns a schema into the text of a function and evaluates that: possible while a worker starts, not later.
const ajv = new Ajv({ allErrors: true });
const valid = ajv.compile(schema);

export default async function () {
  ok(valid({ id: 1, tags: ["a", "b"] }));
  ok(!valid({ id: 0, tags: ["a", "a"], more: 1 }));
  equal(valid.errors.length, 3);
  matches(ajv.errorsText(valid.errors), /data\/id must be >= 1/);
}
