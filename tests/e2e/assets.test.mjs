// SPDX-License-Identifier: Apache-2.0
//
// Static files: which file a path means, what the client is told about it, what goes to the worker, and what is never
// served.
import assert from "node:assert/strict";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { runMayfly, sleep, startMayfly, temporaryProject } from "./harness.mjs";

const date = "2026-11-01";
const site = {
  "public/index.html": "<p>home",
  "public/about.html": "<p>about",
  "public/docs/index.html": "<p>docs",
  "public/docs/404.html": "<p>no such page of the docs",
  "public/404.html": "<p>no such page",
  "public/css/site.css": "body {}",
  "public/empty.txt": "",
  "public/a b/ü.txt": "odd names",
  "public/data.bin": new Uint8Array(3_000_000).map((_, i) => i % 251),
};
const worker = `export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    if (searchParams.has("asset")) return env.ASSETS.fetch(new URL(searchParams.get("asset"), request.url));
    return new Response("the worker at " + pathname, { status: 210 });
  },
};`;

function project(assets, { main = true, files = site, ...more } = {}) {
  return temporaryProject({
    ...files,
    ...(main && { "index.js": worker }),
    "wrangler.jsonc": {
      name: "site",
      compatibility_date: date,
      ...(main && { main: "index.js" }),
      assets: { directory: "public", ...(main && { binding: "ASSETS" }), ...assets },
      ...more,
    },
  });
}

/** Starts one server for the tests of `body`, which get it as `server()`. */
function served(title, assets, body, options) {
  describe(title, () => {
    let server;
    before(async () => {
      server = await startMayfly(project(assets, options), { args: ["--shards", "1"] });
    });
    after(() => server.stop());
    body((path, request) => server.request({ path, ...request }));
  });
}

/** [path, status, text or location] */
function answers(ask, rows) {
  for (const [path, status, expected] of rows) {
    test(`${path} is ${status} ${expected}`, async () => {
      const { status: answered, text, headers } = await ask(path);
      assert.equal(answered, status, text);
      if (expected instanceof RegExp) assert.match(text, expected);
      else assert.equal(status === 307 ? headers.location : text, expected);
    });
  }
}

served("files without a worker", {}, (ask) => {
  answers(ask, [
    ["/", 200, "<p>home"],
    ["/index.html", 307, "/"],
    ["/index", 307, "/"],
    ["/about", 200, "<p>about"],
    ["/about.html?q=1", 307, "/about?q=1"],
    ["/about/", 307, "/about"],
    ["/docs/", 200, "<p>docs"],
    ["/docs", 307, "/docs/"],
    ["/docs/index.html", 307, "/docs/"],
    ["/css/site.css", 200, "body {}"],
    ["/empty.txt", 200, ""],
    ["/a%20b/%C3%BC.txt", 200, "odd names"],
    ["/nothing", 404, ""],
    ["/css", 404, ""],
    ["/%", 404, ""],
    ["//about", 404, ""],
  ]);

  test("a file has its type, length and tag, and is not sent to who has it", async () => {
    const { headers } = await ask("/css/site.css");
    assert.equal(headers["content-type"], "text/css; charset=utf-8");
    assert.equal(headers["content-length"], "7");
    assert.equal(headers["cache-control"], "public, max-age=0, must-revalidate");
    assert.match(headers.etag, /^"[0-9a-f]{32}"$/);
    for (const tag of [headers.etag, `W/${headers.etag}`, `"other", ${headers.etag}`, "*"]) {
      const again = await ask("/css/site.css", { headers: { "if-none-match": tag } });
      assert.equal(again.status, 304, tag);
      assert.equal(again.text, "");
      assert.equal(again.headers.etag, headers.etag);
    }
    assert.equal((await ask("/css/site.css", { headers: { "if-none-match": '"other"' } })).status, 200);
  });

  test("a large file streams, whole, however often it is asked for", async () => {
    for (const answer of await Promise.all(Array.from({ length: 8 }, () => ask("/data.bin")))) {
      assert.equal(answer.status, 200);
      assert.equal(answer.headers["content-type"], "application/octet-stream");
      assert.ok(Buffer.compare(answer.bytes, Buffer.from(site["public/data.bin"])) === 0);
    }
  });

  test("HEAD has the headers alone, and other methods are refused", async () => {
    const head = await ask("/about", { method: "HEAD" });
    assert.deepEqual([head.status, head.headers["content-length"], head.text], [200, "8", ""]);
    const posted = await ask("/about", { method: "POST", body: "x" });
    assert.deepEqual([posted.status, posted.headers.allow], [405, "GET, HEAD"]);
  });

  for (const path of ["/../wrangler.jsonc", "/%2e%2e/wrangler.jsonc", "/css/..%2f..%2fwrangler.jsonc", "/public/index.html",
    "/css/%00", "/css/site.css/", "/..%5cwrangler.jsonc"]) {
    test(`${path} leads nowhere`, async () => assert.equal((await ask(path)).status, 404));
  }
}, { main: false });

