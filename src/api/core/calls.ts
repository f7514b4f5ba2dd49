// SPDX-License-Identifier: Apache-2.0
// The two ends of a call. RemoteCall is ours: it waits for an answer, and more calls can be made on the answer before
// it is here. Answer is the peer's call as we serve it: it holds the value until the peer finishes it, for the same
// reason.

import type { ByteSource } from "./byte_queue.ts";
import { IncomingStream } from "./byte_streams.ts";
import type { Callee } from "./capability.ts";
import { RequestContext, currentContext } from "./context.ts";
import { abortError, addPlaces } from "./errors.ts";
import { callMember, capabilityOf } from "./members.ts";
import { disposeAll } from "./results.ts";
import { MessageFlag, MessageType } from "./protocol.ts";
import type { Session } from "./session.ts";
import type { EventTrace } from "./trace.ts";

export const kContextGone = "The execution context which hosts this callback is no longer running.";

export const enum CallState {
  pending,
  fulfilled,
  rejected,
}

/** What waits in a session for the answer to a call of ours. */
export interface Waiting {
  readonly context: RequestContext | null;
  onResult(value: unknown): void;
  onResponse(response: ResponseMessage): void;
  onFailure(error: unknown): void;
}

export interface ResponseMessage {
  status: number;
  head: string;
  flags: number;
  stream: number;
  payload: Uint8Array | undefined;
}

/** The compatibility flag `rpc_dispose_cancels_call`; set at start. */
let disposeCancels = false;
export function setDisposeCancels(enabled: boolean): void {
  disposeCancels = enabled;
}

export class RemoteCall implements Waiting {
  readonly session: Session | null;
  readonly id: number;
  readonly context: RequestContext | null;
  state = CallState.pending;
  value: unknown = undefined;
  #promise: Promise<unknown> | null = null;
  #resolve: ((value: unknown) => void) | null = null;
  #reject: ((error: unknown) => void) | null = null;
  #disposed = false;
  #settled: (() => void) | null = null;

  constructor(session: Session | null, id: number) {
    this.session = session;
    this.id = id;
    this.context = currentContext();
  }

  static fulfilled(value: unknown): RemoteCall {
    const call = new RemoteCall(null, 0);
    call.onResult(value);
    return call;
  }

  static rejected(error: unknown): RemoteCall {
    const call = new RemoteCall(null, 0);
    call.onFailure(error);
    return call;
  }

  /** A call whose outcome is that of a call still to be made. */
  static eventual(call: Promise<RemoteCall>): RemoteCall {
    const eventual = new RemoteCall(null, 0);
    call.then((made) => made.promise()).then(
      (value) => eventual.onResult(value),
      (error) => eventual.onFailure(error),
    );
    return eventual;
  }

