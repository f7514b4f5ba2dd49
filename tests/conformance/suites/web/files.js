// SPDX-License-Identifier: Apache-2.0
//
// Blob, File, FormData.

import { check, equal, ok, same, throws } from "../../check.js";

check("Blob joins its parts", async () => {
  const blob = new Blob(["a", new Uint8Array([98]), new Blob(["c"]), new Uint8Array([100]).buffer], {
    type: "Text/Plain",
  });
  same([blob.size, blob.type, await blob.text()], [4, "text/plain", "abcd"]);
});

check("Blob slice, arrayBuffer, bytes and stream", async () => {
  const blob = new Blob(["hello"]);
  equal(await blob.slice(1, 3).text(), "el");
  equal(await blob.slice(-2).text(), "lo");
  equal(blob.slice(0, 1, "text/css").type, "text/css");
  same([...new Uint8Array(await blob.arrayBuffer())], [104, 101, 108, 108, 111]);
  equal((await blob.bytes()).length, 5);
  equal(await new Response(blob.stream()).text(), "hello");
});

check("File is a Blob with a name", async () => {
  const file = new File(["x"], "a.txt", { type: "text/plain", lastModified: 5 });
  same([file.name, file.lastModified, file.size, file.type, file instanceof Blob], ["a.txt", 5, 1, "text/plain", true]);
});

check("FormData append, set, get, getAll, has, delete", () => {
  const form = new FormData();
  form.append("a", "1");
  form.append("a", "2");
  form.append("b", 3);
  same(
    [form.get("a"), form.getAll("a"), form.get("b"), form.has("c"), form.get("c")],
    ["1", ["1", "2"], "3", false, null],
  );
  form.set("a", "9");
  form.delete("b");
  same([...form], [["a", "9"]]);
});

check("FormData turns a Blob into a File", { differs: "workerd names a nameless file after its field" }, () => {
  const form = new FormData();
  form.append("f", new Blob(["x"]), "name.bin");
  form.append("g", new Blob(["x"]));
  ok(form.get("f") instanceof File);
  same([form.get("f").name, form.get("g").name], ["name.bin", "blob"]);
});

check("FormData iterates keys, values and entries", () => {
  const form = new FormData();
  form.append("a", "1");
  same([[...form.keys()], [...form.values()], [...form.entries()]], [["a"], ["1"], [["a", "1"]]]);
});

check(
  "a multipart body keeps names with quotes",
  { differs: "workerd does not undo the escaping of names" },
  async () => {
    const form = new FormData();
    form.append('na"me', "value");
    const read = await new Response(form).formData();
    same([...read], [['na"me', "value"]]);
  },
);

check("FormData takes no plain object", { differs: "workerd ignores the argument" }, () =>
  throws(() => new FormData({})),
);
