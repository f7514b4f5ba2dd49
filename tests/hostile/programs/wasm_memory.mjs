// SPDX-License-Identifier: Apache-2.0
import { done, memoryLimit } from "../program.mjs";

export const title = "WebAssembly that would take all of the memory";

// (module (memory (export "memory") 1) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
const growing = {
  wasm: Buffer.from(
    "0061736d0100000001060160017f017f03020100050301000107110206" +
      "6d656d6f727902000467726f7700000a08010600200040000b",
    "hex",
  ).toString("base64"),
};
const program = (body, ends) => ({
  code: `import module from "growing.wasm";
    const touch = (memory) => new Uint8Array(memory.buffer).fill(1);
    export default { async fetch() { ${body}; return new Response("done"); } };`,
  modules: { "growing.wasm": growing },
  cpuMs: 10_000,
  ends,
});
const filling = (body) => program(body, memoryLimit);
const kept = (make) => filling(`const all = []; for (;;) { const memory = ${make}; touch(memory); all.push(memory); }`);

export const programs = {
  "memories of 10 MB without end": kept(`new WebAssembly.Memory({ initial: 160 })`),
  "memories of 10 MB with 64-bit addresses without end": kept(`new WebAssembly.Memory({ initial: 160n, address: "i64" })`),
  "shared memories without end": kept(`new WebAssembly.Memory({ initial: 160, maximum: 160, shared: true })`),
  "small memories without end": kept(`new WebAssembly.Memory({ initial: 1 })`),
  "a memory that grows from JavaScript": program(
    `const memory = new WebAssembly.Memory({ initial: 1 });
    try { for (;;) { memory.grow(16); touch(memory); } } catch (error) { return new Response(error.name + memory.buffer.byteLength / 65536); }`,
    { text: "RangeError2033" },
  ),
  "a memory that grows from inside": program(
    `const { memory, grow } = new WebAssembly.Instance(module).exports;
    while (grow(16) !== -1) touch(memory);
    return new Response(String(memory.buffer.byteLength / 65536))`,
    { text: "2033" },
  ),
  "instances that grow from inside, none of them large": filling(`
    const all = [];
    for (;;) { const { exports } = new WebAssembly.Instance(module); exports.grow(80); touch(exports.memory); all.push(exports); }`),
  "655 MB in steps of 41": program(
    `const all = Array.from({ length: 16 }, () => new WebAssembly.Instance(module).exports);
    return new Response(String(all.filter((one) => { const grown = one.grow(655) !== -1; touch(one.memory); return grown; }).length))`,
    { text: "3" },
  ),
  "buffers and memories together": filling(`
    const all = [];
    for (;;) { const memory = new WebAssembly.Memory({ initial: 160 }); touch(memory); all.push(memory, new Uint8Array(10 << 20)); }`),
  "tables without end": filling(`const all = []; for (;;) all.push(new WebAssembly.Table({ element: "anyfunc", initial: 1_000_000 }))`),
  "one memory that cannot fit": filling(`new WebAssembly.Memory({ initial: 4_000 })`),
  "one step that cannot fit": program(
    `return new Response(String(new WebAssembly.Instance(module).exports.grow(4_000)))`,
    { text: "-1" },
  ),
  "2 GB of memories, each let go": program(
    `for (let i = 0; i < 200; i++) touch(new WebAssembly.Memory({ initial: 160 }))`,
    done,
  ),
};
