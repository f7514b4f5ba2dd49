// SPDX-License-Identifier: Apache-2.0
//
// A worker with one route per behaviour of the HTTP side. The cases are in ../../cases/serving.mjs.

import { WorkerEntrypoint } from "cloudflare:workers";

const encoder = new TextEncoder();
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
let background = [];
let cancelled = 0;

export class Klass extends WorkerEntrypoint {
  async fetch(request) {
    return new Response(`class ${this.env.GREETING} ${new URL(request.url).pathname}`);
  }
}

export const object = {
  fetch: (request, env) => new Response(`object ${env.GREETING}`),
};

const routes = {
  "/text": () => new Response("plain text"),
  "/method": (request) => new Response(request.method),
  "/url": (request) => new Response(request.url),
  "/headers": (request) => Response.json(Object.fromEntries(request.headers)),
  "/echo": (request) =>
    new Response(request.body, { headers: { "content-type": request.headers.get("content-type") ?? "none" } }),
  "/length": async (request) => new Response(String((await request.arrayBuffer()).byteLength)),
  "/hasbody": (request) => new Response(String(request.body !== null)),
  "/json": () => Response.json({ a: 1 }),
  "/form": async (request) => Response.json(Object.fromEntries(await request.formData())),
  "/bytes": () => new Response(new Uint8Array([0, 1, 254, 255])),
  "/status": (request) => new Response(null, { status: Number(new URL(request.url).searchParams.get("code")) }),
  "/reason": () => new Response("x", { status: 299, statusText: "Quite Fine" }),
  "/cookies": () =>
    new Response("x", {
      headers: [
        ["set-cookie", "a=1"],
        ["set-cookie", "b=2"],
        ["x-a", "1"],
        ["x-a", "2"],
      ],
    }),
  "/empty": () => new Response(),
  "/redirect": () => Response.redirect("http://elsewhere.example/there", 302),
  "/vars": (request, env) => Response.json([env.GREETING, env.LIMITS]),
  "/fixed": () => new Response("12345", { headers: { "content-length": "5" } }),
  "/large": () => new Response("x".repeat(5 << 20)),
  "/klass": (request, env) => env.KLASS.fetch(request),
  "/object": (request, env) => env.OBJECT.fetch(request),

  "/stream": () => {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    (async () => {
      for (const part of ["one ", "two ", "three"]) {
        await writer.write(encoder.encode(part));
        await pause(15);
      }
      await writer.close();
    })();
    return new Response(readable);
  },
  "/duplex": (request) => {
    const upper = new TransformStream({
      transform: (chunk, controller) =>
        controller.enqueue(encoder.encode(new TextDecoder().decode(chunk).toUpperCase())),
    });
    return new Response(request.body.pipeThrough(upper));
  },
  "/stream-error": () => {
    let sent = false;
    return new Response(
      new ReadableStream({
        async pull(controller) {
          if (sent) await pause(30);
          if (sent) return controller.error(new Error("stream broke"));
          sent = true;
          controller.enqueue(encoder.encode("begin"));
        },
      }),
    );
  },
  "/endless": () =>
    new Response(
      new ReadableStream({
        async pull(controller) {
          await pause(1);
          controller.enqueue(new Uint8Array(1024));
        },
        cancel: () => void cancelled++,
      }),
    ),
  "/cancelled": () => new Response(String(cancelled)),
  "/ignore-body": () => new Response("did not read"),

  "/throw": () => {
    throw new TypeError("thrown on purpose");
  },
  "/reject": async () => {
    await null;
    throw new Error("rejected on purpose");
  },
  "/throw-text": () => {
    throw "only text";
  },
  "/no-response": () => undefined,
  "/wrong-response": () => "text",
  "/pass-through": (request, env, ctx) => {
    ctx.passThroughOnException();
    throw new Error("after passThroughOnException");
  },
  "/background": (request, env, ctx) => {
    ctx.waitUntil(pause(30).then(() => background.push("waited")));
    return new Response("answered");
  },
  "/background-error": (request, env, ctx) => {
    ctx.waitUntil(Promise.reject(new Error("in waitUntil, on purpose")));
    return new Response("answered");
  },
  "/background-done": async () => {
    for (let i = 0; i < 50 && !background.length; i++) await pause(10);
    const was = background;
    background = [];
    return Response.json(was);
  },
  "/slow": async (request) => {
    await pause(Number(new URL(request.url).searchParams.get("ms") ?? 100));
    return new Response("slow");
  },
  "/aborted": (request) => Response.json([request.signal instanceof AbortSignal, request.signal.aborted]),
  "/cf": (request) => new Response(typeof request.cf),
  "/pid-of-isolate": () => new Response(String((globalThis.instance ??= Math.random()))),
};

export default {
  fetch(request, env, ctx) {
    const route = routes[new URL(request.url).pathname];
    return route ? route(request, env, ctx) : new Response("no such route", { status: 404 });
  },
};
