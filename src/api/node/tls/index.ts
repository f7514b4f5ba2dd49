// SPDX-License-Identifier: Apache-2.0
// node:tls: the client, over connect() of cloudflare:sockets. Who the server is gets checked by the supervisor, against
// the machine's roots; what would change that is refused. https://nodejs.org/api/tls.html
import { Socket, callable, isIP, normalizeArgs } from "mayfly:node/net";
import { invalidArgType, nextTick, nodeError, refuseAll, refusedClass, validateString } from "mayfly:node/internal";

function refused(what: string): Error {
  return nodeError(Error, "ERR_OPTION_NOT_IMPLEMENTED", `The ${what} option is not implemented`);
}

// What says who the other side may be, or who this side is, and cannot be kept.
const refusedOptions = [
  "ca", "cert", "key", "pfx", "passphrase", "crl", "checkServerIdentity", "pskCallback", "secureContext", "ALPNProtocols",
  "SNICallback", "ciphers", "minVersion", "maxVersion", "session",
];

function checkOptions(options: any): void {
  for (const name of refusedOptions) if (options[name] !== undefined && options[name] !== null) throw refused(`options.${name}`);
  if (options.rejectUnauthorized === false) throw refused("options.rejectUnauthorized");
  if (options.isServer) throw refused("options.isServer");
}

export class TLSSocket extends Socket {
  encrypted = true;
  authorized = false;
  authorizationError: unknown = null;
  alpnProtocol = false;
  servername: string | undefined;

  constructor(socket: any, options: any = {}) {
    checkOptions(options);
    super(options);
    this.servername = options.servername;
    if (socket === undefined || socket === null) return;
    if (!(socket instanceof Socket)) throw invalidArgType("socket", "net.Socket", socket);
    this._follow(socket);
    this.connecting = true;
    const name = options.servername ?? socket._host ?? "";
    socket._handOver(name).then((wire: any) => this._adopt(wire), (error: unknown) => this.destroy(error));
    socket.once("close", () => {
      if (this.connecting) this.destroy();
    });
  }
  override _open(address: object): any {
    return requireGroup("mayfly:platform/sockets").connect(address, { secureTransport: "on", allowHalfOpen: true });
  }
  override _opened(): void {
    this.authorized = true;
    this.servername ??= this._host !== undefined && isIP(this._host) === 0 ? this._host : undefined;
    this.emit("secureConnect");
    this.emit("secure");
  }
  // What is known of the connection stays with the supervisor, which made it.
  getPeerCertificate(): object {
    return {};
  }
  getPeerX509Certificate(): undefined {
    return undefined;
  }
  getCertificate(): object {
    return {};
  }
  getCipher(): undefined {
    return undefined;
  }
  getProtocol(): null {
    return null;
  }
  getSession(): undefined {
    return undefined;
  }
  getTLSTicket(): undefined {
    return undefined;
  }
  getEphemeralKeyInfo(): object {
    return {};
  }
  getFinished(): undefined {
    return undefined;
  }
  getPeerFinished(): undefined {
    return undefined;
  }
  isSessionReused(): boolean {
    return false;
  }
  disableRenegotiation(): void {}
  enableTrace(): void {}
  setMaxSendFragment(): boolean {
    return false;
  }
  setServername(name: unknown): void {
    validateString(name, "name");
    throw nodeError(Error, "ERR_METHOD_NOT_IMPLEMENTED", "The setServername method is not implemented: give options.servername to connect()");
  }
  renegotiate(_options: unknown, callback?: (error: unknown) => void): boolean {
    if (callback) nextTick(callback, nodeError(Error, "ERR_METHOD_NOT_IMPLEMENTED", "The renegotiate method is not implemented"));
    return false;
  }
}

