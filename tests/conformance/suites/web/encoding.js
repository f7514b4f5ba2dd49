// SPDX-License-Identifier: Apache-2.0

import { check, equal, same, throws } from "../../check.js";

check("TextEncoder encodes UTF-8", () => {
  same([...new TextEncoder().encode("aé世🎈")], [97, 195, 169, 228, 184, 150, 240, 159, 142, 136]);
  equal(new TextEncoder().encoding, "utf-8");
  equal(new TextEncoder().encode().length, 0);
  same([...new TextEncoder().encode("\ud800")], [239, 191, 189]);
});

check("TextEncoder encodeInto reports what it read and wrote", () => {
  const bytes = new Uint8Array(4);
  same({ ...new TextEncoder().encodeInto("aé世", bytes) }, { read: 2, written: 3 });
  same([...bytes], [97, 195, 169, 0]);
});

check("TextDecoder decodes UTF-8", () => {
  equal(new TextDecoder().decode(new Uint8Array([97, 195, 169])), "aé");
  equal(new TextDecoder().decode(new Uint8Array([97, 195, 169]).buffer), "aé");
  equal(new TextDecoder().decode(), "");
  equal(new TextDecoder().encoding, "utf-8");
});

check("TextDecoder replaces invalid bytes, or throws when fatal", () => {
  equal(new TextDecoder().decode(new Uint8Array([0x61, 0xff, 0xe4, 0xb8])), "a\ufffd\ufffd");
  throws(() => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xff])), TypeError);
});

check("TextDecoder keeps a split character while streaming", () => {
  const decoder = new TextDecoder();
  equal(decoder.decode(new Uint8Array([0xe4, 0xb8]), { stream: true }), "");
  equal(decoder.decode(new Uint8Array([0x96])), "世");
});

check("TextDecoder drops a byte order mark unless told", () => {
  const bytes = new Uint8Array([0xef, 0xbb, 0xbf, 0x61]);
  equal(new TextDecoder().decode(bytes), "a");
  equal(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes), "\ufeffa");
});

check("TextDecoder knows utf-16le and windows-1252 and their labels", () => {
  equal(new TextDecoder("utf-16le").decode(new Uint8Array([0x61, 0, 0x16, 0x4e])), "a世");
  equal(new TextDecoder("latin1").encoding, "windows-1252");
  equal(new TextDecoder("UTF8").encoding, "utf-8");
  throws(() => new TextDecoder("nonsense"), RangeError);
});

check("atob and btoa", () => {
  equal(btoa("Hello\xff"), "SGVsbG//");
  equal(atob("SGVsbG//"), "Hello\xff");
  equal(atob(" SGVs bG8= "), "Hello");
  equal(atob("SGVsbG8"), "Hello");
  throws(() => btoa("世"), { name: "InvalidCharacterError" });
  throws(() => atob("a"), { name: "InvalidCharacterError" });
  throws(() => atob("***"), { name: "InvalidCharacterError" });
});

check("TextEncoderStream and TextDecoderStream", async () => {
  const text = new ReadableStream({
    start(controller) {
      controller.enqueue("aé");
      controller.enqueue("世");
      controller.close();
    },
  });
  let back = "";
  for await (const part of text.pipeThrough(new TextEncoderStream()).pipeThrough(new TextDecoderStream())) back += part;
  equal(back, "aé世");
});
