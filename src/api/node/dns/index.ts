// SPDX-License-Identifier: Apache-2.0
// node:dns. Names are resolved over HTTPS (records.ts); servers cannot be chosen. https://nodejs.org/api/dns.html
import { isIP } from "mayfly:node/net";
import {
  invalidArgType, invalidArgValue, nextTick, nodeError, notImplemented, validateBoolean, validateFunction,
  validateOneOf, validateString,
} from "mayfly:node/internal";

import { dnsError, query, recordTypes } from "./records.ts";

type Callback = (error: unknown, ...values: any[]) => void;

const hints = { ADDRCONFIG: 32, ALL: 16, V4MAPPED: 8 };
const codes: Record<string, string> = {};
for (const name of [
  "ADDRGETNETWORKPARAMS", "BADFAMILY", "BADFLAGS", "BADHINTS", "BADNAME", "BADQUERY", "BADRESP", "BADSTR", "CANCELLED", "CONNREFUSED",
  "DESTRUCTION", "EOF", "FILE", "FORMERR", "LOADIPHLPAPI", "NODATA", "NOMEM", "NONAME", "NOTFOUND", "NOTIMP", "NOTINITIALIZED", "REFUSED",
  "SERVFAIL", "TIMEOUT",
]) codes[name] = name === "ADDRGETNETWORKPARAMS" ? "EADDRGETNETWORKPARAMS" : `E${name}`;

let order = "verbatim";

interface Address {
  address: string;
  family: 4 | 6;
}

async function addressesOf(hostname: string, family: number): Promise<Address[]> {
  if (hostname.toLowerCase() === "localhost") {
    const own: Address[] = [{ address: "127.0.0.1", family: 4 }, { address: "::1", family: 6 }];
    return own.filter((each) => family === 0 || each.family === family);
  }
  const wanted = [4, 6].filter((each) => family === 0 || each === family) as (4 | 6)[];
  const found = await Promise.allSettled(wanted.map(async (each): Promise<Address[]> => {
    const records = await query(hostname, each === 4 ? "A" : "AAAA", undefined, "getaddrinfo");
    return records.map((address) => ({ address: address as string, family: each }));
  }));
  const list = found.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
  if (list.length > 0) return list;
  const reason = (found.find((each) => each.status === "rejected") as PromiseRejectedResult).reason;
  throw reason.code === "ENODATA" ? dnsError("ENOTFOUND", "getaddrinfo", hostname) : reason;
}

/** Checks what is given, and returns what looks up. */
function prepareLookup(hostname: any, options: any): () => Promise<Address[]> {
  if (hostname) validateString(hostname, "hostname");
  let family: any = 0;
  if (typeof options === "number") {
    family = options;
  } else if (options !== undefined && options !== null) {
    if (typeof options !== "object") throw invalidArgType("options", ["integer", "object"], options);
    family = options.family ?? 0;
    if (family === "IPv4") family = 4;
    if (family === "IPv6") family = 6;
    if (options.all !== undefined) validateBoolean(options.all, "options.all");
    if (options.verbatim !== undefined) validateBoolean(options.verbatim, "options.verbatim");
    if (options.order !== undefined) validateOneOf(options.order, "options.order", ["ipv4first", "ipv6first", "verbatim"]);
    const allHints = hints.ADDRCONFIG | hints.ALL | hints.V4MAPPED;
    if (options.hints !== undefined && (options.hints & ~allHints) !== 0) throw invalidArgValue("hints", options.hints);
  }
  validateOneOf(family, "family", [0, 4, 6]);
  const preferred = options?.order ?? order;
  return async () => {
    if (!hostname) return [{ address: null as never, family: family === 6 ? 6 : 4 }];
    const own = isIP(hostname);
    const found: Address[] = own === 0 ? await addressesOf(hostname, family) : [{ address: hostname, family: own as 4 | 6 }];
    return preferred === "ipv6first" ? found.toSorted((a, b) => b.family - a.family) : found;
  };
}

async function lookupPromise(hostname: unknown, options?: any): Promise<unknown> {
  const found = await prepareLookup(hostname, options)();
  return options?.all ? found : { ...found[0] };
}

function lookup(hostname: unknown, options: any, callback?: unknown): object {
  if (typeof options === "function") [options, callback] = [undefined, options];
  validateFunction(callback, "callback");
  const done = callback as Callback;
  prepareLookup(hostname, options)().then(
    (found) => nextTick(() => (options?.all ? done(null, found) : done(null, found[0]!.address, found[0]!.family))),
    (error) => nextTick(() => done(error)));
  return {};
}
Object.defineProperty(lookup, Symbol.for("nodejs.util.promisify.customArgs"), { value: ["address", "family"] });

