// SPDX-License-Identifier: Apache-2.0
//
// Fetches from the server that the x-upstream header names, in the way that the path names: /text?/there fetches
// /there.

const encoder = new TextEncoder();
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const textOf = async (response) => (await response).text();

const routes = {
  "/pass": (target, request) => fetch(new Request(target, request)),
  "/text": async (target) => new Response(await textOf(fetch(target))),
  "/refused": async () => new Response(await textOf(fetch("http://127.0.0.1:1/"))),
  "/unknown": async () => new Response(await textOf(fetch("http://name.invalid/"))),
  "/scheme": async () => new Response(await textOf(fetch("ftp://127.0.0.1/"))),
  "/redirect-error": async (target) => new Response(await textOf(fetch(target, { redirect: "error" }))),
  async "/status"(target) {
    const { status, statusText, headers } = await fetch(target, { redirect: "manual" });
    return Response.json([status, statusText, headers.get("location")]);
  },
  async "/redirected"(target) {
    const response = await fetch(target);
    return Response.json([response.status, response.redirected, new URL(response.url).pathname, await response.text()]);
  },
  async "/post"(target) {
    return new Response(await textOf(fetch(target, { method: "POST", body: "posted", headers: { "x-a": "1" } })));
  },
  async "/abort"(target) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    return new Response(`not aborted: ${await textOf(fetch(target, { signal: controller.signal }))}`);
  },
  async "/many"(target) {
    return Response.json(await Promise.all(Array.from({ length: 30 }, (_, n) => textOf(fetch(target + n)))));
  },
  async "/stream-up"(target) {
    const { readable, writable } = new TransformStream();
    const sent = (async () => {
      const writer = writable.getWriter();
      for (const part of ["a", "b", "c"]) {
        await writer.write(encoder.encode(part));
        await pause(10);
      }
      await writer.close();
    })();
    const text = await textOf(fetch(target, { method: "POST", body: readable }));
    await sent;
    return new Response(text);
  },
};

export default {
  async fetch(request) {
    const url = new URL(request.url);
    try {
      return await routes[url.pathname](request.headers.get("x-upstream") + url.search.slice(1), request);
    } catch (error) {
      return new Response(`${error.name}: ${error.message}`, { status: 599 });
    }
  },
};
