// SPDX-License-Identifier: Apache-2.0
//
// Servers of node:http, which get their requests by cloudflare:node.

import { handleAsNodeRequest, httpServerHandler } from "cloudflare:node";
import http from "node:http";
import { check, equal, ok, pause, rejects, same, throws } from "../../check.js";

let port = 4000;
/** What a server with this listener answers. */
async function ask(listener, path = "/", init = undefined) {
  const server = http.createServer(listener).listen(++port);
  try {
    return await handleAsNodeRequest(port, new Request(`http://host.test${path}`, init));
  } finally {
    server.close();
  }
}

check("a listener gets method, address, headers and body", async () => {
  const response = await ask(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    response.setHeader("Content-Type", "application/json").end(JSON.stringify([request.method, request.url, request.headers.host, request.headers["x-a"], body]));
  }, "/path?q=1", { method: "POST", body: "text", headers: { "x-a": "1", host: "host.test" } });
  same([response.status, response.headers.get("content-type"), await response.json()], [200, "application/json", ["POST", "/path?q=1", "host.test", "1", "text"]]);
});

check("writeHead(), set-cookie, and a body in parts", async () => {
  const response = await ask(async (_request, response) => {
    response.writeHead(201, { "X-One": "1", "Set-Cookie": ["a=1", "b=2"] });
    ok(response.headersSent);
    response.write("one ");
    await pause(5);
    response.write(Buffer.from("two "));
    response.end("three");
  });
  same([response.status, response.headers.get("x-one"), response.headers.getSetCookie(), await response.text()], [201, "1", ["a=1", "b=2"], "one two three"]);
});

check("what is streamed arrives before the end", async () => {
  let finish;
  const response = await ask((_request, response) => {
    response.write("first");
    finish = () => response.end();
  });
  const reader = response.body.getReader();
  equal(new TextDecoder().decode((await reader.read()).value), "first");
  finish();
  equal((await reader.read()).done, true);
});

check("204 and HEAD have no body", async () => {
  const empty = await ask((_request, response) => void response.writeHead(204).end());
  same([empty.status, empty.body], [204, null]);
  const head = await ask((_request, response) => response.end("body"), "/", { method: "HEAD" });
  equal(await head.text(), "");
});

check("programs can listen to the socket of a message", { differs: "workerd's has no events" }, async () => {
  const response = await ask((request, response) => {
    const { socket } = request;
    ok(socket === request.connection && response.socket === socket && socket.on("close", () => {}) === socket);
    response.end(String(socket.destroyed));
  });
  equal(await response.text(), "false");
});

check("headers cannot be set once they are sent", async () => {
  let error;
  await ask((_request, response) => {
    response.end("x");
    error = throws(() => response.setHeader("a", "1"));
  });
  equal(error.code, "ERR_HTTP_HEADERS_SENT");
});

check("events of a response", async () => {
  const events = [];
  const response = await ask((_request, response) => {
    for (const name of ["finish", "close"]) response.on(name, () => events.push(name));
    response.end("x");
  });
  await response.text();
  await pause(5);
  same(events, ["finish", "close"]);
});

check("httpServerHandler() is a fetch() handler", async () => {
  const server = http.createServer((request, response) => response.end(request.url)).listen(8123);
  for (const of of [8123, { port: 8123 }, server]) equal(await (await httpServerHandler(of).fetch(new Request("http://x/abc"))).text(), "/abc");
  equal(server.address().port, 8123);
  server.close();
});

check("a server's life: listening, address, close", async () => {
  const server = http.createServer();
  equal(server.listening, false);
  await new Promise((done) => server.listen(8124, "127.0.0.1", done));
  same([server.listening, server.address().port], [true, 8124]);
  equal(throws(() => server.listen(8125)).code, "ERR_SERVER_ALREADY_LISTEN");
  await new Promise((done) => server.close(done));
  equal(server.listening, false);
  await rejects(async () => handleAsNodeRequest(8124, new Request("http://x/")), Error);
});

check("two servers cannot have the same port", { differs: "workerd throws another error" }, async () => {
  const first = http.createServer().listen(8126);
  const error = await new Promise((done) => http.createServer().on("error", done).listen(8126));
  equal(error.code, "EADDRINUSE");
  first.close();
});

check("a listener that throws fails the request", async () => {
  await rejects(async () => ask(() => { throw new RangeError("in the listener"); }), { message: "in the listener" });
});

check("a response that is destroyed is an error", async () => {
  await rejects(async () => ask((_request, response) => response.destroy(new Error("gone"))), "gone");
});

check("wrong arguments are refused", () => {
  throws(() => http.createServer({}, 5), TypeError);
  throws(() => http.createServer().listen(99999), Error);
  throws(() => new http.ServerResponse({}).writeHead(5), RangeError);
});
