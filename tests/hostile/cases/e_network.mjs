// SPDX-License-Identifier: Apache-2.0
import assert from "node:assert/strict";
import http from "node:http";
import { inFetch } from "../program.mjs";
import { programs as network } from "../programs/network.mjs";

export const letter = "E";
export const title = "Places on the network that were not granted";

/** A worker asks for all of the URLs, in several ways; the answer lists what came and errors of other names. */
const asking = (urls) => ({
  network: true,
  code: inFetch(`
    const came = [], others = [];
    await Promise.all(${JSON.stringify(urls)}.flatMap((url) => [undefined, { method: "POST", body: "x" }, { redirect: "manual" }].map(async (init) => {
      try {
        came.push(url + " -> " + (await fetch(url, init)).status);
      } catch (error) {
        const refused = error.name === "EgressDenied" ||
          (error.name === "TypeError" && /cannot load|cannot be fetched|nvalid URL|credentials/.test(error.message));
        if (!refused) others.push(url + " -> " + error.name + ": " + error.message);
      }
    })));
    return new Response("came: " + came.join("; ") + " others: " + others.join("; "))`),
  ends: { text: "came:  others: " },
});

/** `urls` with PORT for that of a server on this machine's loopback addresses, which must not be reached. */
const unreached = (urls) => async ({ host, runtime }) => {
  let reached = 0;
  const servers = await Promise.all(["127.0.0.1", "::1"].map((address) => new Promise((done) => {
    const server = http.createServer((request, response) => (reached++, response.end("reached")));
    server.on("upgrade", (request, socket) => (reached++, socket.destroy()));
    server.on("error", () => done(undefined)).listen({ host: address, port: 0 }, () => done(server));
  })));
  try {
    const all = servers.filter(Boolean).flatMap((server) => urls.map((url) => url.replaceAll("PORT", server.address().port)));
    const answer = await host.attack(asking(all), 20_000);
    assert.equal(reached, 0, `${reached} requests arrived`);
    if (runtime === "mayfly") assert.equal(answer.text, "came:  others: ", answer.message);
    return answer.error ? `${answer.error}: ${answer.message}` : /came:  others/.test(answer.text) ? `none of ${all.length} URLs is reached` : answer.text.slice(0, 200);
  } finally {
    for (const server of servers) server?.close();
  }
};
const hosts = (...names) => names.map((name) => `http://${name}:PORT/`);
const loopback = (title, ...names) => ({ title, outcome: "N", fast: true, onWorkerd: true, deed: unreached(hosts(...names)) });
const program = (title, urls, more) => ({ title, outcome: "N", fast: true, programs: { "in every way": asking(urls) }, ...more });
const of = (...names) => names.map((name) => `http://${name}/`);

