// SPDX-License-Identifier: Apache-2.0
//
// Another entrypoint of the same worker, to be called by RPC.

import { AsyncLocalStorage } from "node:async_hooks";
import { WorkerEntrypoint } from "cloudflare:workers";

export const storage = new AsyncLocalStorage();

export class Peer extends WorkerEntrypoint {
  store() {
    return { store: storage.getStore() ?? "none" };
  }

  async callBack(callback) {
    return storage.run("of the peer", async () => await callback());
  }
}

// What the domain name system says, as JSON: type and data of the answers, by the question.
const zone = {
  "A two.test": [[1, "192.0.2.1"], [1, "192.0.2.2"]],
  "AAAA two.test": [[28, "2001:db8::1"]],
  "MX two.test": [[15, "10 mail.two.test."]],
  "TXT two.test": [[16, '"one" "two words"'], [16, '"three"']],
  "SRV two.test": [[33, "1 2 443 host.two.test."]],
  "CNAME two.test": [[5, "other.test."]],
  "PTR 1.2.0.192.in-addr.arpa": [[12, "two.test."]],
};

/** Stands in for the network. */
export class Echo extends WorkerEntrypoint {
  /** Answers what it is sent in capitals, until its client ends. */
  async connect(socket) {
    const { localAddress } = await socket.opened;
    const writer = socket.writable.getWriter();
    const decoder = new TextDecoder();
    for await (const chunk of socket.readable) {
      const text = decoder.decode(chunk);
      if (text === "leave") break;
      await writer.write(new TextEncoder().encode(text === "address" ? localAddress : text.toUpperCase()));
    }
    await writer.close();
  }

  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname === "/dns-query") {
      const name = url.searchParams.get("name");
      const answers = zone[`${url.searchParams.get("type").toUpperCase()} ${name}`];
      const Answer = answers?.map(([type, data]) => ({ name, type, TTL: 60, data }));
      const Question = [{ name, type: answers?.[0][0] ?? 1 }];
      const about = { Status: answers ? 0 : 3, TC: false, RD: true, RA: true, AD: false, CD: false, Question };
      return Response.json({ ...about, Answer }, { headers: { "content-type": "application/dns-json" } });
    }
    if (url.pathname === "/redirect") return Response.redirect(`${url.origin}/landed`, 302);
    const { method, headers } = request;
    const answer = { method, path: url.pathname + url.search, headers: Object.fromEntries(headers), body: await request.text() };
    return Response.json(answer, { headers: [["set-cookie", "a=1"], ["set-cookie", "b=2"]] });
  }
}
