// SPDX-License-Identifier: Apache-2.0
// The Socket of https://developers.cloudflare.com/workers/runtime-apis/tcp-sockets/ over a connection of a session.
//
// It ends when both directions have ended, with close(), with an error, or with its request.
import { ByteQueue, type ByteSource, Connection, type IncomingStream, isEgress } from "mayfly:core";
import type { SecureTransport, SocketAddress, SocketOptions } from "./address.ts";

const kFailed = "proxy request failed, cannot connect to the specified address";
const kLooksLikeHttp =
    "It looks like you might be trying to connect to a HTTP-based service — consider using fetch instead";
const kClosed = "This socket has been closed.";

const internal = Symbol("socket");
const { isView } = ArrayBuffer;

/** What a Socket needs of a connection. */
interface Wire {
  readonly incoming: IncomingStream;
  readonly opened: Promise<void>;
}

interface SocketInfo {
  remoteAddress?: string;
  localAddress?: string;
}

function toBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  if (typeof chunk === "string") return ops.utf8Encode(chunk);
  throw new TypeError("This TransformStream is being used as a byte stream, but received an object of " +
      "non-ArrayBuffer/ArrayBufferView type on its writable side.");
}

/** Why a connection could not be made, as the platform says it, and then in detail. */
function connectError(cause: unknown, address: SocketAddress | null): Error {
  const { name, message } = cause as Error;
  const hint = address !== null && (address.port === 80 || address.port === 443) ? `. ${kLooksLikeHttp}` : "";
  const error = new Error(`${kFailed}${hint}: ${message}`, { cause });
  if (name !== "Error") Object.defineProperty(error, "name", { value: name, writable: true, configurable: true });
  return error;
}

/** A promise that is settled from outside, and that nobody has to listen to. */
class Outcome<T> {
  readonly promise: Promise<T>;
  resolve!: (value: T) => void;
  reject!: (error: unknown) => void;
  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.promise.catch(() => {});
  }
}

export let makeSocket: (connect: (source: ByteSource) => Wire, address: string, to: SocketAddress | null,
                        options: SocketOptions, outgoing?: ByteQueue) => Socket;
/** What close() does, whatever a worker has made of that. */
export let closeSocket: (socket: Socket) => Promise<void>;

export class Socket {
  readonly #wire: Wire;
  readonly #outgoing: ByteQueue;
  readonly #address: SocketAddress | null;
  readonly #options: SocketOptions;
  readonly #opened = new Outcome<SocketInfo>();
  readonly #closed = new Outcome<void>();
  readonly #readable: ReadableStream;
  readonly #writable: WritableStream;
  #writer!: WritableStreamDefaultController;
  /** Chunks that were written and have not left. */
  #unwritten = 0;
  #flushed: (() => void) | null = null;
  #drained: { resolve(): void; reject(error: unknown): void } | null = null;
  #readEnded = false;
  #writeEnded = false;
  #over = false;
  #closing = false;
  /** startTls() was called: the connection is another socket's. */
  #handedOver = false;
  #secureTransport: SecureTransport;
  #upgraded = false;

  static {
    makeSocket = (connect, address, to, options, outgoing) => new Socket(internal, connect, address, to, options, outgoing);
    closeSocket = (socket) => socket.#close();
  }

  constructor(key: unknown, connect?: (source: ByteSource) => Wire, address?: string, to?: SocketAddress | null,
              options?: SocketOptions, outgoing: ByteQueue = new ByteQueue()) {
    if (key !== internal) throw new TypeError("Illegal constructor");
    this.#address = to!;
    this.#options = options!;
    this.#secureTransport = options!.secureTransport;
    this.#outgoing = outgoing;
    this.#writable = this.#makeWritable();
    outgoing.onDrained = () => this.#drainedNow();
    outgoing.onCancel = (reason) => this.#writeRefused(reason);
    this.#wire = connect!(outgoing);
    this.#wire.incoming.onOver = (error) => this.#incomingOver(error);
    this.#readable = this.#wire.incoming.toReadable();
    void this.#open(address!);
  }

