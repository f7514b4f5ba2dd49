// SPDX-License-Identifier: Apache-2.0
//
// Who may reach what: the network policies of workers, their loaders and their code, and secrets, against a server on
// loopback, which is a place that must be allowed by name.

import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { runMayfly, startMayfly, temporaryProject } from "./harness.mjs";

const source = `
export default {
  async fetch(request, env, ctx) {
    const told = async (answer) => Response.json(await answer.then((text) => ({ text }), ({ name, message }) => ({ name, message })));
    const { url, init, code, from } = await request.json();
    if (code?.secrets?.INNER) code.secrets.INNER.value = env.OWN;
    if (from === "host") return told(fetch(url, init).then((response) => response.text()));
    return told((async () => {
      const outbound = from === "gateway" ? { globalOutbound: ctx.exports.gateway } : {};
      const worker = env.LOADER.load({
        compatibilityDate: "2026-11-01",
        mainModule: "main.js",
        modules: { "main.js": \`export default {
          async run({ url, init }, env) {
            if (init?.headers) for (const key in init.headers) init.headers[key] = init.headers[key].replace(/\\\\$(\\\\w+)/g, (_, name) => env[name]);
            if (url.startsWith("$")) return env[url.slice(1)];
            return (await fetch(url.replace(/\\\\$(\\\\w+)/g, (_, name) => env[name]), init)).text();
          },
        };\` },
        ...outbound,
        ...code,
      });
      return worker.getEntrypoint().run({ url, init });
    })());
  },
};
export const gateway = { fetch: (request) => fetch(request) };
`;

const bomb = gzipSync(Buffer.alloc(400 << 20));
let upstream;
let base;
const seen = [];

before(async () => {
  upstream = http.createServer((request, response) => {
    seen.push(request);
    const to = new URL(request.url, "http://x").searchParams.get("to");
    if (request.url === "/bomb") return response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
    if (to !== null) return response.writeHead(Number(request.url.slice(1, 4)), { location: to }).end();
    response.end(`reached by ${request.headers.host} ${request.headers.authorization ?? ""}`.trim());
  });
  await new Promise((done) => upstream.listen(0, "127.0.0.1", done));
  base = `http://127.0.0.1:${upstream.address().port}`;
});
after(() => upstream.close());

async function serve(mayfly, command, check, args = [], env = {}) {
  const project = temporaryProject({
    "wrangler.jsonc": { name: "host", main: "index.js", compatibility_date: "2026-11-01", worker_loaders: [{ binding: "LOADER" }], mayfly },
    "index.js": source,
  });
  const server = await startMayfly(project, { command, args: ["--shards", "1", ...args], env });
  const ask = async (from, url, { code, init } = {}) =>
    (await server.request({ method: "POST", body: JSON.stringify({ from, url, code, init }) })).json();
  const denied = async (from, url, reason, options) => {
    const before = seen.length;
    const { name, message, text } = await ask(from, url, options);
    assert.equal(name, "EgressDenied", `${url}: ${message ?? text}`);
    if (reason) assert.match(message, reason);
    assert.equal(seen.length, before, "nothing arrived");
  };
  const reached = async (from, url, options) => {
    const { text, message } = await ask(from, url, options);
    assert.match(text ?? message, /^reached by/, url);
    return text;
  };
  try {
    await check({ ask, denied, reached, server });
  } finally {
    await server.stop();
  }
  return server;
}

test("serve: what is local is closed unless it is allowed", () =>
  serve(undefined, "serve", async ({ denied }) => {
    const why = /^fetch to http:\/\/127\.0\.0\.1:\d+ was refused: 127\.0\.0\.1 is a loopback address, which "mayfly\.network" of worker "host" does not allow \(rule: a loopback address\)$/;
    await denied("host", base, why);
    await denied("code", base, why);
    await denied("gateway", base, why);
    await denied("host", base.replace("127.0.0.1", "localhost"), /localhost leads to a loopback address/);
    await denied("host", "http://10.1.2.3/", /private address/);
    await denied("host", "http://169.254.169.254/latest/meta-data/", /cloud metadata address/);
  }));

test("dev: the operator's own workers reach this machine, and dynamic workers do not", () =>
  serve(undefined, "dev", async ({ denied, reached }) => {
    await reached("host", base);
    await reached("host", base.replace("127.0.0.1", "localhost"));
    await denied("host", "http://10.1.2.3/");
    await denied("code", base, /which the default for dynamic workers \("mayfly.loader.network" of worker "host" can say otherwise\) does not allow/);
    await denied("code", base, undefined, { code: { network: { default: "allow", allow: ["loopback"] } } });
    await reached("gateway", base);
  }));

