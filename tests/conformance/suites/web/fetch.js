// SPDX-License-Identifier: Apache-2.0

import { check, equal, ok, rejects, same } from "../../check.js";

check("fetch sends method, path, headers and body", async () => {
  const response = await fetch("http://site.example/a?b=1", { method: "POST", body: "text", headers: { "X-A": "1" } });
  const seen = await response.json();
  same([seen.method, seen.path, seen.headers["x-a"], seen.body], ["POST", "/a?b=1", "1", "text"]);
});

check("fetch takes a Request, a URL and a Request with init", async () => {
  equal((await (await fetch(new Request("http://x/r"))).json()).path, "/r");
  equal((await (await fetch(new URL("http://x/u"))).json()).path, "/u");
  equal((await (await fetch(new Request("http://x/r"), { method: "PUT", body: "" })).json()).method, "PUT");
});

check("fetch sets the content type of a body", async () => {
  const seen = await (await fetch("http://x/", { method: "POST", body: new URLSearchParams("a=1") })).json();
  equal(seen.headers["content-type"], "application/x-www-form-urlencoded;charset=UTF-8");
});

check("fetch sends a stream", async () => {
  const { readable, writable } = new TransformStream();
  const writer = writable.getWriter();
  (async () => {
    for (const part of ["a", "b", "c"]) await writer.write(new TextEncoder().encode(part));
    await writer.close();
  })();
  equal((await (await fetch("http://x/", { method: "POST", body: readable })).json()).body, "abc");
});

check("fetch keeps cookies of the response apart", async () => {
  const response = await fetch("http://x/");
  await response.text();
  same(response.headers.getSetCookie(), ["a=1", "b=2"]);
});

check("fetch refuses a broken URL", async () => {
  await rejects(fetch("nonsense"), TypeError);
});

check("fetch with an aborted signal rejects with AbortError", async () => {
  await rejects(fetch("http://x/", { signal: AbortSignal.abort() }), { name: "AbortError" });
});

check("fetch is ended by its signal", async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 20);
  const started = Date.now();
  await rejects(fetch("http://x/slow", { signal: controller.signal }), { name: "AbortError" });
  ok(Date.now() - started < 1500, "an end before the answer");
});

check("fetch is ended by AbortSignal.timeout", async () => {
  await rejects(fetch("http://x/slow", { signal: AbortSignal.timeout(20) }), { name: "TimeoutError" });
});

check("a redirect through a service is handed to the caller with manual", async ({ env }) => {
  const response = await env.ECHO.fetch("http://x/redirect", { redirect: "manual" });
  same([response.status, response.headers.get("location")], [302, "http://x/landed"]);
});

check("fetch has the response's url", async () => {
  const response = await fetch("http://x/where");
  await response.text();
  equal(response.url, "http://x/where");
});