served("files in front of a worker", {}, (ask) => {
  answers(ask, [
    ["/about", 200, "<p>about"],
    ["/about.html", 307, "/about"],
    ["/nothing", 210, "the worker at /nothing"],
    ["/nothing?asset=/about", 200, "<p>about"],
    ["/nothing?asset=/nowhere", 404, ""],
  ]);
  test("what is not GET or HEAD goes to the worker", async () => {
    assert.equal((await ask("/about", { method: "POST", body: "x" })).text, "the worker at /about");
  });
});

served("paths that go to the worker first", { run_worker_first: ["/docs/*", "!/docs/index.html"] }, (ask) => {
  answers(ask, [
    ["/docs/", 210, "the worker at /docs/"],
    ["/docs/index.html", 307, "/docs/"],
    ["/about", 200, "<p>about"],
  ]);
});

served("a worker that is always first", { run_worker_first: true }, (ask) => {
  answers(ask, [
    ["/about", 210, "the worker at /about"],
    ["/x?asset=/about", 200, "<p>about"],
  ]);
});

served("a page for everything", { not_found_handling: "single-page-application" }, (ask) => {
  test("a browser that navigates gets the page, a script gets the worker", async () => {
    const page = await ask("/some/route", { headers: { "sec-fetch-mode": "navigate" } });
    assert.deepEqual([page.status, page.text], [200, "<p>home"]);
    assert.equal((await ask("/some/route")).status, 210);
  });
});

served("a page for what is not there", { not_found_handling: "404-page" }, (ask) => {
  answers(ask, [
    ["/nothing", 404, "<p>no such page"],
    ["/docs/nothing/at/all", 404, "<p>no such page of the docs"],
  ]);
}, { main: false });

for (const [html, rows] of Object.entries({
  "force-trailing-slash": [["/about", 307, "/about/"], ["/about/", 200, "<p>about"], ["/docs", 307, "/docs/"], ["/", 200, "<p>home"]],
  "drop-trailing-slash": [["/about/", 307, "/about"], ["/docs/", 307, "/docs"], ["/docs", 200, "<p>docs"], ["/", 200, "<p>home"]],
  none: [["/about.html", 200, "<p>about"], ["/about", 404, ""], ["/", 404, ""], ["/docs/index.html", 200, "<p>docs"]],
})) {
  served(`html_handling ${html}`, { html_handling: html }, (ask) => answers(ask, rows), { main: false });
}

test("files that .assetsignore names are not served", async () => {
  const files = {
    "public/.assetsignore": "# comment\n*.map\n/private/\nkeep/*\n!keep/this.txt\n",
    "public/a.js.map": "x", "public/deep/b.map": "x", "public/private/key": "x", "public/deep/private/ok": "ok",
    "public/keep/that.txt": "x", "public/keep/this.txt": "this",
  };
  const server = await startMayfly(project({}, { main: false, files }));
  try {
    for (const path of ["/a.js.map", "/deep/b.map", "/private/key", "/keep/that.txt", "/.assetsignore"]) {
      assert.equal((await server.request(path)).status, 404, path);
    }
    assert.equal((await server.request("/deep/private/ok")).text, "ok");
    assert.equal((await server.request("/keep/this.txt")).text, "this");
  } finally {
    await server.stop();
  }
});

test("a link out of the directory is refused at the start", async () => {
  const directory = project({}, { main: false });
  symlinkSync("/etc/passwd", join(directory, "public/passwd"));
  const { code, stderr } = await runMayfly(["serve", directory, "--port", "0"]);
  assert.equal(code, 2);
  assert.match(stderr, /assets: .*\/public\/passwd: leads out of the directory of the assets/);
});

test("a file that becomes a link out of the directory is not followed", async () => {
  const directory = project({}, { main: false });
  const server = await startMayfly(directory, { command: "serve" });
  try {
    rmSync(join(directory, "public/about.html"));
    symlinkSync("/etc/passwd", join(directory, "public/about.html"));
    const { status, text } = await server.request("/about");
    assert.equal(status, 500);
    assert.doesNotMatch(text, /root:/);
    assert.equal((await server.request("/")).text, "<p>home");
  } finally {
    await server.stop();
  }
});

test("under dev, changed and new files are served", async () => {
  const directory = project({}, { main: false });
  const server = await startMayfly(directory);
  const until = async (path, expected) => {
    for (let tries = 0; tries < 100; tries++) {
      if ((await server.request(path)).text === expected) return;
      await sleep(50);
    }
    assert.fail(`${path} did not become ${expected}`);
  };
  try {
    writeFileSync(join(directory, "public/about.html"), "<p>changed");
    await until("/about", "<p>changed");
    mkdirSync(join(directory, "public/new"));
    writeFileSync(join(directory, "public/css/new.css"), "p {}");
    await until("/css/new.css", "p {}");
  } finally {
    await server.stop();
  }
});

