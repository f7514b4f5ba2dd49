// SPDX-License-Identifier: Apache-2.0
// Questions to the domain name system, as JSON over HTTPS: https://developers.cloudflare.com/1.1.1.1/encryption/dns-over-https/make-api-requests/dns-json/
// They go by the worker's own fetch(), so where that leads.

const kResolver = "https://cloudflare-dns.com/dns-query";

const statusCodes: Record<number, string> = { 1: "FORMERR", 2: "SERVFAIL", 3: "NOTFOUND", 4: "NOTIMP", 5: "REFUSED" };
const typeNumbers: Record<string, number> = {
  __proto__: null as never, A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, NAPTR: 35, CAA: 257,
};

interface Answer {
  type: number;
  TTL: number;
  data: string;
}

export function dnsError(code: string, syscall: string, hostname: string, cause?: unknown): Error {
  const error = new Error(`${syscall} ${code} ${hostname}`, cause === undefined ? undefined : { cause });
  return Object.assign(error, { code, syscall, hostname });
}

const withoutDot = (name: string): string => (name.length > 1 && name.endsWith(".") ? name.slice(0, -1) : name);

/** The quoted and bare words of a record. */
function words(data: string): string[] {
  return [...data.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/gs)].map(([, quoted, bare]) =>
    quoted === undefined ? bare! : quoted.replace(/\\(\d{3}|.)/gs, (_all, what: string) => (what.length === 3 ? String.fromCharCode(Number(what)) : what)));
}

const parsers: Record<string, (data: string, answer: Answer) => unknown> = {
  __proto__: null as never,
  A: (data) => data,
  AAAA: (data) => data,
  CNAME: withoutDot,
  NS: withoutDot,
  PTR: withoutDot,
  MX(data) {
    const [priority, exchange] = words(data);
    return { exchange: withoutDot(exchange!), priority: Number(priority) };
  },
  TXT: words,
  SOA(data) {
    const [nsname, hostmaster, serial, refresh, retry, expire, minttl] = words(data);
    return {
      nsname: withoutDot(nsname!), hostmaster: withoutDot(hostmaster!), serial: Number(serial), refresh: Number(refresh), retry: Number(retry),
      expire: Number(expire), minttl: Number(minttl),
    };
  },
  SRV(data) {
    const [priority, weight, port, name] = words(data);
    return { name: withoutDot(name!), port: Number(port), priority: Number(priority), weight: Number(weight) };
  },
  CAA(data) {
    const [critical, property, value] = words(data);
    return { critical: Number(critical), [property!]: value };
  },
  NAPTR(data) {
    const [order, preference, flags, service, regexp, replacement] = words(data);
    return { flags, service, regexp, replacement: withoutDot(replacement!), order: Number(order), preference: Number(preference) };
  },
};

async function ask(name: string, type: string): Promise<{ Status: number; Answer?: Answer[] }> {
  const response = await requireGroup("mayfly:web/fetch").fetch(`${kResolver}?name=${encodeURIComponent(name)}&type=${type}`, {
    headers: { accept: "application/dns-json" },
  });
  if (response.status !== 200) throw new Error(`${kResolver} answered with status ${response.status}`);
  return response.json();
}

/** The records of a type; rejects with Node's error where there are none. */
export async function query(name: string, type: string, options?: { ttl?: boolean }, syscall = `query${type[0]}${type.slice(1).toLowerCase()}`): Promise<unknown[]> {
  let reply: Awaited<ReturnType<typeof ask>>;
  try {
    reply = await ask(name, type);
  } catch (cause) {
    throw dnsError("ECONNREFUSED", syscall, name, cause);
  }
  if (reply.Status !== 0) throw dnsError(`E${statusCodes[reply.Status] ?? "SERVFAIL"}`, syscall, name);
  let records: unknown[];
  try {
    const answers = (reply.Answer ?? []).filter((answer) => answer.type === typeNumbers[type]);
    const withTtl = options?.ttl && (type === "A" || type === "AAAA");
    records = answers.map((answer) => (withTtl ? { address: answer.data, ttl: answer.TTL } : parsers[type]!(answer.data, answer)));
  } catch (cause) {
    throw dnsError("EBADRESP", syscall, name, cause);
  }
  if (records.length === 0) throw dnsError("ENODATA", syscall, name);
  return records;
}

export const recordTypes = Object.keys(typeNumbers);