function reverseName(ip: unknown): string {
  validateString(ip, "name");
  const family = isIP(ip);
  if (family === 0) throw dnsError("EINVAL", "getHostByAddr", ip);
  if (family === 4) return `${ip.split(".").reverse().join(".")}.in-addr.arpa`;
  const [head, tail] = ip.split("::") as [string, string | undefined];
  const groups = (text: string | undefined): string[] => (text ? text.split(":") : []);
  const [before, after] = [groups(head), groups(tail)];
  const all = [...before, ...Array<string>(8 - before.length - after.length).fill("0"), ...after];
  return `${all.map((group) => group.padStart(4, "0")).join("").split("").reverse().join(".")}.ip6.arpa`;
}

type Resolve = (...args: any[]) => Promise<unknown>;

/** resolve4, resolve6, resolveMx...: what gives promises; the others are made of these. */
const resolvers: Record<string, Resolve> = {};
for (const type of recordTypes) {
  const name = `resolve${type === "A" ? "4" : type === "AAAA" ? "6" : type[0] + type.slice(1).toLowerCase()}`;
  resolvers[name] = async (hostname: unknown, options?: any) => {
    validateString(hostname, "name");
    const records = await query(hostname, type, options);
    return type === "SOA" ? records[0] : records;
  };
}
resolvers.resolveAny = async () => {
  throw notImplemented("dns.resolveAny");
};
resolvers.resolveTlsa = async () => {
  throw notImplemented("dns.resolveTlsa");
};
resolvers.reverse = async (ip: unknown) => query(reverseName(ip), "PTR", undefined, "getHostByAddr");
resolvers.resolve = async (hostname: unknown, type: any = "A", ...rest: unknown[]) => {
  validateString(hostname, "name");
  validateString(type, "rrtype");
  const name = `resolve${type === "A" ? "4" : type === "AAAA" ? "6" : type === "ANY" ? "Any" : type[0] + type.slice(1).toLowerCase()}`;
  if (!recordTypes.includes(type) && type !== "ANY") throw invalidArgValue("rrtype", type);
  return resolvers[name]!(hostname, ...rest);
};

function lookupService(): never {
  throw notImplemented("dns.lookupService");
}
function setServers(): never {
  throw notImplemented("dns.setServers");
}
const getServers = (): string[] => ["1.1.1.1", "2606:4700:4700::1111", "1.0.0.1", "2606:4700:4700::1001"];

function withCallback(name: string, run: Resolve): (...args: any[]) => void {
  const called = (...args: any[]): void => {
    const callback = args.pop();
    validateFunction(callback, "callback");
    if (typeof args[0] !== "string") throw invalidArgType("name", "string", args[0]);
    if (name === "resolve" && args[1] !== undefined && !recordTypes.includes(args[1]) && args[1] !== "ANY") throw invalidArgValue("rrtype", args[1]);
    run(...args).then((records) => nextTick(callback, null, records), (error) => nextTick(callback, error));
  };
  return Object.defineProperty(called, "name", { value: name });
}
const callbackResolvers: Record<string, (...args: any[]) => void> = {};
for (const [name, run] of Object.entries(resolvers)) callbackResolvers[name] = withCallback(name, run);

function resolverClass(methods: object): any {
  class Resolver {
    getServers(): string[] {
      return getServers();
    }
    setServers(): never {
      return setServers();
    }
    setLocalAddress(): never {
      throw notImplemented("dns.Resolver.setLocalAddress");
    }
    cancel(): never {
      throw notImplemented("dns.Resolver.cancel");
    }
  }
  for (const [name, value] of Object.entries(methods)) Object.defineProperty(Resolver.prototype, name, { value, writable: true, configurable: true });
  return Resolver;
}

const shared = {
  getDefaultResultOrder: () => order,
  setDefaultResultOrder(value: unknown) {
    if (value !== "ipv4first" && value !== "ipv6first" && value !== "verbatim") {
      throw nodeError(TypeError, "ERR_INVALID_ARG_VALUE", `The argument 'order' must be one of: 'verbatim', 'ipv4first', 'ipv6first'. Received ${requireGroup("mayfly:node/util").inspect(value)}`);
    }
    order = value;
  },
  getServers, setServers, ...codes,
};

const promises = {
  ...shared, ...resolvers, Resolver: resolverClass(resolvers), lookup: lookupPromise,
  lookupService: async () => lookupService(),
};

export default { ...shared, ...hints, ...callbackResolvers, Resolver: resolverClass(callbackResolvers), lookup, lookupService, promises };
