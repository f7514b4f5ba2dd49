// SPDX-License-Identifier: Apache-2.0
import { inFetch } from "../program.mjs";

export const title = "caches that take all memory, or fight back";

export const programs = {
  "responses without end stay within the cache's bound": {
    code: inFetch(`const body = new Uint8Array(4 << 20);
      for (let n = 0; n < 60; n++) await caches.default.put("https://x/" + n, new Response(body));
      let kept = 0;
      for (let n = 0; n < 60; n++) if (await caches.default.match("https://x/" + n)) kept++;
      return new Response(kept > 0 && kept <= 16 ? "bounded" : String(kept))`),
    cpuMs: 20_000,
    ends: { text: "bounded" },
  },
  "keys and names of any size and form": {
    code: inFetch(`const why = []; const attempt = async (work) => {
        try { await work(); why.push("done"); } catch (error) { why.push(error.name); } };
      await attempt(() => caches.default.put("https://x/" + "a".repeat(20 << 20), new Response("x")));
      await attempt(() => caches.open("n".repeat(2000)));
      await attempt(async () => (await caches.open("\\n\\0\\ud800")).put("https://x/", new Response("x")));
      await attempt(() => caches.default.put({ toString() { throw new RangeError(); } }, new Response("x")));
      await attempt(() => caches.default.put("https://x/", new Response(new ReadableStream({ pull(c) { c.error(new SyntaxError()); } }))));
      await attempt(() => Cache.prototype.put.call({}, "https://x/", new Response("x")));
      await attempt(() => caches.default.match(new Request("https://x/", { headers: { range: "bytes=99999999999999999999-" } })));
      return new Response(why.join(" "))`),
    cpuMs: 5_000,
    ends: { text: "Error TypeError done RangeError SyntaxError TypeError done" },
  },
};
