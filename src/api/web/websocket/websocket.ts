// SPDX-License-Identifier: Apache-2.0
// https://websockets.spec.whatwg.org/ and what Workers add to it: pairs, accept(), and an end of each direction by itself
// (allowHalfOpen).
//
// A WebSocket that was accepted runs its listeners in the request in which it was. One that answers a client of this
// worker keeps that request alive; every other ends with it.
import { type ContextOwned, RequestContext, currentContext, defineInterface, enqueueMicrotask } from "mayfly:core";
import {
  CloseEvent, DOMException, ErrorEvent, Event, EventTarget, MessageEvent, defineHandler, dispatch, markTrusted, reportError,
} from "mayfly:web/events";
import { type Data, type FarEnd, LocalEnd, type NearEnd, type Wire, WireEnd, connectionLost } from "./wire.ts";

const kReasonBytesMax = 123;
const kNotAccepted =
    "You must call one of accept() or state.acceptWebSocket() on this WebSocket before sending messages.";
const kUsed = "This WebSocket was used in a response: it is the receiver's now.";
const kLost = "WebSocket disconnected without sending Close frame.";

const internal = Symbol("websocket");
const { isView } = ArrayBuffer;

const kConnecting = 0;
const kOpen = 1;
const kClosing = 2;
const kClosed = 3;

type BinaryType = "blob" | "arraybuffer";
/** What came from the far end. */
type Received = { data: Data } | { code: number; reason: string } | { error: Error; reason: string };

const flag = (name: string): boolean => requireGroup("mayfly:core").worker.config.compatibility[name] === true;

/** A pair of WebSockets, each the other's far end. */
export let makePair: () => [WebSocket, WebSocket];
/** The WebSocket of a response with status 101. */
export let makeReceived: (wire: Wire) => WebSocket;
/** Of a `new WebSocket()`. */
export let makeConnecting: (url: string) => WebSocket;
/** It is connected: `received` came with the response, and is used up. */
export let establish: (socket: WebSocket, received: WebSocket, protocol: string) => void;
export let establishFailed: (socket: WebSocket, error: Error) => void;
export let isWebSocket: (value: unknown) => value is WebSocket;
/** Throws if it cannot leave with a response. */
export let checkGivable: (socket: WebSocket) => void;
/** It leaves with a response: what its other end sends goes to `wire`, whose far end is a client. */
export let giveAway: (socket: WebSocket, wire: Wire) => void;
/** It should have left with a response that nobody wants any more. */
export let discard: (socket: WebSocket) => void;

