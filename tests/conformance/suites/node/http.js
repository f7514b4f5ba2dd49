// SPDX-License-Identifier: Apache-2.0
//
// The clients of node:http and node:https, over fetch.

import http from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";
import { check, equal, ok, same, throws } from "../../check.js";

const answer = (request) => new Promise((done, fail) => request.on("response", done).on("error", fail));
const body = async (request) => JSON.parse(await text(await answer(request)));

check("get() brings a response with headers and a body", async () => {
  const response = await answer(http.get("http://echo.test/path?q=1", { headers: { "X-One": "1" } }));
  same([response.statusCode, response.headers["content-type"]], [200, "application/json"]);
  const echoed = JSON.parse(await text(response));
  same([echoed.method, echoed.path, echoed.headers["x-one"]], ["GET", "/path?q=1", "1"]);
});

check("set-cookie is a list", { differs: "workerd joins them" }, async () => {
  const response = await answer(http.get("http://echo.test/"));
  response.resume();
  same(response.headers["set-cookie"], ["a=1", "b=2"]);
});

check("request() takes options, parts of a body and a callback", async () => {
  const echoed = await new Promise((done, fail) => {
    const request = http.request({ host: "echo.test", path: "/p", method: "POST", headers: { "content-type": "text/plain" } }, async (response) => done(JSON.parse(await text(response))));
    request.on("error", fail);
    request.write("one ");
    request.end("two");
  });
  same([echoed.method, echoed.path, echoed.body, echoed.headers["content-type"]], ["POST", "/p", "one two", "text/plain"]);
});

check("https and URLs", async () => {
  same((await body(https.get(new URL("https://echo.test/secure")))).path, "/secure");
  equal(throws(() => https.get("http://echo.test/"), Error).code, "ERR_INVALID_PROTOCOL");
});

check("a redirect is not followed", async () => {
  const response = await answer(http.get("http://echo.test/redirect"));
  equal(response.statusCode, 302);
  response.resume();
});

check("headers of a request can be set, read and removed", () => {
  const request = http.request("http://echo.test/");
  request.on("error", () => {});
  request.setHeader("X-A", "1");
  request.setHeader("x-b", ["2", "3"]);
  same([request.getHeader("x-a"), request.hasHeader("X-B"), request.getHeaderNames().includes("x-b")], ["1", true, true]);
  request.removeHeader("x-a");
  equal(request.getHeader("x-a"), undefined);
  throws(() => request.setHeader("bad name", "x"), TypeError);
  throws(() => request.setHeader("x", "a\nb"), TypeError);
  request.destroy();
});

check("a request that is destroyed fails", async () => {
  const request = http.request("http://echo.test/");
  const failed = new Promise((done) => request.on("error", done));
  request.destroy(new Error("gone"));
  equal((await failed).message, "gone");
});

check("names and agents", () => {
  ok(http.METHODS.includes("PATCH") && http.STATUS_CODES[404] === "Not Found" && http.globalAgent instanceof http.Agent);
  throws(() => http.validateHeaderName("a b"), TypeError);
  throws(() => http.validateHeaderValue("a", undefined), TypeError);
});
