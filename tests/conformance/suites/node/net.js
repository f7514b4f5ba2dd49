// SPDX-License-Identifier: Apache-2.0
//
// node:net, node:tls and node:dns. The network is the entrypoint Echo: its connect() answers in capitals.

import dns from "node:dns";
import dnsPromises from "node:dns/promises";
import net from "node:net";
import tls from "node:tls";
import { promisify } from "node:util";
import { check, equal, ok, rejects, same, throws } from "../../check.js";

const once = (emitter, event) => new Promise((done, fail) => emitter.once(event, done).once("error", fail));
const text = (data) => Buffer.from(data).toString();

check("connect() tells in order: connect, ready, data, end, close", async () => {
  const events = [];
  const socket = net.connect(7, "echo.test");
  for (const name of ["connect", "ready", "data", "end", "error"]) socket.on(name, (data) => events.push(name === "data" ? text(data) : name));
  same([socket.connecting, socket.readyState], [true, "opening"]);
  socket.write("hello");
  await once(socket, "data");
  socket.end();
  const hadError = await new Promise((done) => socket.once("close", done));
  same([...events, hadError], ["connect", "ready", "HELLO", "end", false]);
  same([socket.destroyed, socket.bytesRead, socket.bytesWritten, socket.connecting, socket.readyState], [true, 5, 5, false, "closed"]);
});

check("connect() takes options and a listener", async () => {
  const socket = await new Promise((done) => { const made = net.createConnection({ host: "echo.test", port: "9", noDelay: true }, () => done(made)); });
  same([socket.remotePort, socket.readyState, socket.pending], [9, "open", false]);
  socket.setEncoding("utf8");
  socket.write("address");
  equal(await once(socket, "data"), "echo.test:9");
  socket.destroy();
  await once(socket, "close");
});

check("a socket is a stream", async () => {
  const socket = new net.Socket();
  equal(socket.connect(7, "echo.test"), socket);
  socket.write("a");
  socket.write(Buffer.from("b"));
  socket.write("63", "hex");
  let all = "";
  for await (const chunk of socket) {
    all += chunk;
    if (all.length === 3) socket.end();
  }
  equal(all, "ABC");
});

check("the server's end ends the socket", async () => {
  const socket = net.connect(7, "echo.test");
  socket.write("leave");
  socket.resume();
  await once(socket, "end");
  await once(socket, "close");
  ok(socket.destroyed);
});

check("setTimeout() tells of silence", async () => {
  const socket = net.connect(7, "echo.test").setTimeout(20);
  await once(socket, "timeout");
  equal(socket.destroyed, false);
  socket.destroy();
});

check("members of sockets", () => {
  const socket = new net.Socket();
  for (const result of [socket.setNoDelay(), socket.setKeepAlive(true, 5), socket.setTimeout(0)]) ok(result === socket);
  same([socket.connecting, socket.pending, socket.address(), socket.remoteAddress], [false, true, {}, undefined]);
});

check("wrong arguments are refused", () => {
  equal(throws(() => net.connect(), TypeError).code, "ERR_MISSING_ARGS");
  equal(throws(() => net.connect(99999)).code, "ERR_SOCKET_BAD_PORT");
  equal(throws(() => net.connect("/tmp/socket"), TypeError).code, "ERR_INVALID_ARG_VALUE");
  for (const port of ["x", -1, 1.5, NaN, {}, null]) throws(() => net.connect({ port }), Error);
  throws(() => new net.Socket().setTimeout("x"), TypeError);
  throws(() => net.connect({ get port() { throw new RangeError("a getter"); } }), { name: "RangeError", message: "a getter" });
});

check("a worker does not listen", { differs: "workerd makes a server that gets connections by connectHandler()" }, () => {
  equal(throws(() => net.createServer()).code, "ERR_METHOD_NOT_IMPLEMENTED");
  throws(() => new net.Server(), Error);
});

check("addresses", () => {
  same(["1.2.3.4", "::1", "::ffff:1.2.3.4", "fe80::1%eth0", "1.2.3", "256.1.1.1", "1::2::3", "x", "", undefined, "01.2.3.4"].map(net.isIP), [4, 6, 6, 6, 0, 0, 0, 0, 0, 0, 0]);
  same([net.isIPv4("1.2.3.4"), net.isIPv6("1.2.3.4"), net.isIPv6("1:2:3:4:5:6:7:8")], [true, false, true]);
});

