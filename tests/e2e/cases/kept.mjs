// SPDX-License-Identifier: Apache-2.0
//
// What get() keeps works for requests that come later.

const answer = (calls) => ({ json: { calls, tool: "tool 1", text: "outside.example through tool 1" } });

export const kept = {
  name: "kept workers",
  targets: ["tests/e2e/workers/kept"],
  cases: [
    { name: "the first request loads", request: "/", expect: answer(1) },
    { name: "the second finds it, with its env and outbound", request: "/", expect: answer(2) },
    { name: "an error of a call ends the call alone", request: "/fail", expect: { text: "this call alone" } },
    { name: "and the worker is as it was", request: "/", expect: answer(3) },
    { name: "a call that nobody awaits does no harm", request: "/abandon", expect: { text: "abandoned" } },
    { name: "nor does it end the worker", request: "/", expect: answer(4) },
    { name: "its env and outbound last", request: "/", times: 150, expect: { status: 200, text: /through tool 1/ } },
    { name: "a POST reaches it", request: { method: "POST", path: "/", body: "x" }, expect: answer(155) },
  ],
};
