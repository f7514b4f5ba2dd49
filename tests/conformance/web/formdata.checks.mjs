// SPDX-License-Identifier: Apache-2.0
// FormData, and its two forms as a body.
import { equal, ok, rejects, same, throws } from "../check.js";

const form = (entries) => {
  const data = new FormData();
  for (const entry of entries) data.append(...entry);
  return data;
};
const show = async (data) =>
  Promise.all(
    [...data].map(async ([name, value]) => [
      name,
      typeof value === "string" ? value : [value.name, value.type, await value.text()],
    ]),
  );
const multipart = (lines, boundary = "x") =>
  new Response(lines.join("\r\n"), {
    headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
  }).formData();
const roundTrip = async (data) => show(await new Response(data).formData());

export const checks = {
  "FormData reads and changes": () => {
    const data = form([
      ["a", "1"],
      ["b", 2],
      ["a", "3"],
    ]);
    same([data.get("a"), data.get("b"), data.get("c")], ["1", "2", null]);
    same(data.getAll("a"), ["1", "3"]);
    same([data.has("a"), data.has("c")], [true, false]);
    data.set("a", "4");
    same(
      [...data],
      [
        ["a", "4"],
        ["b", "2"],
      ],
    );
    data.set("c", "5");
    data.delete("b");
    same([...data.keys()], ["a", "c"]);
    same([...data.values()], ["4", "5"]);
    const seen = [];
    data.forEach((value, name) => seen.push(name + value));
    same(seen, ["a4", "c5"]);
    throws(() => data.append("x"), TypeError);
  },
  "FormData makes files of blobs": () => {
    const data = form([
      ["blob", new Blob(["x"], { type: "a/b" })],
      ["file", new File(["y"], "n")],
      ["renamed", new File(["y"], "n"), "m"],
    ]);
    const [blob, file, renamed] = data.values();
    ok(blob instanceof File);
    same([blob.type, file.name, renamed.name], ["a/b", "n", "m"]);
  },
  "FormData as a body: a multipart type with a boundary": async () => {
    const response = new Response(form([["a", "1"]]));
    const boundary = /^multipart\/form-data; ?boundary=(\S+)$/.exec(response.headers.get("content-type"))[1];
    const text = await response.text();
    ok(text.startsWith(`--${boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--${boundary}--`), text);
  },
  "FormData as a body comes back": async () => {
    same(
      await roundTrip(
        form([
          ["a", "1"],
          ["é", "ü\u{1f600}"],
          ["b", ""],
          ["a", "2"],
        ]),
      ),
      [
        ["a", "1"],
        ["é", "ü\u{1f600}"],
          ["b", ""],
        ["a", "2"],
      ],
    );
    const files = form([
      ["f", new File(["\r\n--\r\n"], "ü .txt", { type: "text/html" })],
      ["s", "t"],
      ["g", new File([], "empty", { type: "a/b" })],
    ]);
    same(await roundTrip(files), [
      ["f", ["ü .txt", "text/html", "\r\n--\r\n"]],
      ["s", "t"],
      ["g", ["empty", "a/b", ""]],
    ]);
    same(await roundTrip(new FormData()), []);
  },
  "FormData with all bytes comes back": async () => {
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7919) >> 3);
    const data = await new Request("http://a", { method: "POST", body: form([["f", new Blob([bytes])]]) }).formData();
    const back = new Uint8Array(await data.get("f").arrayBuffer());
    equal(back.length, bytes.length);
    ok(back.every((byte, index) => byte === bytes[index]));
  },
  "multipart: names, files and types are read": async () => {
    const data = await multipart([
      "--x",
      'Content-Disposition: form-data; name="a"',
      "",
      "1",
      "--x",
      'content-disposition: form-data; name="f"; filename="n.txt"',
      "content-type: text/css",
      "",
      "body",
      "--x--",
      "",
    ]);
    same(await show(data), [
      ["a", "1"],
      ["f", ["n.txt", "text/css", "body"]],
    ]);
  },
  "multipart: a file without a type is text/plain": async () => {
    const data = await multipart([
      "--x",
      'Content-Disposition: form-data; name="f"; filename="n"',
      "",
      "b",
      "--x--",
      "",
    ]);
    equal(data.get("f").type, "text/plain");
  },
  "multipart: quotes and line breaks in names": async () => {
    const data = await multipart([
      "--x",
      'Content-Disposition: form-data; name="a%22%0D%0Ab%41"',
      "",
      "1",
      "--x--",
      "",
    ]);
    same([...data.keys()], ['a"\r\nb%41']);
  },
  "multipart: dashes and boundaries in content are content": async () => {
    const data = await multipart(
      ["--xyz", 'Content-Disposition: form-data; name="a"', "", "--x\n--xyz\r\n--xy", "--xyz--", ""],
      "xyz",
    );
    equal(data.get("a"), "--x\n--xyz\r\n--xy");
  },
  "multipart: a quoted boundary": async () => {
    const data = await multipart(
      ["--x y", 'Content-Disposition: form-data; name="a"', "", "1", "--x y--", ""],
      '"x y"; charset=utf-8',
    );
    equal(data.get("a"), "1");
  },
  "multipart: quotes in file names": async () => {
    const [file] = (await new Response(form([["f", new File(["x"], 'a".txt')]])).formData()).values();
    equal(file.name, 'a".txt');
  },
  "multipart: an empty name": async () => {
    same(await roundTrip(form([["", "1"]])), [["", "1"]]);
  },
  "multipart: what is broken is a TypeError": async () => {
    for (const lines of [
      ["nothing"],
      ["--x"],
      ["--x", "", "1", "--x--"],
      ["--x", 'Content-Disposition: form-data; name="a"', "", "1"],
      ["--x", "Content-Disposition: form-data", "", "1", "--x--"],
      ["--x", 'Content-Disposition: attachment; name="a"', "", "1", "--x--"],
    ]) {
      await rejects(multipart(lines), TypeError);
    }
  },
  "formData() refuses other types": async () => {
    await rejects(new Response("a=b").formData(), {
      name: "TypeError",
      message: /Unrecognized Content-Type header value/,
    });
    await rejects(new Response(new Uint8Array(1)).formData(), {
      name: "TypeError",
      message: "Parsing a Body as FormData requires a Content-Type header.",
    });
    await rejects(new Response("a", { headers: { "content-type": "multipart/form-data" } }).formData(), {
      name: "TypeError",
      message: /No boundary string/,
    });
  },
  "urlencoded bodies are read": async () => {
    const data = await new Response(new URLSearchParams("a=b&c=d+%C3%A9&a=")).formData();
    same(
      [...data],
      [
        ["a", "b"],
        ["c", "d é"],
        ["a", ""],
      ],
    );
  },
  "FormData is a source for URLSearchParams": () => {
    equal(new URLSearchParams(form([["a", "b c"]])).toString(), "a=b+c");
  },
};