for (const [what, assets, options, message] of [
  ["a directory that is not there", { directory: "nowhere" }, {}, /"assets\.directory": there is no directory .*nowhere/],
  ["an unknown key", { directori: "x" }, {}, /unknown key "directori" in "assets" \(did you mean "directory"\?\)/],
  ["an unknown handling", { html_handling: "auto" }, {}, /"assets\.html_handling" must be auto-trailing-slash, .* but is "auto"/],
  ["a binding without a worker", { binding: "ASSETS" }, { main: false }, /"assets\.binding" is for a worker, and there is none/],
  ["a worker first without a worker", { run_worker_first: true }, { main: false }, /"assets\.run_worker_first" needs a worker/],
  ["a path that is none", { run_worker_first: ["api"] }, {}, /"assets\.run_worker_first\[0\]" must begin with "\/"/],
]) {
  test(`${what} is refused`, async () => {
    const { code, stderr } = await runMayfly(["serve", project(assets, options), "--port", "0"]);
    assert.equal(code, 2);
    assert.match(stderr, message);
  });
}

test("version_metadata names the code, the same for the same code", async () => {
  const files = {
    "wrangler.jsonc": { name: "v", main: "i.js", compatibility_date: date, version_metadata: { binding: "VERSION" } },
    "i.js": "export default { fetch: (request, env) => Response.json(env.VERSION) };",
  };
  const ids = [];
  for (let i = 0; i < 2; i++) {
    const server = await startMayfly(temporaryProject(files));
    const { id, tag, timestamp } = (await server.request("/")).json();
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(tag, "");
    assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 60_000, timestamp);
    ids.push(id);
    await server.stop();
  }
  assert.equal(ids[0], ids[1]);
});

const ruled = {
  ...site,
  "public/_redirects": `# where things went
/old /about
/moved/* /docs/:splat 301
/user/:id/posts/:post https://example.com/u/:id?p=:post 308
/first/* /one
/first/second /two
/shown /about 200
/with-hash /about#part
/api/gone /about
`,
  "public/_headers": `/*
  X-Frame-Options: DENY
/css/*
  Cache-Control: public, max-age=600
  X-Which: :splat
  ! X-Frame-Options
/about
  X-Two: one
  X-Two: two
https://other.example/*
  X-Other: yes
`,
};

served("_redirects and _headers", { run_worker_first: ["/api/*"] }, (ask) => {
  test("a redirect has the status that is written, 302 without one, and the request's query", async () => {
    for (const [path, status, location] of [
      ["/old", 302, "/about"],
      ["/old?q=1", 302, "/about?q=1"],
      ["/moved/a/b?q=1", 301, "/docs/a/b?q=1"],
      ["/user/7/posts/8?q=1", 308, "https://example.com/u/7?p=8"],
      ["/first/second", 302, "/one"],
      ["/with-hash?q", 302, "/about?q#part"],
    ]) {
      const answer = await ask(path);
      assert.deepEqual([answer.status, answer.headers.location], [status, location], path);
      assert.equal(answer.headers["x-frame-options"], undefined);
    }
  });

  test("with status 200 another file is shown", async () => {
    const answer = await ask("/shown");
    assert.deepEqual([answer.status, answer.text], [200, "<p>about"]);
  });

  test("headers are those of all rules that the path has", async () => {
    const about = await ask("/about");
    assert.deepEqual([about.headers["x-frame-options"], about.headers["x-two"]], ["DENY", "one, two"]);
    const css = await ask("/css/site.css");
    assert.deepEqual([css.headers["cache-control"], css.headers["x-which"], css.headers["x-frame-options"]], ["public, max-age=600", "site.css", undefined]);
    const other = await ask("/about", { headers: { host: "other.example" } });
    // Whether TLS was spoken is known to the proxy in front alone, so a rule's host is what counts.
    assert.deepEqual([other.headers["x-other"], about.headers["x-other"]], ["yes", undefined]);
  });

  test("the worker's own answers stay as they are, and what goes to it first is not redirected", async () => {
    const answer = await ask("/nothing");
    assert.deepEqual([answer.status, answer.headers["x-frame-options"]], [210, undefined]);
    assert.equal((await ask("/api/gone")).text, "the worker at /api/gone");
  });

  test("env.ASSETS goes by the rules too", async () => {
    assert.equal((await ask("/x?asset=/old")).text, "<p>about", "fetch() follows");
    assert.equal((await ask("/x?asset=/about")).headers["x-frame-options"], "DENY");
  });

  test("the files of rules are not served", async () => {
    assert.equal((await ask("/x?asset=/_headers")).status, 404);
    assert.equal((await ask("/x?asset=/_redirects")).status, 404);
  });
}, { files: ruled });

test("a mistake in a file of rules is an error with its line", async () => {
  for (const [name, text, error] of [
    ["_redirects", "/a /b\n/c", /public\/_redirects:2: a redirect is written as: \/from \/to 302/],
    ["_redirects", "/a /b 999", /public\/_redirects:1: the status 999 is none of 200, 301/],
    ["_headers", "X-A: b", /public\/_headers:1: before headers, a line must have the path/],
  ]) {
    const { code, stderr } = await runMayfly(["dev", project({}, { files: { ...site, [`public/${name}`]: text } })]);
    assert.notEqual(code, 0);
    assert.match(stderr, error);
  }
});
