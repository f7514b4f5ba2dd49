// SPDX-License-Identifier: Apache-2.0
//
// Files in memory, below /tmp.

import fs from "node:fs";
import { open, readFile, writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { check, equal, ok, pause, rejects, same, throws } from "../../check.js";

const code = (run) => throws(run, Error).code;

check("a file is written, read, appended to and cut", () => {
  fs.writeFileSync("/tmp/a", "héllo");
  same([fs.readFileSync("/tmp/a", "utf8"), fs.readFileSync("/tmp/a").length, fs.statSync("/tmp/a").size], ["héllo", 6, 6]);
  fs.appendFileSync("/tmp/a", Buffer.from("!"));
  fs.writeFileSync("/tmp/b", "aGk=", "base64");
  same([fs.readFileSync("/tmp/a", { encoding: "utf8" }), fs.readFileSync("/tmp/b", "latin1")], ["héllo!", "hi"]);
  fs.truncateSync("/tmp/a", 1);
  equal(fs.readFileSync("/tmp/a", "utf8"), "h");
});

check("what is read is a copy", () => {
  fs.writeFileSync("/tmp/a", "abc");
  fs.readFileSync("/tmp/a")[0] = 0;
  equal(fs.readFileSync("/tmp/a", "utf8"), "abc");
});

check("files of one request are gone in the next", () => {
  same(fs.readdirSync("/tmp"), []);
  fs.writeFileSync("/tmp/left", "x");
});
check("...whatever was left", () => same(fs.readdirSync("/tmp"), []));

check("directories", () => {
  equal(fs.mkdirSync("/tmp/d/e/f", { recursive: true }), "/tmp/d");
  fs.writeFileSync("/tmp/d/x", "1");
  same(fs.readdirSync("/tmp/d"), ["e", "x"]);
  same(fs.readdirSync("/tmp/d", { withFileTypes: true }).map((each) => [each.name, each.isDirectory(), each.isFile(), each.parentPath]), [["e", true, false, "/tmp/d"], ["x", false, true, "/tmp/d"]]);
  ok(fs.statSync("/tmp/d").isDirectory() && fs.existsSync("/tmp/d/e") && !fs.existsSync("/tmp/nope"));
  equal(code(() => fs.rmdirSync("/tmp/d")), "ENOTEMPTY");
  fs.rmSync("/tmp/d", { recursive: true });
  equal(fs.existsSync("/tmp/d"), false);
  ok(fs.mkdtempSync("/tmp/pre").startsWith("/tmp/pre"));
});

for (const [name, run, expected] of [
  ["reading what is not there", () => fs.readFileSync("/tmp/nope"), "ENOENT"],
  ["reading a directory", () => fs.readFileSync("/tmp"), "EISDIR"],
  ["writing outside of /tmp", () => fs.writeFileSync("/a", "x"), "EPERM"],
  ["writing into /bundle", () => fs.writeFileSync("/bundle/a", "x"), "EPERM"],
  ["making a directory in none", () => fs.mkdirSync("/tmp/x/y"), "ENOENT"],
  ["making a file anew", () => { fs.writeFileSync("/tmp/a", ""); fs.writeFileSync("/tmp/a", "", { flag: "wx" }); }, "EEXIST"],
  ["asking for what is not there", () => fs.accessSync("/tmp/nope"), "ENOENT"],
]) {
  check(`${name} fails with ${expected}`, () => equal(code(run), expected));
}

check("other than paths are refused", () => {
  for (const wrong of [null, undefined, {}, true]) equal(code(() => fs.readFileSync(wrong)), "ERR_INVALID_ARG_TYPE");
  equal(code(() => fs.readFileSync("/tmp/a", "nope")), "ERR_INVALID_ARG_VALUE");
  throws(() => fs.readFileSync("/tmp/\0"), Error);
});

check("descriptors have places", () => {
  const fd = fs.openSync("/tmp/f", "w+");
  same([fs.writeSync(fd, "hello"), fs.writeSync(fd, Buffer.from(" you"))], [5, 4]);
  const room = Buffer.alloc(20);
  same([fs.readSync(fd, room, 0, 20, 0), room.toString("utf8", 0, 9), fs.fstatSync(fd).size], [9, "hello you", 9]);
  fs.closeSync(fd);
  throws(() => fs.readSync(fd, room), Error);
});

check("rename, copy and links", () => {
  fs.writeFileSync("/tmp/a", "x");
  fs.renameSync("/tmp/a", "/tmp/b");
  fs.copyFileSync("/tmp/b", "/tmp/c");
  fs.symlinkSync("/tmp/c", "/tmp/l");
  same([fs.readdirSync("/tmp"), fs.readFileSync("/tmp/l", "utf8"), fs.readlinkSync("/tmp/l"), fs.realpathSync("/tmp/l")], [["b", "c", "l"], "x", "/tmp/c", "/tmp/c"]);
  fs.unlinkSync("/tmp/l");
  equal(fs.existsSync("/tmp/c"), true);
});

check("a link to itself has an end", () => {
  fs.symlinkSync("/tmp/loop", "/tmp/loop");
  throws(() => fs.readFileSync("/tmp/loop"), Error);
});

check("callbacks and promises", async () => {
  await promisify(fs.writeFile)("/tmp/a", "later");
  equal(await new Promise((done, fail) => fs.readFile("/tmp/a", "utf8", (error, value) => (error ? fail(error) : done(value)))), "later");
  await writeFile("/tmp/b", "promised");
  equal(await readFile("/tmp/b", "utf8"), "promised");
  equal((await rejects(readFile("/tmp/nope"), Error)).code, "ENOENT");
  const handle = await open("/tmp/c", "w+");
  await handle.write("handle");
  equal((await handle.stat()).size, 6);
  await handle.close();
});

check("streams of files", async () => {
  const target = fs.createWriteStream("/tmp/s");
  target.write("one ");
  await new Promise((done) => target.end("two", done));
  await pause(5);
  same([fs.readFileSync("/tmp/s", "utf8"), await text(fs.createReadStream("/tmp/s")), await text(fs.createReadStream("/tmp/s", { start: 1, end: 3 }))], ["one two", "one two", "ne "]);
  const error = await new Promise((done) => fs.createReadStream("/tmp/nope").on("error", done));
  equal(error.code, "ENOENT");
});

check("/dev/null takes all and gives nothing", () => {
  fs.writeFileSync("/dev/null", "x");
  equal(fs.readFileSync("/dev/null").length, 0);
});
