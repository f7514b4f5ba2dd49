// SPDX-License-Identifier: Apache-2.0

import { check, equal, rejects, throws } from "../../check.js";
import { code, evaluate, method } from "./code.js";

const denied =
  "This worker is not permitted to access the internet via global functions like fetch(). It must use capabilities (such as bindings " +
  "in 'env') to talk to the outside world.";
const fetchText = "return (await fetch('http://site.example/a?b=1', { method: 'POST', body: 'x' })).text()";

check("the configured globalOutbound takes this worker's own fetch", async () => {
  equal(await (await fetch("http://site.example/")).text(), "internet: GET http://site.example/");
});

check("the configured globalOutbound lasts", async () => {
  for (let n = 0; n < 150; n++)
    equal(await (await fetch(`http://site.example/${n}`)).text(), `internet: GET http://site.example/${n}`);
});

check("globalOutbound omitted: the parent's network", async ({ env }) => {
  equal(await evaluate(env, fetchText), "internet: POST http://site.example/a?b=1");
});

check("globalOutbound undefined: the parent's network", async ({ env }) => {
  equal(await evaluate(env, fetchText, { globalOutbound: undefined }), "internet: POST http://site.example/a?b=1");
});

check("globalOutbound null: fetch is refused", async ({ env }) => {
  await rejects(evaluate(env, fetchText, { globalOutbound: null }), denied);
});

check("globalOutbound null: fetch rejects and does not throw", async ({ env }) => {
  equal(
    await evaluate(env, "return fetch('http://x/').catch((error) => error.message)", { globalOutbound: null }),
    denied,
  );
});

check("globalOutbound: an entrypoint of the parent with props", async ({ env, ctx }) => {
  const globalOutbound = ctx.exports.Tool({ props: { owner: "ada" } });
  equal(await evaluate(env, fetchText, { globalOutbound }), "tool of ada: POST http://site.example/a?b=1");
});

check("globalOutbound: an entrypoint of the parent, not called with props", async ({ env, ctx }) => {
  equal(
    await evaluate(env, fetchText, { globalOutbound: ctx.exports.Tool }),
    "tool of undefined: POST http://site.example/a?b=1",
  );
});

check("globalOutbound: a plain object with fetch that the parent exports", async ({ env, ctx }) => {
  equal(
    await evaluate(env, fetchText, { globalOutbound: ctx.exports.plainOutbound }),
    "plain: http://site.example/a?b=1",
  );
});

check("globalOutbound: a service binding", async ({ env }) => {
  equal(
    await evaluate(env, "return (await fetch('http://x/?id=outbound')).text()", { globalOutbound: env.NEIGHBOUR }),
    "neighbour 1",
  );
});

check("globalOutbound: a dynamic worker's entrypoint is refused", ({ env }) => {
  const entrypoint = env.LOADER.load(code(`export default { fetch: () => new Response("x") }`)).getEntrypoint();
  throws(() => env.LOADER.load(code(method(""), { globalOutbound: entrypoint })), {
    name: "DataCloneError",
    message: /cannot be transferred/,
  });
});

check("globalOutbound: anything else is a TypeError", ({ env }) => {
  for (const globalOutbound of ["x", 1, true, {}, () => {}]) {
    throws(() => env.LOADER.load(code(method(""), { globalOutbound })), TypeError);
  }
});

check("an outbound's error is the rejection of fetch", async ({ env, ctx }) => {
  await rejects(
    evaluate(env, "return (await fetch('not a url')).text()", { globalOutbound: ctx.exports.Tool }),
    TypeError,
  );
});
