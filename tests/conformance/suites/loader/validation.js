// SPDX-License-Identifier: Apache-2.0
//
// Every field of WorkerCode with a wrong type, and unknown fields. workerd coerces what it can and ignores what it
// does not know; a typo in globalOutbound opens the network there.

import { check, throws } from "../../check.js";
import { code, method } from "./code.js";

const main = method("return 1");
const ignores = { differs: "workerd ignores unknown fields" };
const coerces = { differs: "workerd coerces the value instead of refusing it" };

const wrongTypes = [
  ["compatibilityDate", 20261101],
  ["compatibilityDate", null],
  ["compatibilityDate", "yesterday"],
  ["compatibilityDate", "2026-13-01"],
  ["compatibilityFlags", "nodejs_compat"],
  ["compatibilityFlags", [1]],
  ["compatibilityFlags", ["no_such_flag"]],
  ["allowExperimental", "yes"],
  ["allowExperimental", 1],
  ["mainModule", 5, coerces],
  ["mainModule", null, coerces],
  ["mainModule", ["main.js"], coerces],
  ["modules", "main.js"],
  ["modules", null],
  ["modules", [main]],
  ["env", "text"],
  ["env", 5],
  ["limits", "fast"],
  ["limits", 5],
  ["tails", {}],
  ["streamingTails", {}],
  ["globalOutbound", "none"],
];

/** The field's name, or its words: the texts for dates and flags are those that programs know. */
const named = (field) =>
  new RegExp(
    field.replace(/Date|Flags/, (word) => ` ?${word.replace("s", "s?")}`),
    "i",
  );

const rejected = (field, value, { differs } = {}) => {
  const shown = JSON.stringify(value)?.slice(0, 40);
  check(`${field}: ${shown} is refused by name`, differs ? { differs } : {}, ({ env }) => {
    throws(() => env.LOADER.load({ ...code(main), [field]: value }), named(field));
  });
};
for (const one of wrongTypes) rejected(...one);

for (const field of ["compatibilityDate", "mainModule", "modules"]) {
  check(`${field} is required`, field === "mainModule" ? coerces : {}, ({ env }) => {
    const { [field]: _, ...rest } = code(main);
    throws(() => env.LOADER.load(rest), named(field));
  });
}

for (const [wrong, right] of [
  ["globalOutBound", "globalOutbound"],
  ["globaloutbound", "globalOutbound"],
  ["compatibilitydate", "compatibilityDate"],
  ["module", "modules"],
  ["enviroment", "env"],
  ["tail", "tails"],
  ["limit", "limits"],
]) {
  check(`the unknown field ${wrong} is refused and ${right} suggested`, ignores, ({ env }) => {
    const error = throws(() => env.LOADER.load({ ...code(main), [wrong]: null }), TypeError);
    if (!error.message.includes(wrong)) throw new Error(`${wrong} is not named: ${error.message}`);
    if (right !== "env" && !new RegExp(`\\b${right}\\b`).test(error.message))
      throw new Error(`${right} is not suggested: ${error.message}`);
  });
}

check("an unknown field far from every name is refused", ignores, ({ env }) => {
  throws(() => env.LOADER.load({ ...code(main), zzz: 1 }), { name: "TypeError", message: /zzz/ });
});

check("an unknown limit is refused", ignores, ({ env }) => {
  throws(() => env.LOADER.load(code(main, { limits: { cpuMS: 10 } })), { name: "TypeError", message: /cpuMS.*cpuMs/s });
});

for (const cpuMs of [0, -1, "10", NaN, Infinity]) {
  check(`limits.cpuMs: ${cpuMs} is refused`, coerces, ({ env }) => {
    throws(() => env.LOADER.load(code(main, { limits: { cpuMs } })), /cpuMs/);
  });
}

check(
  "an unknown kind of module is refused and the nearest named",
  { differs: "workerd counts it as no kind at all" },
  ({ env }) => {
    throws(() => env.LOADER.load(code(main, { modules: { a: { jason: {} } } })), {
      name: "TypeError",
      message: /jason.*json/s,
    });
  },
);

for (const [kind, value] of [
  ["js", 5],
  ["cjs", null],
  ["text", 5],
  ["data", "text"],
  ["wasm", "text"],
  ["wasm", 5],
]) {
  const coerced = { js: 1, cjs: 1, text: 1 }[kind];
  check(`{ ${kind}: ${JSON.stringify(value)} } is refused`, coerced ? coerces : {}, ({ env }) => {
    throws(() => env.LOADER.load(code(main, { modules: { a: { [kind]: value } } })), new RegExp(kind));
  });
}

for (const module of [5, null, true, []]) {
  check(
    `a module that is ${JSON.stringify(module)} is refused`,
    typeof module === "object" ? {} : coerces,
    ({ env }) => {
      throws(() => env.LOADER.load(code(main, { modules: { "a.js": module } })), TypeError);
    },
  );
}

for (const value of [undefined, null, 5, "code"]) {
  check(`load(${value === undefined ? "" : JSON.stringify(value)}) is a TypeError`, ({ env }) => {
    throws(() => env.LOADER.load(value), TypeError);
  });
}

check("get() without a callback is a TypeError", ({ env }) => {
  throws(() => env.LOADER.get("no-callback"), TypeError);
});

check("allowExperimental needs the experimental flag", ({ env }) => {
  throws(
    () => env.LOADER.load(code(main, { allowExperimental: true })),
    "'allowExperimental' is only allowed when the calling worker has the 'experimental' compat flag set.",
  );
});

check("an invalid date is an error that says so", ({ env }) => {
  throws(() => env.LOADER.load({ ...code(main), compatibilityDate: "nonsense" }), /date/i);
});

check("an unknown option of getEntrypoint is refused", ignores, ({ env }) => {
  throws(() => env.LOADER.load(code(main)).getEntrypoint(null, { prop: {} }), {
    name: "TypeError",
    message: /prop.*props/s,
  });
});

check("props that are no object are refused", ({ env }) => {
  throws(() => env.LOADER.load(code(main)).getEntrypoint(null, { props: 5 }), TypeError);
});
