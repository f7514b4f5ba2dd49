// SPDX-License-Identifier: Apache-2.0

import { parse as parseStream } from "csv-parse";
import { parse } from "csv-parse/sync";
import { Readable } from "node:stream";
import { same, throws } from "../../conformance/check.js";

const text = 'name;cents\n"Ada ""L"" Byron";5\n# no line\nGrace;7\n';

export default async function () {
  const options = {
    delimiter: ";",
    columns: true,
    comment: "#",
    cast: (value, { column, header }) => (column === "cents" && !header ? Number(value) : value),
  };
  const rows = [
    { name: 'Ada "L" Byron', cents: 5 },
    { name: "Grace", cents: 7 },
  ];
  same(parse(text, options), rows);
  throws(() => parse("a,b\n1", {}), /Invalid Record Length/);
  const streamed = [];
  const parts = Array.from({ length: Math.ceil(text.length / 5) }, (_, n) => text.slice(n * 5, n * 5 + 5));
  for await (const row of Readable.from(parts).pipe(parseStream(options))) streamed.push(row);
  same(streamed, rows);
}
