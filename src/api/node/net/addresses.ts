// SPDX-License-Identifier: Apache-2.0
// Addresses of the internet protocol. https://nodejs.org/api/net.html#netisipinput, BlockList and SocketAddress.
import { invalidArgValue, nodeError, validateInteger, validateObject, validateOneOf, validateString } from "mayfly:node/internal";

const part = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const v4Text = new RegExp(`^${part}(?:\\.${part}){3}$`);

/** The 16 bytes of an IPv6 address as a number, or undefined. */
function parse6(text: string): bigint | undefined {
  const [address, zone] = text.split("%") as [string, string | undefined];
  if (zone !== undefined && !/^[0-9a-zA-Z-.:]+$/.test(zone)) return undefined;
  const [head, tail, more] = address.split("::") as [string, string | undefined, string | undefined];
  if (more !== undefined) return undefined;
  const groups = (half: string, last: boolean): number[] | undefined => {
    if (half === "") return [];
    const list: number[] = [];
    const names = half.split(":");
    for (const [at, name] of names.entries()) {
      if (last && at === names.length - 1 && name.includes(".")) {
        const v4 = parse4(name);
        if (v4 === undefined) return undefined;
        list.push(Number(v4 >> 16n), Number(v4 & 0xffffn));
      } else if (/^[0-9a-fA-F]{1,4}$/.test(name)) {
        list.push(parseInt(name, 16));
      } else {
        return undefined;
      }
    }
    return list;
  };
  const before = groups(head, tail === undefined);
  const after = tail === undefined ? [] : groups(tail, true);
  if (before === undefined || after === undefined) return undefined;
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...before, ...Array<number>(missing).fill(0), ...after].reduce((sum, group) => (sum << 16n) | BigInt(group), 0n);
}

function parse4(text: string): bigint | undefined {
  if (!v4Text.test(text)) return undefined;
  return text.split(".").reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

export function isIPv4(input: unknown): boolean {
  return v4Text.test(`${input}`);
}
export function isIPv6(input: unknown): boolean {
  return parse6(`${input}`) !== undefined;
}
export function isIP(input: unknown): 0 | 4 | 6 {
  return isIPv4(input) ? 4 : isIPv6(input) ? 6 : 0;
}

type Family = "ipv4" | "ipv6";

function numberOf(address: string, family: Family): bigint {
  const number = family === "ipv4" ? parse4(address) : parse6(address);
  if (number === undefined) throw nodeError(Error, "ERR_INVALID_ADDRESS", "Invalid address");
  return number;
}

function toFamily(value: unknown, name = "family"): Family {
  validateString(value, name);
  const family = value.toLowerCase();
  if (family !== "ipv4" && family !== "ipv6") throw invalidArgValue(name, value);
  return family;
}

export class SocketAddress {
  #address: string;
  #family: Family;
  #port: number;
  #flowlabel: number;

  constructor(options: any = {}) {
    validateObject(options, "options");
    const { family = "ipv4", port = 0, flowlabel = 0 } = options as any;
    this.#family = toFamily(family, "options.family");
    const { address = this.#family === "ipv4" ? "127.0.0.1" : "::" } = options as any;
    validateString(address, "options.address");
    validateInteger(port, "options.port", 0, 65535);
    validateInteger(flowlabel, "options.flowlabel", 0, 2 ** 32 - 1);
    numberOf(address, this.#family);
    this.#address = address;
    this.#port = port;
    this.#flowlabel = flowlabel;
  }
  static isSocketAddress(value: unknown): boolean {
    return typeof value === "object" && value !== null && #address in value;
  }
  static parse(input: unknown): SocketAddress | undefined {
    validateString(input, "input");
    const [, six, four, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(input) ?? [];
    try {
      return new SocketAddress({ address: six ?? four, family: six === undefined ? "ipv4" : "ipv6", port: Number(port ?? 0) });
    } catch {
      return undefined;
    }
  }
  get address(): string {
    return this.#address;
  }
  get family(): Family {
    return this.#family;
  }
  get port(): number {
    return this.#port;
  }
  get flowlabel(): number {
    return this.#flowlabel;
  }
  toJSON(): object {
    return { address: this.#address, port: this.#port, family: this.#family, flowlabel: this.#flowlabel };
  }
}

interface Rule {
  family: Family;
  from: bigint;
  to: bigint;
  text: string;
}

const kV4InV6 = 0xffffn << 32n;

export class BlockList {
  #rules: Rule[] = [];

  static isBlockList(value: unknown): boolean {
    return typeof value === "object" && value !== null && #rules in value;
  }
  #read(address: any, family: unknown, name: string): [string, Family] {
    if (SocketAddress.isSocketAddress(address)) return [address.address, address.family];
    validateString(address, name);
    return [address, toFamily(family)];
  }
  addAddress(given: unknown, givenFamily: unknown = "ipv4"): void {
    const [address, family] = this.#read(given, givenFamily, "address");
    const number = numberOf(address, family);
    this.#rules.unshift({ family, from: number, to: number, text: `Address: ${nameOf(family)} ${address}` });
  }
  addRange(start: unknown, end: unknown, givenFamily: unknown = "ipv4"): void {
    const [first, family] = this.#read(start, givenFamily, "start");
    const [last] = this.#read(end, givenFamily, "end");
    const [from, to] = [numberOf(first, family), numberOf(last, family)];
    if (from > to) throw invalidArgValue("start", start, "must come before end");
    this.#rules.unshift({ family, from, to, text: `Range: ${nameOf(family)} ${first}-${last}` });
  }
  addSubnet(network: unknown, prefix: unknown, givenFamily: unknown = "ipv4"): void {
    const [address, family] = this.#read(network, givenFamily, "network");
    const bits = family === "ipv4" ? 32 : 128;
    validateInteger(prefix, "prefix", 0, bits);
    const size = 1n << BigInt(bits - prefix);
    const from = (numberOf(address, family) / size) * size;
    this.#rules.unshift({ family, from, to: from + size - 1n, text: `Subnet: ${nameOf(family)} ${address}/${prefix}` });
  }
  check(given: unknown, givenFamily: unknown = "ipv4"): boolean {
    const [address, family] = this.#read(given, givenFamily, "address");
    let number: bigint;
    try {
      number = numberOf(address, family);
    } catch {
      return false;
    }
    const inV4 = family === "ipv6" && number >> 32n === kV4InV6 >> 32n ? number & 0xffffffffn : undefined;
    return this.#rules.some((rule) => {
      const own = rule.family === family ? number : rule.family === "ipv4" ? inV4 : number | kV4InV6;
      return own !== undefined && own >= rule.from && own <= rule.to;
    });
  }
  get rules(): string[] {
    return this.#rules.map(({ text }) => text);
  }
  toJSON(): string[] {
    return this.rules;
  }
}

const nameOf = (family: Family): string => (family === "ipv4" ? "IPv4" : "IPv6");

/** A port from 0 to 65535, as a number or a text of digits. */
export function toPort(value: unknown, name = "Port"): number {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isInteger(number) || number < 0 || number > 65535) {
    throw nodeError(RangeError, "ERR_SOCKET_BAD_PORT", `${name} should be >= 0 and < 65536. Received ${requireGroup("mayfly:node/util").inspect(value)}.`);
  }
  return number;
}

export function validateFamily(value: unknown): void {
  if (value !== undefined) validateOneOf(value, "options.family", [0, 4, 6]);
}
