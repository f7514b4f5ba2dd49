// SPDX-License-Identifier: Apache-2.0
// Where connect() is told to connect, and how: https://developers.cloudflare.com/workers/runtime-apis/tcp-sockets/

const kHostLengthMax = 255;
// What an address may consist of. A name in another script must come in its ASCII form.
const hostText = /^[-a-zA-Z0-9_.:[\]]+$/;

export interface SocketAddress {
  hostname: string;
  port: number;
}

export type SecureTransport = "off" | "on" | "starttls";

export interface SocketOptions {
  secureTransport: SecureTransport;
  allowHalfOpen: boolean;
}

function toPort(value: unknown): number {
  const number = Math.trunc(Number(value));
  if (!Number.isFinite(number)) throw new TypeError("The value cannot be converted because it is not an integer.");
  if (number < 0) throw new TypeError("Value out of range. Must be greater than or equal to 0.");
  if (number > 65535) throw new TypeError("Value out of range. Must be less than or equal to 65535.");
  return number;
}

function checkHost(hostname: string): void {
  if (hostname.length > kHostLengthMax || !hostText.test(hostname)) {
    throw new TypeError("Specified address is empty string, contains unsupported characters or is too long.");
  }
}

export function toAddress(value: unknown): SocketAddress {
  if (value !== null && typeof value === "object") {
    const { hostname, port } = value as { hostname?: unknown; port?: unknown };
    const address = { hostname: `${hostname}`, port: toPort(port) };
    checkHost(address.hostname);
    return address;
  }
  if (value === undefined || value === null) {
    throw new TypeError("connect() needs an address: \"host:port\" or { hostname, port }.");
  }
  const text = `${value}`;
  if (text === "") throw new TypeError("Specified address is missing hostname.");
  const [, hostname, port, rest] = /^(\[[^\]]*\]|[^:/?#]*)(?::(\d*))?(.*)$/s.exec(text)!;
  if (hostname === "") throw new TypeError("Specified address is missing hostname.");
  if (/[\s<>^|%\\]/.test(hostname!)) throw new TypeError("Specified address could not be parsed.");
  if (port === undefined || port === "") throw new TypeError("Specified address is missing port.");
  if (port.length > 5 || Number(port) > 65535) throw new TypeError("Specified address could not be parsed.");
  checkHost(hostname! + rest!);
  return { hostname: hostname!, port: Number(port) };
}

/** "host:port", an IPv6 address in brackets. */
export function addressText({ hostname, port }: SocketAddress): string {
  return hostname.includes(":") && !hostname.startsWith("[") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

export function toOptions(value: unknown): SocketOptions {
  const options: SocketOptions = { secureTransport: "off", allowHalfOpen: false };
  if (value === undefined) return options;
  if (value === null || (typeof value !== "object" && typeof value !== "function")) {
    throw new TypeError("Failed to execute 'connect' on 'SocketsModule': parameter 2 is not of type 'SocketOptions'.");
  }
  const { secureTransport, allowHalfOpen } = value as { secureTransport?: unknown; allowHalfOpen?: unknown };
  if (secureTransport !== undefined) {
    const text = `${secureTransport}`;
    if (text !== "off" && text !== "on" && text !== "starttls") {
      throw new TypeError(`Unsupported value in secureTransport socket option: ${text}`);
    }
    options.secureTransport = text;
  }
  options.allowHalfOpen = Boolean(allowHalfOpen);
  return options;
}