export const cases = {
  E01: loopback("this machine", "127.0.0.1", "127.0.0.2", "127.255.255.254"),
  E02: loopback("this machine by name", "localhost", "LOCALHOST", "localhost.", "a.localhost", "a.b.localhost."),
  E03: loopback("this machine by IPv6", "[::1]", "[0:0:0:0:0:0:0:1]", "[0::0001]"),
  E04: loopback("the unspecified address", "0.0.0.0", "0", "0.0"),
  E05: loopback("the unspecified address of IPv6", "[::]", "[::0.0.0.0]"),
  E06: loopback("odd spellings of IPv4", "2130706433", "017700000001", "0177.0.0.1", "0x7f.1", "0x7f000001", "127.1", "127.0.1", "0x7F.0x0.0x0.0x1", "127.0.0.1."),
  E07: loopback("IPv4 within IPv6", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:0001]", "[::127.0.0.1]"),
  E08: loopback("translated and tunnelled IPv4", "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]"),
  E09: program("private and shared ranges", of("10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "100.127.255.255", "198.18.0.1", "198.19.255.255", "192.0.2.1", "198.51.100.1", "203.0.113.1", "192.0.0.1", "192.88.99.1", "0.1.2.3")),
  E10: program("metadata of clouds", of("169.254.169.254", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "0xa9.0xfe.0xa9.0xfe", "169.254.43518", "[::ffff:a9fe:a9fe]", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]",
    "metadata.google.internal", "METADATA.google.internal.", "168.63.129.16", "100.100.100.200", "[fd00:ec2::254]", "169.254.170.2")),
  E11: program("link-local, multicast and broadcast", of("169.254.0.1", "[fe80::1]", "[fe80::1%25eth0]", "[fe80::1%eth0]", "224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1", "[ff02::1]", "[ff0e::1]", "[fec0::1]", "[fc00::1]", "[fd12::1]", "[100::1]", "[2001:db8::1]", "[3fff::1]", "[5f00::1]")),
  E12: { title: "names that lead to private addresses, also among public ones", outcome: "N", heldBy: "src/supervisor/egress_test.cc: EgressTest.JudgesANameByEveryAddressAndConnectsToNoOther" },
  E13: { title: "names that lead elsewhere the second time", outcome: "N", heldBy: ["src/supervisor/egress_test.cc: EgressTest.ConnectsToTheAddressThatWasJudgedWhateverTheNameSaysLater", "src/supervisor/egress_test.cc: EgressTest.TakesNoKeptConnectionToAnotherAddress"] },
  E14: { title: "redirects to private addresses and to other schemes", outcome: "N", heldBy: "tests/e2e/egress.test.mjs: a worker's policy bounds its loader's, and that bounds the code's" },
  E15: loopback("tabs, backslashes, full-width digits, other dots, percent signs", "127.0.0.1\\", "\t127.0.0.1", "127.0.0.1\n", "127\n.0.0.1", "１２７.0.0.1", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "127%2e0%2e0%2e1", "%31%32%37.0.0.1", "localhost%00", "localhost%00.example.com", "public.example@127.0.0.1", "127.0.0.1%23@public.example", "1.1.1.1 &@127.0.0.1# @3.3.3.3/"),
  E16: { title: "a Host header of another name", outcome: "N", fast: true, programs: { "in every spelling": network["the same with a Host header of its own"] } },
  E17: { title: "the server's own listeners", outcome: "N", fast: true, heldBy: "src/supervisor/egress_test.cc: EgressTest.ClosesTheServersOwnListenersToDynamicWorkers", onWorkerd: true, deed: async ({ host, runtime }) => {
    const answer = await host.attack(asking(["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "127.1"].map((name) => `http://${name}:${host.port}/own`)), 20_000);
    if (runtime === "mayfly") assert.equal(answer.text, "came:  others: ", answer.message);
    return answer.error ? `${answer.error}: ${answer.message}` : /came:  /.test(answer.text) ? "is not reached" : answer.text.slice(0, 200);
  } },
  E18: program("ports of other protocols, and other schemes", [...of("1.1.1.1:22", "1.1.1.1:25", "1.1.1.1:6000", "1.1.1.1:6667", "1.1.1.1:53", "1.1.1.1:110", "1.1.1.1:587"), "file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/", "unix:/run/x", "dict://127.0.0.1:11211/", "http:\\\\127.0.0.1/", "http:127.0.0.1/", "http:///127.0.0.1/", "ws://127.0.0.1/", "javascript:1"]),
  E19: { title: "downloads of images and builds", outcome: "N", missing: "container images are not offered" },
  E20: { title: "the network of containers", outcome: "N", missing: "containers are not offered" },
  E21: { title: "kept connections of other tenants", outcome: "N", heldBy: "src/supervisor/egress_test.cc: EgressTest.SharesConnectionsWithinATenantAlone" },
  E22: { title: "credentials in redirects to another origin", outcome: "N", heldBy: "tests/conformance/web/fetch.checks.mjs: fetch sends credentials to their origin only" },
  E23: { title: "proxies of the environment", outcome: "N", heldBy: "src/supervisor/egress_test.cc: EgressTest.IgnoresProxiesOfTheEnvironment" },
};