  promise(): Promise<unknown> {
    if (this.#promise === null) {
      if (this.state === CallState.fulfilled) this.#promise = Promise.resolve(this.value);
      else if (this.state === CallState.rejected) this.#promise = Promise.reject(this.value);
      else {
        this.#promise = withPlaces(new Promise((resolve, reject) => {
          this.#resolve = resolve;
          this.#reject = reject;
        }));
      }
    }
    return this.#promise;
  }

  /** Calls `settled` once there is an outcome, without awaiting it. For one caller. */
  whenSettled(settled: () => void): void {
    if (this.state === CallState.pending) this.#settled = settled;
    else settled();
  }

  /** A call on the answer, wherever that is by now. */
  call(path: readonly string[], args: unknown[] | undefined): RemoteCall {
    switch (this.state) {
      case CallState.pending:
        if (this.session === null) return RemoteCall.eventual(this.promise().then(() => this.call(path, args)));
        return this.session.call(this.id, true, undefined, path, args);
      case CallState.rejected:
        return RemoteCall.rejected(this.value);
      case CallState.fulfilled:
        try {
          const found = callMember(this.value, path, args, null);
          return found instanceof RemoteCall ? found : RemoteCall.fulfilled(found);
        } catch (error) {
          return RemoteCall.rejected(error);
        }
    }
  }

  async fetch(request: Request): Promise<Response> {
    if (this.state === CallState.pending && this.session !== null) {
      return requireGroup("mayfly:web/fetch").sendRequest(this.session, this.id, true, request);
    }
    return fetchFrom(await this.promise(), request);
  }

  /** If nobody awaits the answer, the stubs in it are given back. */
  dispose(): void {
    this.#disposed = true;
    if (this.state === CallState.fulfilled && this.#promise === null) disposeOf(this.value);
    if (!disposeCancels || this.state !== CallState.pending) return;
    this.session?.finishCall(this.id);
    this.onFailure(abortError("The RPC call was canceled because its promise was disposed."));
  }

  onResult(value: unknown): void {
    if (this.#disposed && this.#promise === null) disposeOf(value);
    this.state = CallState.fulfilled;
    this.value = value;
    if (this.#resolve !== null) this.#resolve(value);
    this.#resolve = this.#reject = null;
    this.#settled?.();
  }

  onFailure(error: unknown): void {
    this.state = CallState.rejected;
    this.value = error;
    if (this.#reject !== null) this.#reject(error);
    this.#resolve = this.#reject = null;
    this.#settled?.();
  }

  onResponse(): void {
    this.onFailure(new TypeError("The peer answered a call as if it were a fetch."));
  }
}

/** The answer; an error from afar gets the places that wait for it, which V8 knows while an async function throws it on. */
async function withPlaces(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    addPlaces(error);
    throw error;
  }
}

function disposeOf(value: unknown): void {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return;
  (value as Partial<Disposable>)[Symbol.dispose]?.();
}

/** Waits for the response to a fetch message, which `read` gets at once: before the chunks of its body. */
export class ResponseCall<T> implements Waiting {
  readonly context = currentContext();
  readonly promise: Promise<T>;
  readonly #read: (response: ResponseMessage) => T;
  #resolve!: (response: T) => void;
  #reject!: (error: unknown) => void;

  constructor(read: (response: ResponseMessage) => T) {
    this.#read = read;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  onResult(): void {
    this.#reject(new TypeError("The peer answered a fetch as if it were a call."));
  }
  onResponse(response: ResponseMessage): void {
    try {
      this.#resolve(this.#read(response));
    } catch (error) {
      this.#reject(error);
    }
  }
  onFailure(error: unknown): void {
    this.#reject(error);
  }
}

const enum AnswerState {
  waiting,
  value,
  callee,
  failed,
}

export class Answer {
  readonly session: Session;
  readonly id: number;
  readonly isFetch: boolean;
  #context: RequestContext | null = null;
  #holding = false;
  /** Stubs among the arguments: theirs until the call returns. */
  params: Disposable[] | null = null;
  /** Stubs that went away with the answer: called through it until the peer finishes it. */
  givenUp: Disposable[] | null = null;
  /** Told when the peer wants the answer no longer although it was not sent. */
  abandoned: (() => void) | null = null;
  /** Whether the context was made for it. */
  isEvent = false;
  /** Told how the event that this call is was answered. */
  trace: EventTrace | null = null;
  #state = AnswerState.waiting;
  #value: unknown = undefined;
  #forward: RemoteCall | null = null;
  #waiters: (() => void)[] | null = null;
  /** What a client sends that asks for a WebSocket. */
  #clientBytes: IncomingStream | null = null;

  constructor(session: Session, id: number, isFetch: boolean) {
    this.session = session;
    this.id = id;
    this.isFetch = isFetch;
  }

  /** The context that serves the call. */
  get context(): RequestContext | null {
    return this.#context;
  }

  /** The context from whose code the answer is still to come. */
  get unanswered(): RequestContext | null {
    return this.#state === AnswerState.waiting && this.#holding ? this.#context : null;
  }

  /** Takes over one hold on `context`, which is kept until the answer was sent. */
  serveIn(context: RequestContext): void {
    this.#context = context;
    this.#holding = true;
  }

  /** The outcome of user code: a value, or a promise of one. */
  settle(value: unknown): void {
    if (value !== null && (typeof value === "object" || typeof value === "function") &&
        typeof (value as PromiseLike<unknown>).then === "function") {
      void this.#follow(value as PromiseLike<unknown>);
    } else {
      this.#resolve(value);
    }
  }

  // By `await`, which no patched Promise.prototype.then can see.
  async #follow(value: PromiseLike<unknown>): Promise<void> {
    let result: unknown;
    try {
      result = await value;
    } catch (error) {
      this.fail(error);
      return;
    }
    this.#resolve(result);
  }

  /** The same for a fetch, where a Response must come of it. */
  async settleResponse(response: unknown): Promise<void> {
    try {
      const result = await response;
      if (this.session.wants(this)) {
        this.trace?.answer("ok", (result as Response | undefined)?.status);
        const { sendResponse } = requireGroup("mayfly:web/fetch");
        if (await (sendResponse(this.session, this.id, result, this.#clientBytes) as Promise<boolean>)) {
          this.#clientBytes = null;
        }
      } else {
        await (requireGroup("mayfly:web/fetch").dropResponse(result) as Promise<void>);
      }
    } catch (error) {
      this.fail(error);
      return;
    }
    this.session.responseSent(this.id);
    this.#finishServing();
  }

  /** The answer is bytes, of a connection; `source` holds the context until it has ended. */
  settleBytes(source: ByteSource): void {
    if (this.#state !== AnswerState.waiting || !this.session.wants(this)) {
      source.cancel(new Error("The caller went away."));
      return;
    }
    this.#state = AnswerState.value;
    this.trace?.answer("ok");
    const { session } = this;
    const stream = session.streams.send(source, true);
    session.send(MessageType.response, MessageFlag.bodyStream, this.id, 200, stream.id, "OK", undefined);
    stream.start();
    session.responseSent(this.id);
    this.#finishServing();
  }

  /** The outcome is that of a call elsewhere; calls on this answer go there without waiting. */
  forward(call: RemoteCall): void {
    this.#forward = call;
    this.settle(call.promise());
  }

  /** The answer stands for `callee`, of which no value is sent: it is there to be called. */
  settleCallee(callee: Callee): void {
    this.#state = AnswerState.callee;
    this.#value = callee;
    if (!this.session.wants(this)) {
      callee.released();
      return;
    }
    this.session.keep(this);
    this.session.sendResult(this, undefined);
    this.#flush();
  }

  /** Fails if user code has not come up with an answer yet. */
  failServing(error: unknown): void {
    if (this.#state === AnswerState.waiting) this.fail(error);
  }

  fail(error: unknown): void {
    if (this.#state === AnswerState.failed) return;
    if (this.#state === AnswerState.waiting) {
      this.#state = AnswerState.failed;
      this.#value = error;
    }
    try {
      this.trace?.fail(error);
      this.session.sendFailure(this, error);
    } catch {
      // The worker has patched what even this needs: its callers are told by the end of the pipe.
      ops.closePipe(this.session.pipe, "The worker has broken the built-ins that its answers need.");
    }
    this.#flush();
    this.#finishServing();
  }

  readRequest(head: string, flags: number, stream: number, payload: unknown): Request {
    if (head.startsWith("CONNECT\n")) throw new TypeError("connect() is not possible on what answers this.");
    if ((flags & MessageFlag.bodyStream) !== 0 && asksForWebSocket(head)) {
      this.#clientBytes = new IncomingStream();
      this.session.streams.receive(this.#clientBytes, stream);
      flags &= ~MessageFlag.bodyStream;
    }
    const { requestFromMessage, abortRequest } = requireGroup("mayfly:web/fetch");
    const request: Request = requestFromMessage(this.session, head, flags, stream, payload);
    this.abandoned = () => {
      const context = this.#context;
      if (context === null) return;
      const previous = context.enter();
      try {
        abortRequest(request);
      } finally {
        RequestContext.leave(previous);
      }
    };
    return request;
  }

  /** A pipelined call: on what this answer is, or will be. */
  callOn(answer: Answer, path: string[], args: unknown[] | undefined): void {
    switch (this.#state) {
      case AnswerState.waiting:
        if (this.#forward !== null) answer.forward(this.#forward.call(path, args));
        else (this.#waiters ??= []).push(() => this.callOn(answer, path, args));
        return;
      case AnswerState.failed:
        answer.fail(this.#value);
        return;
      case AnswerState.callee:
        (this.#value as Callee).call(answer, path, args);
        return;
      case AnswerState.value:
        this.#serveOn(answer, path, args);
    }
  }

  #serveOn(answer: Answer, path: string[], args: unknown[] | undefined): void {
    const context = this.#context;
    if (context === null || !context.ended || context.aborted) {
      serve(answer, context, this.#value, path, args);
      return;
    }
    // Nothing of the event is in its answer, which therefore has ended it.
    const own = new RequestContext(context.subRequestsLeft);
    serve(answer, own, this.#value, path, args);
    own.release();
  }

  fetchOn(answer: Answer, head: string, flags: number, stream: number, payload: unknown): void {
    switch (this.#state) {
      case AnswerState.waiting:
        (this.#waiters ??= []).push(() => this.fetchOn(answer, head, flags, stream, payload));
        return;
      case AnswerState.failed:
        answer.fail(this.#value);
        return;
      case AnswerState.callee:
        (this.#value as Callee).fetch(answer, head, flags, stream, payload);
        return;
      case AnswerState.value:
        try {
          const request = answer.readRequest(head, flags, stream, payload);
          answer.settleResponse(fetchFrom(this.#value, request));
        } catch (error) {
          answer.fail(error);
        }
    }
  }

  /** The peer has no more use for it. */
  drop(): void {
    const unanswered = this.#state === AnswerState.waiting;
    if (unanswered) {
      // The response of a fetch may have been sent.
      this.trace?.answer("canceled");
      this.abandoned?.();
    }
    this.abandoned = null;
    if (this.#state === AnswerState.callee) (this.#value as Callee).released();
    this.#value = undefined;
    disposeAll(this.givenUp);
    this.givenUp = null;
    // What is not asked to outlive the caller (waitUntil) ends with it, or a call that never returns would keep all that
    // it has opened.
    if (!unanswered) return;
    if (this.isEvent) this.#context?.abandon();
    this.#finishServing();
  }

  #resolve(value: unknown): void {
    if (this.#state !== AnswerState.waiting) return;
    this.#state = AnswerState.value;
    this.#value = value;
    this.trace?.answer("ok");
    this.session.sendResult(this, value);
    this.#flush();
    this.#finishServing();
  }

  #flush(): void {
    const waiters = this.#waiters;
    if (waiters === null) return;
    this.#waiters = null;
    for (const waiter of waiters) waiter();
  }

  #finishServing(): void {
    this.#clientBytes?.cancel(new Error("The response is no WebSocket."));
    this.#clientBytes = null;
    const params = this.params;
    if (params !== null) {
      this.params = null;
      for (const param of params) param[Symbol.dispose]();
    }
    if (this.#holding) {
      this.#holding = false;
      this.#context!.release();
    }
  }
}

/** Whether the body of this request, of which a GET has none, is what the client of a WebSocket sends. */
function asksForWebSocket(head: string): boolean {
  if (!head.startsWith("GET\n")) return false;
  const lines = head.split("\n");
  for (let name = 2; name + 1 < lines.length; name += 2) {
    if (lines[name] === "upgrade") return lines[name + 1]!.toLowerCase() === "websocket";
  }
  return false;
}

function fetchFrom(value: unknown, request: Request): Promise<Response> {
  const capability = capabilityOf(value);
  if (capability === null) throw new TypeError("fetch() was called on the result of a call, which is no service.");
  return capability.fetch(request);
}

/** Calls a member of `object` for `answer`, in `context`. */
export function serve(answer: Answer, context: RequestContext | null, object: unknown, path: readonly string[],
                      args: unknown[] | undefined): void {
  let previous: unknown;
  if (context !== null) {
    if (context.ended) {
      answer.fail(new Error(kContextGone));
      return;
    }
    context.hold();
    answer.serveIn(context);
    previous = context.enter();
  }
  try {
    const value = callMember(object, path, args, null);
    if (value instanceof RemoteCall) answer.forward(value);
    else answer.settle(value);
  } catch (error) {
    answer.fail(error);
  } finally {
    if (context !== null) RequestContext.leave(previous);
  }
}