check("BlockList", () => {
  const list = new net.BlockList();
  list.addAddress("192.0.2.7");
  list.addRange("198.51.100.1", "198.51.100.9");
  list.addSubnet("203.0.113.0", 24);
  list.addSubnet("2001:db8::", 32, "ipv6");
  same(["192.0.2.7", "192.0.2.8", "198.51.100.5", "198.51.100.10", "203.0.113.99"].map((address) => list.check(address)), [true, false, true, false, true]);
  same([list.check("2001:db8:1::1", "ipv6"), list.check("2001:db9::1", "ipv6"), list.check("::ffff:192.0.2.7", "ipv6")], [true, false, true]);
  throws(() => list.addSubnet("203.0.113.0", 33), RangeError);
  throws(() => list.addAddress(5), TypeError);
});

check("SocketAddress", () => {
  const address = new net.SocketAddress({ address: "::1", family: "ipv6", port: 80 });
  same([address.address, address.family, address.port, address.flowlabel], ["::1", "ipv6", 80, 0]);
  throws(() => new net.SocketAddress({ port: 70000 }), Error);
});

check("tls: names of certificates", () => {
  equal(tls.checkServerIdentity("a.example", { subject: { CN: "a.example" } }), undefined);
  equal(tls.checkServerIdentity("b.example", { subject: {}, subjectaltname: "DNS:a.example, DNS:b.example" }), undefined);
  equal(tls.checkServerIdentity("c.d.example", { subject: {}, subjectaltname: "DNS:*.example" }).code, "ERR_TLS_CERT_ALTNAME_INVALID");
  equal(tls.checkServerIdentity("sub.a.example", { subject: {}, subjectaltname: "DNS:*.a.example" }), undefined);
});

check("tls: servers, and what cannot be kept, are refused", () => {
  throws(() => tls.createServer(), Error);
  throws(() => tls.getCiphers(), Error);
  same(tls.rootCertificates.length, 0);
});

for (const options of [{ rejectUnauthorized: false }, { ca: "x" }, { cert: "x", key: "x" }, { checkServerIdentity: () => {} }, { ALPNProtocols: ["h2"] }]) {
  check(`tls: connect() with ${Object.keys(options)} is refused`, { mayflyOnly: "workerd refuses some of them alone" }, () => {
    equal(throws(() => tls.connect({ host: "echo.test", port: 443, ...options })).code, "ERR_OPTION_NOT_IMPLEMENTED");
  });
}

check("dns.lookup() finds an address, or all", async () => {
  same(await dnsPromises.lookup("127.0.0.1"), { address: "127.0.0.1", family: 4 });
  same(await dnsPromises.lookup("::1", { all: true }), [{ address: "::1", family: 6 }]);
  same(await new Promise((done, fail) => dns.lookup("two.test", { family: 4 }, (error, address, family) => (error ? fail(error) : done([address, family])))), ["192.0.2.1", 4]);
});

check("dns.lookup() with all: both families", { differs: "workerd gives IPv4 alone" }, async () => {
  same((await dnsPromises.lookup("two.test", { all: true })).map(({ address }) => address), ["192.0.2.1", "192.0.2.2", "2001:db8::1"]);
  same(await dnsPromises.lookup("localhost"), { address: "127.0.0.1", family: 4 });
});

check("dns.resolve*()", async () => {
  same(await dnsPromises.resolve4("two.test"), ["192.0.2.1", "192.0.2.2"]);
  same(await dnsPromises.resolve6("two.test"), ["2001:db8::1"]);
  same(await promisify(dns.resolve4)("two.test", { ttl: true }), [{ address: "192.0.2.1", ttl: 60 }, { address: "192.0.2.2", ttl: 60 }]);
  same(await dnsPromises.resolve("two.test", "MX"), [{ exchange: "mail.two.test", priority: 10 }]);
});

check("dns.resolveTxt() and names without their last dot", { differs: "workerd leaves quotes and dots" }, async () => {
  same(await dnsPromises.resolveTxt("two.test"), [["one", "two words"], ["three"]]);
  same(await dnsPromises.resolveSrv("two.test"), [{ name: "host.two.test", port: 443, priority: 1, weight: 2 }]);
  same(await dnsPromises.resolveCname("two.test"), ["other.test"]);
  same(await dnsPromises.reverse("192.0.2.1"), ["two.test"]);
});

check("dns: what is not found has a code", async () => {
  equal((await rejects(dnsPromises.resolve4("none.test"))).code, "ENOTFOUND");
  equal((await rejects(dnsPromises.lookup("none.test"))).code, "ENOTFOUND");
});

check("dns: wrong arguments are refused", async () => {
  await rejects(async () => dnsPromises.lookup(5), TypeError);
  await rejects(async () => dnsPromises.resolve("two.test", "NOPE"), TypeError);
  throws(() => dns.lookup("two.test"), TypeError);
  throws(() => dns.setServers(["192.0.2.1"]), Error);
  throws(() => dns.lookup("two.test", { family: 5 }, () => {}), Error);
  throws(() => dns.setDefaultResultOrder("nope"), TypeError);
});