test("a worker's policy bounds its loader's, and that bounds the code's", async () => {
  const { port } = new URL(base);
  const hosts = {
    "api.test": ["127.0.0.1"],
    "other.test": ["127.0.0.1"],
    "mixed.test": ["127.0.0.1", "10.0.0.1"],
    "several.test": ["127.0.0.9", "127.0.0.1"],
  };
  const mayfly = {
    network: { default: "deny", allow: [`127.0.0.1:${port}`] },
    loader: { network: { default: "deny", allow: [`127.0.0.1:${port}`, `*.test:${port} at loopback`, "loopback"], deny: ["other.test"] } },
    hosts,
  };
  const server = await serve(mayfly, "serve", async ({ ask, denied, reached, server }) => {
    await reached("host", base);
    await denied("host", base.replace("127.0.0.1", "127.0.0.2"), /not among what|loopback/);
    await denied("host", "https://example.com/", /not among what "mayfly\.network" of worker "host" allows/);
    await reached("code", base);
    const at = (name, path = "/") => `http://${name}:${port}${path}`;
    assert.equal(await reached("code", at("api.test")), `reached by api.test:${port}`);
    assert.equal(await reached("code", at("several.test")), `reached by several.test:${port}`);
    await denied("code", at("other.test"), /denied by "other\.test" in "mayfly\.loader\.network" of worker "host"/);
    await denied("code", at("mixed.test"), /private address/);
    await denied("code", "https://example.com/", /not among what/);

    // The code may have less than its loader, and never more.
    const only = (...allow) => ({ code: { network: { default: "deny", allow } } });
    await reached("code", at("api.test"), only("api.test at loopback"));
    await denied("code", at("api.test"), /"network" of the worker's code does not allow/, only("api.test"));
    await denied("code", base, /"network" of the worker's code/, only("api.test at loopback"));
    await denied("code", at("other.test"), /mayfly\.loader\.network/, only("*", "loopback", "private"));
    await denied("code", "http://10.0.0.1/", /mayfly\.loader\.network/, only("*", "loopback", "private", "10.0.0.0/8"));
    await denied("code", base, /denied by "127\.0\.0\.0\/8"/, { code: { network: { allow: ["loopback"], deny: ["127.0.0.0/8"] } } });

    // Each step of a redirect is judged anew.
    for (const status of [301, 302, 303, 307, 308]) {
      await reached("code", at("api.test", `/${status}?to=${encodeURIComponent(base)}`));
      for (const to of [at("other.test"), "http://127.0.0.2:2/", "http://169.254.169.254/", "http://[::ffff:a9fe:a9fe]/", `http://x@other.test:${port}/`]) {
        const { name, message } = await ask("code", at("api.test", `/${status}?to=${encodeURIComponent(to)}`));
        assert.ok(name === "EgressDenied" || (to.includes("@") && name === "TypeError") || to.includes("127.0.0.2"), `${to}: ${name}: ${message}`);
        if (to.includes("127.0.0.2")) assert.match(message, /Failed to connect/);
      }
      for (const to of ["file:///etc/passwd", "gopher://127.0.0.1/", "data:text/plain,x", "javascript:1", "unix:/x"]) {
        assert.match((await ask("code", at("api.test", `/${status}?to=${encodeURIComponent(to)}`))).message, /is not an http or https URL/);
      }
    }
    assert.ok(!seen.some(({ headers }) => headers.host.startsWith("other.test")), "other.test was never reached");

    // This server's own port, although loopback is open to the code.
    for (const name of ["127.0.0.1", "localhost", "[::1]", "api.test"]) {
      await denied("code", `http://${name}:${server.port}/`, /this server's own|not among what/);
    }
  });
  assert.match(server.program.stderr, /host:dynamic-\d+: egress denied: GET http:\/\/other\.test:\d+: it is denied by "other\.test" .*\(rule: other\.test\)/);
  assert.match(server.program.stderr, /egress: \d+ requests allowed, \d+ denied/);
  assert.doesNotMatch(server.program.stderr, /egress allowed/);
});

test("--verbose also logs what was allowed, with its rule", async () => {
  const server = await serve({ network: { allow: ["loopback"] } }, "serve", ({ reached }) => reached("host", `${base}/secret-path`), ["--verbose"]);
  assert.match(server.program.stderr, /host: egress allowed: GET http:\/\/127\.0\.0\.1:\d+ \(rule: loopback\)/);
  assert.doesNotMatch(server.program.stderr, /secret-path/);
});

test("secrets reach their hosts and nobody else", async () => {
  const { port } = new URL(base);
  const hosts = { "api.test": ["127.0.0.1"], "evil.test": ["127.0.0.1"] };
  const api = `http://api.test:${port}`;
  const evil = `http://evil.test:${port}`;
  const mayfly = {
    network: { allow: ["loopback"] },
    loader: { network: { allow: ["loopback"] } },
    hosts,
    secrets: { OWN: { fromEnv: "OWN_SECRET", hosts: [api] } },
  };
  const bearer = (name) => ({ headers: { authorization: `Bearer $${name}` } });
  const server = await serve(
    mayfly,
    "serve",
    async ({ ask, denied }) => {
      const code = { secrets: { KEY: { value: "sk-live-1", hosts: [api] } } };
      const options = { code, init: bearer("KEY") };
      assert.match((await ask("code", "$KEY", { code })).text, /^mayfly-secret-[0-9a-f]{40}$/);
      assert.notEqual((await ask("code", "$KEY", { code })).text, (await ask("code", "$KEY", { code })).text);
      assert.equal((await ask("code", api, options)).text, `reached by api.test:${port} Bearer sk-live-1`);
      await denied("code", evil, /the secret "KEY" may go to http:\/\/api\.test:\d+ only \(rule: secret\)/, options);
      await denied("code", `${api}/?key=$KEY`, /secrets are put into headers only/, { code });
      // A redirect elsewhere: the header goes, as it does without Mayfly. Were it kept, it would be refused.
      assert.equal((await ask("code", `${api}/302?to=${encodeURIComponent(evil)}`, options)).text, `reached by evil.test:${port}`);
      await denied("code", evil, /the secret "KEY"/, { code, init: { headers: { "x-key": "$KEY" } } });
      // Handed on by the loader: where both allow.
      const handOn = { secrets: { INNER: { hosts: [api, evil] } } };
      assert.equal((await ask("code", api, { code: handOn, init: bearer("INNER") })).text, `reached by api.test:${port} Bearer sk-own`);
      await denied("code", evil, /the secret "OWN" may go to/, { code: handOn, init: bearer("INNER") });
    },
    ["--verbose"],
    { OWN_SECRET: "sk-own" },
  );
  assert.doesNotMatch(server.program.stderr, /sk-live-1|sk-own/);
});

test("a compressed body costs whoever asked for it", () =>
  serve({ loader: { network: { allow: ["loopback"] } } }, "serve", async ({ ask, reached, server }) => {
    await reached("code", base);
    const residentMb = () => Number(readFileSync(`/proc/${server.pid}/status`, "utf8").match(/^VmRSS:\s+(\d+)/m)[1]) / 1024;
    const before = residentMb();
    const { name, text } = await ask("code", `${base}/bomb`);
    assert.equal(text, undefined, "400 MB do not fit into a worker");
    assert.match(name, /^(MemoryLimitExceeded|RangeError|CpuLimitExceeded)$/);
    assert.ok(residentMb() - before < 30, `the supervisor grew by ${residentMb() - before} MB`);
    await reached("code", base);
  }));

test("what is wrong with a policy is told where it stands", async () => {
  await serve(undefined, "serve", async ({ ask }) => {
    const wrong = async (code, message) => {
      const answer = await ask("code", "https://example.com/", { code });
      assert.equal(answer.name, "TypeError", answer.message);
      assert.match(answer.message, message);
    };
    await wrong({ network: { allow: ["10.0.0.0/33"] } }, /^network\.allow\[0\]: "10\.0\.0\.0\/33" is not a range of addresses.*right would be/);
    await wrong({ network: { alow: [] } }, /Unknown field 'alow' in network. Did you mean 'allow'\?/);
    await wrong({ network: { default: "open" } }, /network\.default must be "allow" or "deny"\. Got: open/);
    await wrong({ network: { allow: "x" } }, /Incorrect type for the 'allow' field/);
    await wrong({ network: [] }, /Incorrect type for the 'network' field/);
    await wrong({ secrets: { K: { value: "a\nb", hosts: ["a.b"] } } }, /^secrets\.K has a value with control characters/);
    await wrong({ secrets: { K: { value: "sk", hosts: [] } } }, /^secrets\.K needs "hosts"/);
    await wrong({ secrets: { K: { value: "sk", hosts: ["*"] } } }, /"\*" would send it to everybody/);
    await wrong({ secrets: { K: { value: "sk", hosts: ["a.b"] } }, env: { K: 1 } }, /The secret 'K' is in 'env' too/);
    const gateway = await ask("gateway", base, { code: { network: { default: "deny" } } });
    assert.match(gateway.message, /'network' and 'secrets' of Dynamic Worker code are for a worker that is on the network itself/);
  });
  const project = temporaryProject({
    "wrangler.jsonc": `{ "name": "host", "main": "index.js", "compatibility_date": "2026-11-01", "mayfly": {
      "network": { "default": "closed", "allow": ["https://a.b", "ftp://a.b"] },
      "hosts": { "a.test": ["nowhere"] },
      "secrets": { "KEY": { "fromEnv": "MAYFLY_TEST_NO_SUCH_VARIABLE", "hosts": ["a.b"] } } } }`,
    "index.js": "export default {}",
  });
  const { code, stderr } = await runMayfly(["serve", project]);
  assert.equal(code, 2);
  assert.match(stderr, /wrangler\.jsonc:2:31: "mayfly\.network\.default" must be allow or deny, but is "closed"/);
  assert.match(stderr, /wrangler\.jsonc:2:66: "mayfly\.network\.allow\[1\]": "ftp:\/\/a\.b" is of a scheme other than http and https/);
  assert.match(stderr, /wrangler\.jsonc:3:\d+: "mayfly\.hosts\.a\.test": "nowhere" is not an IP address/);
  assert.match(stderr, /wrangler\.jsonc:4:\d+: "mayfly\.secrets\.KEY": there is no environment variable MAYFLY_TEST_NO_SUCH_VARIABLE/);
});