  async #open(address: string): Promise<void> {
    try {
      await this.#wire.opened;
    } catch (error) {
      const told = this.#address === null ? error : connectError(error, this.#address);
      this.#opened.reject(told);
      this.#fail(told);
      this.#wire.incoming.onFailure(told);
      return;
    }
    this.#opened.resolve(this.#address === null ? { localAddress: address } : { remoteAddress: address });
  }

  #makeWritable(): WritableStream {
    const { WritableStream } = requireGroup("mayfly:web/streams");
    return new WritableStream({
      start: (controller: WritableStreamDefaultController) => {
        this.#writer = controller;
      },
      write: async (chunk: unknown) => {
        try {
          await this.#write(toBytes(chunk));
        } finally {
          if (--this.#unwritten === 0) this.#flushed?.();
        }
      },
      close: () => this.#endWriting(),
      abort: (reason: unknown) => {
        this.#outgoing.fail(reason);
        this.#wire.incoming.abandon(reason);
        this.#end();
      },
    }, {
      highWaterMark: 1,
      // The one thing that is called in the moment of a write().
      size: () => {
        this.#unwritten++;
        return 1;
      },
    });
  }

  #write(bytes: Uint8Array): Promise<void> | undefined {
    if (!this.#outgoing.open) throw new TypeError(kClosed);
    this.#outgoing.push(bytes);
    if (this.#outgoing.waiting === 0) return undefined;
    return new Promise((resolve, reject) => (this.#drained = { resolve, reject }));
  }

  #drainedNow(): void {
    const drained = this.#drained;
    this.#drained = null;
    drained?.resolve();
  }

  #endWriting(): void {
    if (this.#writeEnded) return;
    this.#writeEnded = true;
    this.#outgoing.end();
    this.#endIfBothEnded();
  }

  /** The other side takes no more. */
  #writeRefused(reason: unknown): void {
    this.#drained?.reject(reason);
    this.#drained = null;
    this.#writeEnded = true;
    if (this.#handedOver || this.#over) return;
    this.#writer.error(reason);
    this.#endIfBothEnded();
  }

  #incomingOver(error: unknown): void {
    if (this.#handedOver || this.#over) return;
    if (error !== undefined) {
      this.#fail(error);
      return;
    }
    this.#readEnded = true;
    if (!this.#options.allowHalfOpen && !this.#writeEnded) void this.#endAfterFlush();
    else this.#endIfBothEnded();
  }

  async #endAfterFlush(): Promise<void> {
    await this.#flush();
    if (this.#over) return;
    this.#endWriting();
    this.#writer.error(new TypeError(kClosed));
  }

  #endIfBothEnded(): void {
    if (this.#readEnded && this.#writeEnded) this.#end();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#forget();
    this.#closed.resolve();
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#forget();
    this.#outgoing.fail(error);
    this.#drained?.reject(error);
    this.#writer.error(error);
    this.#closed.reject(error);
  }

  #forget(): void {
    this.#flushed?.();
    if (this.#wire instanceof Connection) this.#wire.over();
  }

  /** Everything that was written has left. */
  async #flush(): Promise<void> {
    if (this.#unwritten > 0) await new Promise<void>((resolve) => (this.#flushed = resolve));
  }

  get readable(): ReadableStream {
    return this.#readable;
  }
  get writable(): WritableStream {
    return this.#writable;
  }
  /** Settles when the socket is closed; rejects when the connection fails. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }
  get opened(): Promise<SocketInfo> {
    return this.#opened.promise;
  }
  /** Whether startTls() was called on it. */
  get upgraded(): boolean {
    return this.#upgraded;
  }
  get secureTransport(): SecureTransport {
    return this.#secureTransport;
  }

  /** What was written before is still sent; reads fail from then on. */
  close(): Promise<void> {
    return this.#close();
  }

  async #close(): Promise<void> {
    if (!this.#closing && !this.#handedOver) {
      this.#closing = true;
      try {
        await this.#opened.promise;
        await this.#flush();
      } catch {
        // It is closed, then.
      }
      if (!this.#over) {
        this.#writeEnded = this.#readEnded = true;
        this.#end();
        this.#outgoing.end();
        const error = new TypeError(kClosed);
        this.#wire.incoming.abandon(error);
        this.#writer.error(error);
      }
    }
    try {
      await this.#closed.promise;
    } catch {
      // `closed` tells.
    }
  }

  /** A new socket that goes on with TLS; this one can be used no more. */
  startTls(options: unknown = undefined): Socket {
    if (options !== undefined && (options === null || typeof options !== "object")) {
      throw new TypeError("Failed to execute 'startTls' on 'Socket': parameter 1 is not of type 'TlsOptions'.");
    }
    if (this.#secureTransport === "on") throw new TypeError("Cannot startTls on a TLS socket.");
    if (this.#handedOver) {
      throw new TypeError("startTls has already been called on this socket, or the socket was transferred over RPC.");
    }
    if (this.#secureTransport !== "starttls") {
      throw new TypeError("The `secureTransport` socket option must be set to 'starttls' for startTls to be used.");
    }
    const { expectedServerHostname } = (options ?? {}) as { expectedServerHostname?: unknown };
    const host = expectedServerHostname === undefined ? this.#address!.hostname : `${expectedServerHostname}`;
    if (!/^[-a-zA-Z0-9_.:[\]]{1,255}$/.test(host)) throw new TypeError(`"${host}" is not the name of a host.`);
    if (this.#over || this.#closing) throw new TypeError("The connection was closed before startTls could be started.");
    this.#upgraded = this.#handedOver = true;
    const bracketed = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
    const target = this.#handOver(bracketed);
    const address = `${this.#address!.hostname}:${this.#address!.port}`;
    return makeSocket((source) => new Connection(target, source), address, this.#address,
                      { ...this.#options, secureTransport: "on" });
  }

  async #handOver(host: string): Promise<import("mayfly:core").ConnectionTarget> {
    const wire = this.#wire;
    await this.#opened.promise;
    await this.#flush();
    if (this.#over) throw new Error("The connection was closed before startTls could be started.");
    if (!(wire instanceof Connection) || wire.session === null || !isEgress(wire.session)) {
      throw new Error("startTls() is not supported on this connection.");
    }
    this.#end();
    this.#writer.error(new TypeError(kClosed));
    return { session: wire.session, target: 0, pipelined: false, head: `STARTTLS\n${host}\nconnection\n${wire.callId}` };
  }
}

Object.defineProperty(Socket.prototype, Symbol.toStringTag, { value: "Socket", configurable: true });