function connect(...args: any[]): TLSSocket {
  const [first, callback] = normalizeArgs(args);
  // connect(port, host, options)
  const more = args.find((arg, at) => at > 0 && typeof arg === "object" && arg !== null);
  const options = { ...first, ...more };
  const host = options.host ?? "localhost";
  let under = options.socket;
  if (!under && options.servername !== undefined && options.servername !== "" && options.servername !== host) {
    // The name that is checked is not the one that is connected to: TLS starts once the connection is there.
    under = new Socket();
    under.connect({ ...options, host });
  }
  const socket = new TLSSocket(under, options);
  if (callback !== null) socket.once("secureConnect", callback);
  if (!under) return socket.connect({ ...options, host });
  under.once("error", (error: unknown) => socket.destroy(error));
  return socket;
}

/** Nothing of a context can be chosen: an empty one goes with a connection. */
class SecureContext {
  context = {};
  constructor(options: any = {}) {
    checkOptions(options);
  }
}

function matchesName(name: string, pattern: string): boolean {
  const [host, wanted] = [name.toLowerCase().replace(/\.$/, ""), pattern.toLowerCase().replace(/\.$/, "")];
  if (!wanted.startsWith("*.")) return host === wanted;
  const at = host.indexOf(".");
  return at > 0 && wanted.indexOf(".", 2) > 0 && host.slice(at) === wanted.slice(1);
}

/** https://nodejs.org/api/tls.html#tlscheckserveridentityhostname-cert */
function checkServerIdentity(hostname: string, cert: any): Error | undefined {
  const host = `${hostname}`;
  const names = String(cert?.subjectaltname ?? "").split(/, ?/).filter(Boolean);
  const dns = names.filter((name) => name.startsWith("DNS:")).map((name) => name.slice(4));
  const addresses = names.filter((name) => name.startsWith("IP Address:")).map((name) => name.slice(11));
  let reason = "Cert does not contain a DNS name";
  let valid = false;
  if (isIP(host) !== 0) {
    valid = addresses.includes(host);
    reason = `IP: ${host} is not in the cert's list: ${addresses.join(", ")}`;
  } else if (dns.length > 0) {
    valid = dns.some((name) => matchesName(host, name));
    reason = `Host: ${host}. is not in the cert's altnames: ${cert.subjectaltname}`;
  } else if (cert?.subject?.CN !== undefined) {
    const common: string[] = [cert.subject.CN].flat();
    valid = common.some((name) => matchesName(host, name));
    reason = `Host: ${host}. is not cert's CN: ${common.join(", ")}`;
  }
  if (valid) return undefined;
  const error = nodeError(Error, "ERR_TLS_CERT_ALTNAME_INVALID", `Hostname/IP does not match certificate's altnames: ${reason}`);
  return Object.assign(error, { reason, host, cert });
}

function convertALPNProtocols(protocols: unknown, out: { ALPNProtocols?: unknown }): void {
  const { Buffer } = requireGroup("mayfly:node/buffer");
  if (Array.isArray(protocols)) {
    out.ALPNProtocols = Buffer.concat(protocols.map((each, at) => {
      const name = Buffer.from(each);
      if (name.length > 255) throw nodeError(RangeError, "ERR_OUT_OF_RANGE", `The byte length of the protocol at index ${at} exceeds the maximum length. It must be <= 255. Received ${name.length}`);
      return Buffer.concat([Buffer.from([name.length]), name]);
    }));
  } else if (ArrayBuffer.isView(protocols)) {
    out.ALPNProtocols = Buffer.from(protocols as Uint8Array);
  }
}

export default {
  CLIENT_RENEG_LIMIT: 3, CLIENT_RENEG_WINDOW: 600, DEFAULT_CIPHERS: "", DEFAULT_ECDH_CURVE: "auto", DEFAULT_MAX_VERSION: "TLSv1.3",
  DEFAULT_MIN_VERSION: "TLSv1.2", SecureContext, Server: refusedClass("Server", "tls.Server"), TLSSocket: callable(TLSSocket), checkServerIdentity, connect, convertALPNProtocols,
  createSecureContext: (options?: unknown) => new SecureContext(options), 
  ...refuseAll("createSecurePair createServer getCiphers", "tls."), rootCertificates: Object.freeze([]),
};
