// SPDX-License-Identifier: Apache-2.0
// Modules of old whose names begin with "_", which packages still reach into: parts of others.

const part = (group: string, ...names: string[]) => (): object => {
  const whole = requireGroup(`mayfly:node/${group}`).default;
  return Object.fromEntries(names.map((name) => [name, whole[name]]));
};
const streamClass = (name: string) => (): object => requireGroup("mayfly:node/stream").default[name];

const modules: Record<string, () => object> = {
  __proto__: null as never,
  _http_agent: part("http", "Agent", "globalAgent"),
  _http_client: part("http", "ClientRequest"),
  _http_common: () => ({ CRLF: "\r\n", methods: requireGroup("mayfly:node/http").default.METHODS }),
  _http_incoming: part("http", "IncomingMessage"),
  _http_outgoing: part("http", "OutgoingMessage", "validateHeaderName", "validateHeaderValue"),
  _http_server: part("http", "STATUS_CODES", "Server", "ServerResponse"),
  _stream_duplex: streamClass("Duplex"),
  _stream_passthrough: streamClass("PassThrough"),
  _stream_readable: streamClass("Readable"),
  _stream_transform: streamClass("Transform"),
  _stream_writable: streamClass("Writable"),
  _tls_common: part("tls", "SecureContext", "createSecureContext"),
  _tls_wrap: part("tls", "TLSSocket", "connect"),
};

const made: Record<string, object> = { __proto__: null as never };
const all = {};
for (const [name, make] of Object.entries(modules)) {
  Object.defineProperty(all, name, { get: () => (made[name] ??= make()), enumerable: true });
}
export default all;
