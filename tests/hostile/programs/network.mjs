// SPDX-License-Identifier: Apache-2.0
import { inFetch } from "../program.mjs";

export const title = "what is on the internet and would reach places that are not";

const thisMachine = ["127.0.0.1", "localhost", "LOCALHOST.", "a.localhost", "[::1]", "0.0.0.0", "0", "[::]", "2130706433",
  "017700000001", "0177.0.0.1", "0x7f.1", "0x7f000001", "127.1", "127.0.0.1.", "127.255.255.254", "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:0001]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]",
  "[2002:7f00:1::]", "[2001:0:7f00:1::]", "\\u0031\\u0032\\u0037.0.0.1", "\\uff11\\uff12\\uff17.0.0.1",
  "127\\u30020\\uff0e0\\uff611", "\\u24db\\u24de\\u24d2\\u24d0\\u24db\\u24d7\\u24de\\u24e2\\u24e3", "127%2e0%2e0%2e1", "public.example@127.0.0.1",
  "127.0.0.1\\t", "127.0\\n.0.1"];
const elsewhere = ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1", "198.18.0.1", "192.0.2.1",
  "169.254.169.254", "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]",
  "[fd00:ec2::254]", "168.63.129.16", "100.100.100.200", "metadata.google.internal", "METADATA.google.internal.",
  "224.0.0.1", "255.255.255.255", "240.0.0.1", "[fe80::1]", "[fc00::1]", "[ff02::1]", "[fec0::1]", "[2001:db8::1]"];
const otherPorts = ["1.1.1.1:22", "1.1.1.1:25", "1.1.1.1:6000", "1.1.1.1:6667", "1.1.1.1:53"];
const otherSchemes = ["file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/", "unix:/run/x",
  "dict://127.0.0.1:11211/", "http:\\\\127.0.0.1/", "http:127.0.0.1/", "http:///127.0.0.1/"];
const urls = [...[...thisMachine, ...elsewhere, ...otherPorts].map((host) => `http://${host}/`), ...otherSchemes];

/** Asks for all of them; the answer lists those that were not refused. */
const asking = (urls, init = "{}") => ({
  network: true,
  code: inFetch(`
    const came = [];
    await Promise.all([${urls.map((url) => `"${url}"`).join(", ")}].map(async (url) => {
      try {
        came.push(url + " -> " + (await fetch(url, ${init})).status);
      } catch (error) {
        const refused = error.name === "EgressDenied" ||
          (error.name === "TypeError" && /cannot load|cannot be fetched|nvalid URL|credentials/.test(error.message));
        if (!refused) came.push(url + " -> " + error.name + ": " + error.message);
      }
    }));
    return new Response("came: " + came.join("; "))`),
  ends: { text: "came: " },
});

export const programs = {
  "addresses of this machine, of others and of none, in every spelling": asking(urls),
  "the same with a Host header of its own": asking(urls, `{ headers: { host: "1.1.1.1", "x-forwarded-host": "1.1.1.1" } }`),
  "the same with a body": asking(urls, `{ method: "POST", body: "x" }`),
  "a flood of requests to what is refused": {
    network: true,
    code: inFetch(`
      let refused = 0;
      for (let round = 0; round < 20; round++) {
        await Promise.all(Array.from({ length: 100 }, () => fetch("http://127.0.0.1/").catch((error) => (refused += error.name === "EgressDenied"))));
      }
      return new Response("refused: " + refused)`),
    ends: { text: "refused: 2000" },
  },
};