export class WebSocket extends EventTarget {
  #far: FarEnd | null = null;
  /** Of a pair: the other one. */
  #twin: WebSocket | null = null;
  /** Came with a response, and is not accepted. */
  #wire: Wire | null = null;
  #accepted = false;
  /** It is no longer this worker's: what it leads to was given away. */
  #used = false;
  #connecting = false;
  #closeSent = false;
  #closeCame = false;
  #broken = false;
  #halfOpen = !flag("web_socket_auto_reply_to_close");
  /** Whether it keeps its request alive. */
  #holds = false;
  #context: RequestContext | null = null;
  /** What waits for accept(). */
  #waiting: Received[] = [];
  #url: string | null = null;
  #protocol = "";
  #binaryType: BinaryType = flag("websocket_standard_binary_type") ? "blob" : "arraybuffer";
  #attachment: Uint8Array | null = null;
  readonly #owned: ContextOwned = { contextEnded: () => this.#contextEnded() };
  readonly #near: NearEnd = {
    received: (data) => this.#received({ data }),
    closed: (code, reason) => this.#received({ code, reason }),
    lost: (error) => this.#received({ error, reason: kLost }),
  };

  static {
    isWebSocket = (value): value is WebSocket => typeof value === "object" && value !== null && #far in value;
    makePair = () => {
      const [first, second] = [new WebSocket(internal), new WebSocket(internal)];
      first.#pairWith(second);
      second.#pairWith(first);
      return [first, second];
    };
    makeReceived = (wire) => {
      const socket = new WebSocket(internal);
      socket.#wire = wire;
      return socket;
    };
    makeConnecting = (url) => {
      const socket = new WebSocket(internal);
      socket.#url = url;
      socket.#connecting = true;
      socket.#context = currentContext();
      return socket;
    };
    establish = (socket, received, protocol) => {
      received.#used = true;
      socket.#protocol = protocol;
      socket.#wire = received.#wire;
      const closing = !socket.#connecting;
      socket.#connecting = false;
      socket.#begin();
      if (closing) socket.#far!.close(1000, "");
      else socket.#tell(new Event("open"));
      socket.#far!.start();
    };
    establishFailed = (socket, error) => {
      socket.#connecting = false;
      socket.#accepted = true;
      socket.#received({ error, reason: "Failed to establish websocket connection" });
    };
    checkGivable = (socket) => {
      if (socket.#url !== null) throw new TypeError("A WebSocket that was made by its constructor cannot be used in a response.");
      if (socket.#used) throw new TypeError(kUsed);
      if (socket.#accepted) throw new TypeError("A WebSocket that was accepted cannot be used in a response.");
    };
    giveAway = (socket, wire) => {
      socket.#used = true;
      // Frames of the same kind on both sides: the bytes pass.
      if (socket.#wire !== null) {
        socket.#wire.attach(wire.incoming);
        wire.attach(socket.#wire.incoming);
        return;
      }
      socket.#twin!.#lead(wire, socket.#waiting);
      socket.#waiting = [];
    };
    discard = (socket) => {
      if (socket.#used || socket.#accepted) return;
      socket.#used = true;
      socket.#wire?.incoming.cancel(new Error("The WebSocket is wanted no longer."));
      if (socket.#twin !== null) socket.#twin.#near.lost(connectionLost());
    };
  }

  constructor(url: unknown, protocols: unknown = undefined) {
    super();
    if (url === internal) return;
    if (arguments.length === 0) {
      throw new TypeError("Failed to construct 'WebSocket': constructor parameter 1 is not of type 'string'.");
    }
    const { connectWebSocket } = requireGroup("mayfly:web/websocket");
    return connectWebSocket(`${url}`, protocols) as WebSocket;
  }

  #pairWith(other: WebSocket): void {
    this.#twin = other;
    this.#far = new LocalEnd(other.#near);
  }

  /** Its other end is beyond `wire` from now on; `sent` is what it has sent so far. */
  #lead(wire: Wire, sent: Received[]): void {
    const far = (this.#far = new WireEnd("server", wire, this.#near));
    for (let index = 0; index < sent.length; index++) {
      const one = sent[index]!;
      if ("data" in one) far.send(one.data);
      else if ("code" in one) far.close(one.code, one.reason);
      else far.abort(one.error);
    }
    if (!this.#accepted) return;
    this.#keepRequest();
    enqueueMicrotask(() => far.start());
  }

  /** Begins to deliver, here, what the other end sends. */
  accept(options: unknown = undefined): void {
    if (options !== undefined && options !== null && typeof options !== "object" && typeof options !== "function") {
      throw new TypeError("Failed to execute 'accept' on 'WebSocket': parameter 1 is not of type 'AcceptOptions'.");
    }
    if (this.#url !== null) {
      throw new TypeError("Websockets obtained from the 'new WebSocket()' constructor cannot call accept");
    }
    if (this.#used) throw new TypeError("Can't accept() WebSocket that was already used in a response.");
    if (this.#accepted) return;
    if ((options as { allowHalfOpen?: unknown } | null | undefined)?.allowHalfOpen) this.#halfOpen = true;
    this.#begin();
    // Listeners may be added after it.
    enqueueMicrotask(() => this.#deliverWaiting());
  }

  #begin(): void {
    this.#accepted = true;
    this.#context = currentContext();
    this.#context?.own(this.#owned);
    if (this.#wire !== null) this.#far = new WireEnd("client", this.#wire, this.#near);
    else if (this.#twin!.#used) this.#keepRequest();
    if (this.#context?.ended) this.#contextEnded();
  }

  #keepRequest(): void {
    if (this.#holds || this.readyState === kClosed || this.#context === null || this.#context.ended) return;
    this.#holds = true;
    this.#context.hold();
  }

  #deliverWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let index = 0; index < waiting.length; index++) this.#deliver(waiting[index]!);
    this.#far!.start();
  }

  #received(what: Received): void {
    if (!this.#accepted || this.#waiting.length > 0) this.#waiting.push(what);
    else this.#deliver(what);
  }

  #deliver(what: Received): void {
    if (this.#broken || this.#closeCame && ("data" in what || "code" in what)) return;
    if ("data" in what) {
      this.#tellMessage(what.data);
    } else if ("code" in what) {
      this.#closeCame = true;
      if (!this.#closeSent && !this.#halfOpen) {
        this.#closeSent = true;
        this.#far!.close(what.code, what.reason);
      }
      this.#tell(new CloseEvent("close", { ...what, wasClean: true }));
      if (this.#closeSent) this.#over();
    } else if (this.readyState !== kClosed) {
      this.#broken = true;
      if (!this.#closeCame) {
        this.#tellError(what.error);
        this.#tell(new CloseEvent("close", { code: 1006, reason: what.reason, wasClean: false }));
      }
      this.#over();
    }
  }

  /** A listener that throws breaks the connection off. */
  #tellMessage(data: Data): void {
    let thrown: { error: unknown } | null = null;
    this.#tell(new MessageEvent("message", { data: this.#dataOf(data) }), (error) => {
      thrown ??= { error };
      reportError(error);
    });
    if (thrown === null || this.readyState === kClosed) return;
    this.#broken = true;
    this.#far!.abort(connectionLost());
    this.#tellError((thrown as { error: unknown }).error);
    this.#over();
  }

  #tellError(error: unknown): void {
    this.#tell(new ErrorEvent("error", { message: `Uncaught ${error}`, error }));
  }

  #dataOf(data: Data): unknown {
    if (typeof data === "string") return data;
    if (this.#binaryType === "arraybuffer") return data.buffer;
    return requireGroup("mayfly:web/file").makeBlob(data, "");
  }

  #tell(event: Event, report: ((error: unknown) => void) | undefined = undefined): void {
    const context = this.#context;
    if (context === null) {
      dispatch(this, markTrusted(event), report);
      return;
    }
    if (context.ended) return;
    const previous = context.enter();
    try {
      dispatch(this, markTrusted(event), report);
    } finally {
      RequestContext.leave(previous);
    }
  }

  /** Nothing more comes or goes. */
  #over(): void {
    const context = this.#context;
    if (context === null) return;
    context.disown(this.#owned);
    if (!this.#holds) return;
    this.#holds = false;
    context.release();
  }

  #contextEnded(): void {
    this.#holds = false;
    if (this.readyState === kClosed) return;
    this.#broken = true;
    this.#far?.abort(connectionLost());
  }

  send(data: unknown): void {
    if (arguments.length === 0) {
      throw new TypeError("Failed to execute 'send' on 'WebSocket': parameter 1 is not of type 'ArrayBuffer or " +
          "ArrayBufferView or string'.");
    }
    let message: Data;
    if (isView(data)) {
      message = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
    } else if (data instanceof ArrayBuffer) {
      message = new Uint8Array(data);
    } else {
      message = `${data}`.toWellFormed();
    }
    this.#checkAccepted();
    if (this.#closeSent) throw new TypeError("Can't call WebSocket send() after close().");
    // The event that tells may be still to come.
    if (this.#broken) return;
    this.#far!.send(message);
  }

  close(code: unknown = undefined, reason: unknown = undefined): void {
    let number = 1005;
    if (code !== undefined) {
      number = Math.trunc(Number(code)) || 0;
      if (number < 1000 || number > 4999 || [1004, 1005, 1006, 1015].includes(number)) {
        throw new DOMException(`Invalid WebSocket close code: ${number}.`, "InvalidAccessError");
      }
    } else if (reason !== undefined) {
      throw new DOMException("If you specify a WebSocket close reason, you must also specify a code.", "InvalidAccessError");
    }
    const text = reason === undefined ? "" : toReason(`${reason}`.toWellFormed());
    if (this.#connecting) {
      this.#connecting = false;
      this.#closeSent = true;
      return;
    }
    this.#checkAccepted();
    if (this.#closeSent || this.#broken) return;
    this.#closeSent = true;
    this.#far!.close(number, text);
    if (this.#closeCame) this.#over();
  }

  #checkAccepted(): void {
    if (this.#used) throw new TypeError(kUsed);
    if (!this.#accepted || this.#far === null) throw new TypeError(kNotAccepted);
  }

  serializeAttachment(value: unknown): void {
    if (arguments.length === 0) {
      throw new TypeError("Failed to execute 'serializeAttachment' on 'WebSocket': parameter 1 is not of type 'Value'.");
    }
    this.#attachment = ops.toBytes(value);
  }
  deserializeAttachment(): unknown {
    return this.#attachment === null ? null : ops.fromBytes(this.#attachment);
  }

  get readyState(): number {
    if (this.#broken || this.#closeSent && this.#closeCame) return kClosed;
    if (this.#closeSent || this.#closeCame) return kClosing;
    return this.#connecting ? kConnecting : kOpen;
  }
  /** Bytes that were sent and have not left. */
  get bufferedAmount(): number {
    return this.#far?.waiting ?? 0;
  }
  get url(): string | null {
    return this.#url;
  }
  get protocol(): string {
    return this.#protocol;
  }
  get extensions(): string {
    return "";
  }
  get binaryType(): string {
    return this.#binaryType;
  }
  set binaryType(type: unknown) {
    if (type === "blob" || type === "arraybuffer") this.#binaryType = type;
  }
}

/** As a close frame can carry it. */
function toReason(text: string): string {
  const bytes = ops.utf8Encode(text);
  if (bytes.length <= kReasonBytesMax) return text;
  if (flag("websocket_close_reason_byte_limit")) {
    throw new DOMException(`WebSocket close reason must not be longer than ${kReasonBytesMax} bytes when UTF-8 encoded.`,
                           "SyntaxError");
  }
  // It is not checked: as many whole characters as there is room for.
  let end = kReasonBytesMax;
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return ops.utf8Decode(bytes.subarray(0, end), true)!;
}

const states = { CONNECTING: kConnecting, OPEN: kOpen, CLOSING: kClosing, CLOSED: kClosed };
defineInterface(WebSocket, "WebSocket", {
  READY_STATE_CONNECTING: kConnecting, READY_STATE_OPEN: kOpen, READY_STATE_CLOSING: kClosing, READY_STATE_CLOSED: kClosed,
  ...states,
});
for (const type of ["open", "message", "close", "error"]) defineHandler(WebSocket.prototype, type);

/** The two ends of a connection: one for the client, in a response, and one to be accepted. */
export class WebSocketPair {
  0: WebSocket;
  1: WebSocket;
  constructor() {
    const pair = makePair();
    this[0] = pair[0];
    this[1] = pair[1];
  }
}
defineInterface(WebSocketPair);
