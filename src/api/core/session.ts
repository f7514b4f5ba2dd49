// SPDX-License-Identifier: Apache-2.0
// One end of a pipe: what this isolate exports to the peer, the calls under way in both directions, the streams. Calls
// are numbered upwards by their sender. Everything that arrives is checked: what refers to nothing is ignored or
// answered with an error, what breaks the rules breaks the session.
//
// A finished call is told to the peer with the next `call` (in its stream field: all calls up to that number), so that
// an ordinary call costs two messages; those that finish out of order are told at once.

import { IncomingStream, type OutgoingStream } from "./byte_streams.ts";
import { Answer, RemoteCall, ResponseCall, type ResponseMessage, type Waiting } from "./calls.ts";
import { CallQuota } from "./call_quota.ts";
import type { Bootstrap, Callee } from "./capability.ts";
import { type ContextOwned, type RequestContext, setAbortListener } from "./context.ts";
import { bareRecord, thrownRecord } from "./errors.ts";
import { type Activity, reportActivity, watchForHung } from "./hung.ts";
import { Import } from "./import.ts";
import { limits, tooManyCalls, tooManyStubs } from "./limits.ts";
import { Numbered } from "./numbered.ts";
import { arePrimitive, isPrimitive } from "./primitives.ts";
import { MessageFlag, MessageType, isPath } from "./protocol.ts";
import { Reason } from "./reason.ts";
import { disposable, disposeAll } from "./results.ts";
import { SessionStreams, errorIn } from "./session_streams.ts";
import { giveToRequest } from "./stub.ts";

const { isArray } = Array;

interface Export {
  readonly callee: Callee;
  /** References that the peer holds. */
  references: number;
}

/** What one serialization has put into the tables, to be taken back should it fail. */
interface Written {
  exports: number[];
  streams: OutgoingStream[];
}

/** The stubs among `values`, exported, where the others are plain; undefined where they are not, or there are none. */
let listStubs: (session: Session, values: readonly unknown[]) => number[] | undefined;
export function setStubLister(list: typeof listStubs): void {
  listStubs = list;
}

const kBootstrap = 0;

const sessions = new Map<number, Session>();

reportActivity((activity) => {
  for (const session of sessions.values()) session.reportActivity(activity);
});

setAbortListener((context, reason) => {
  for (const session of [...sessions.values()]) session.contextAborted(context, reason);
});

export function sessionOf(pipe: number): Session | undefined {
  return sessions.get(pipe);
}

export class Session implements ContextOwned {
  readonly pipe: number;
  closed = false;
  /** Why it is over. */
  #reason: Reason | null = null;
  /** The answer that is being written: its capabilities keep its context alive. */
  writingAnswer: Answer | null = null;
  /** Stubs that were written and that this side gives up once the message is sent. */
  givenUp: Disposable[] | null = null;
  /** Host objects of the value that is being written, and what was written for them. */
  descriptors: Map<object, unknown> | null = null;
  /** The same of the first attempt, when a value is written a second time. */
  rewriting: Map<object, unknown> | null = null;
  /** Whether what is written now is the `init` of a dynamic worker: its capabilities outlive the context. */
  writingInit = false;
  /** Stubs read with the message that is being received. */
  received: Disposable[] | null = null;
  /** Called once when it is over. */
  onClosed: (() => void) | null = null;
  /** Told why it is over, before anything else is. */
  onEnded: ((reason: unknown) => void) | null = null;
  /** Called with the value of `init`. */
  onInit: ((value: unknown, corrupt: boolean) => void) | null = null;

  /** The request whose callback is still to come up with the code of the peer. */
  awaitsCodeFrom: RequestContext | null = null;

  readonly #bootstrap: Bootstrap | null;
  #writing = false;
  #written: Written | null = null;

  #lastCall = 0;
  #calls = new Numbered<Waiting>();
  /** Every call of ours up to this number is finished. */
  #finishedThrough = 0;
  #finishedTold = 0;
  #finishedBeyond: Set<number> | null = null;

  #lastAnswer = 0;
  readonly #quota = new CallQuota();
  #answers = new Numbered<Answer>();
  /** Answers that are callees: not finished in passing. */
  #kept = new Numbered<Answer>();

  #lastExport = 0;
  #exports = new Numbered<Export>();
  #exportIds: Map<object, number> | null = null;
  #imports = new Numbered<Import>();

  readonly streams = new SessionStreams(this);

  constructor(pipe: number, bootstrap: Bootstrap | null) {
    this.pipe = pipe;
    this.#bootstrap = bootstrap;
    sessions.set(pipe, this);
  }

  /** Why it is over: what calls on it fail with. */
  get closedWith(): unknown {
    return this.#reason?.error;
  }

  // --- sending ---

  /** Sends a message as it is. Throws what serialization throws. */
  send(type: MessageType, flags: number, id: number, target: number, stream: number, head: string | undefined,
       payload: unknown, stubs?: number[]): number {
    if (this.closed) return -1;
    return ops.send(this.pipe, type, flags, id, target, stream, head, payload, stubs);
  }

  /** Whether stubs may stand beside the values of a message (isolate/plain_values.h). */
  protected get listsStubs(): boolean {
    return true;
  }

  /** Sends a message with a value; takes back what was exported for it if it cannot be serialized. */
  #sendValue(type: MessageType, flags: number, id: number, target: number, stream: number, head: string | undefined,
             payload: unknown): number {
    if (isPrimitive(payload)) return this.send(type, flags, id, target, stream, head, payload);
    // A getter of the value may send something itself.
    const outerWriting = this.#writing;
    const outerWritten = this.#written;
    const outerGivenUp = this.givenUp;
    const outerDescriptors = this.descriptors;
    const outerRewriting = this.rewriting;
    this.#writing = true;
    this.#written = this.givenUp = this.descriptors = this.rewriting = null;
    try {
      let stubs: number[] | undefined;
      if (this.listsStubs) {
        if (type === MessageType.result) stubs = listStubs(this, [payload]);
        else if (type === MessageType.call) stubs = listStubs(this, (payload as [unknown, unknown[]])[1]);
      }
      const size = this.send(type, flags, id, target, stream, head, payload, stubs);
      const given = this.givenUp as Disposable[] | null;
      if (this.writingAnswer === null) disposeAll(given);
      else if (given !== null) {
        for (const stub of given) giveToRequest(stub, null);
        this.writingAnswer.givenUp = given;
      }
      return size;
    } catch (error) {
      this.takeBackWritten();
      throw error;
    } finally {
      this.#writing = outerWriting;
      this.#written = outerWritten;
      this.givenUp = outerGivenUp;
      this.descriptors = outerDescriptors;
      this.rewriting = outerRewriting;
    }
  }

  sendInit(value: unknown): number {
    this.writingInit = true;
    try {
      return this.#sendValue(MessageType.init, 0, 0, 0, 0, undefined, value);
    } finally {
      this.writingInit = false;
    }
  }

  /** Runs `send`, which has a value for this session serialized as an init. */
  provideInit<T>(send: () => T): T {
    this.writingInit = this.#writing = true;
    try {
      return send();
    } catch (error) {
      this.takeBackWritten();
      throw error;
    } finally {
      this.#written = this.descriptors = this.rewriting = null;
      this.writingInit = this.#writing = false;
    }
  }

  sendError(type: MessageType.failure | MessageType.abort | MessageType.cancel, id: number, error: unknown): void {
    const record = thrownRecord(error);
    try {
      this.#sendValue(type, 0, id, 0, 0, undefined, record);
    } catch {
      this.send(type, 0, id, 0, 0, undefined, bareRecord(record));
    }
  }

  takeBackWritten(): void {
    const written = this.#written;
    if (written === null) return;
    this.#written = null;
    for (const id of written.exports) this.#giveBack(id, 1);
    this.givenUp = null;
    for (const stream of written.streams) stream.onCancel(new Error("The message with this stream could not be sent."));
  }

  // --- our calls ---

  /** Whether a value is being serialized: nothing that has a call number may be sent. */
  get writing(): boolean {
    return this.#writing;
  }

  /** Why no further call may be made now, if that is so. */
  get refusal(): Error | null {
    return this.#calls.size < limits.pendingCalls ? null : tooManyCalls(limits.pendingCalls);
  }

  /** Reserves the number of a call that the caller sends by itself, at once, as `fetch`. */
  nextCallId(): number {
    return ++this.#lastCall;
  }

  call(target: number, pipelined: boolean, head: string | undefined, path: readonly string[],
       args: unknown[] | undefined): RemoteCall {
    if (this.closed) return RemoteCall.rejected(this.closedWith);
    // A getter among the arguments of another call, whose number is given but which is not sent yet.
    if (this.#writing) return RemoteCall.eventual(Promise.resolve().then(() => this.call(target, pipelined, head, path, args)));
    const refusal = this.refusal;
    if (refusal !== null) return RemoteCall.rejected(refusal);
    const id = ++this.#lastCall;
    const call = new RemoteCall(this, id);
    this.#calls.set(id, call);
    this.#finishedTold = this.#finishedThrough;
    const flags = pipelined ? MessageFlag.pipelined : 0;
    try {
      if (args === undefined || arePrimitive(args)) {
        this.send(MessageType.call, flags, id, target, this.#finishedThrough, head, [path, args]);
      } else {
        this.#sendValue(MessageType.call, flags, id, target, this.#finishedThrough, head, [path, args]);
      }
    } catch (error) {
      this.#calls.delete(id);
      this.#noteFinished(id, true);
      call.onFailure(error);
    }
    return call;
  }

  /** What `read` makes of the response to the fetch message `id`, just sent. It must take up the body's stream. */
  expectResponse<T>(id: number, read: (response: ResponseMessage) => T): Promise<T> {
    if (this.closed) return Promise.reject(this.closedWith);
    const call = new ResponseCall(read);
    this.#calls.set(id, call);
    return call.promise;
  }

  /** The answer to a call of ours is wanted no longer. */
  finishCall(id: number): void {
    if (this.#calls.delete(id)) {
      this.send(MessageType.finish, 0, id, 0, 0, undefined, undefined);
      this.#noteFinished(id, true);
      this.checkIdle();
    }
  }

  /** The answer to call `id` is a callee, which the peer keeps until it is told. */
  finishKept(id: number): void {
    this.send(MessageType.finish, 0, id, 0, 0, undefined, undefined);
  }

  #noteFinished(id: number, told: boolean): void {
    if (id === this.#finishedThrough + 1) {
      this.#finishedThrough = id;
      const beyond = this.#finishedBeyond;
      if (beyond !== null && beyond.size > 0) {
        while (beyond.delete(this.#finishedThrough + 1)) this.#finishedThrough++;
      }
      if (this.#finishedThrough - this.#finishedTold > 64) this.#tellFinished();
    } else {
      (this.#finishedBeyond ??= new Set()).add(id);
      if (!told) this.send(MessageType.finish, 0, id, 0, 0, undefined, undefined);
    }
  }

  #tellFinished(): void {
    if (this.#finishedTold === this.#finishedThrough) return;
    this.send(MessageType.finish, 0, this.#finishedThrough, kThrough, 0, undefined, undefined);
    this.#finishedTold = this.#finishedThrough;
  }

  // --- answers ---

  sendResult(answer: Answer, value: unknown): void {
    if (!this.wants(answer)) return;
    this.writingAnswer = answer;
    try {
      this.#sendValue(MessageType.result, 0, answer.id, 0, 0, undefined, value);
    } catch (error) {
      this.sendError(MessageType.failure, answer.id, error);
    } finally {
      this.writingAnswer = null;
    }
  }

  /** Whether the peer still waits for it. */
  wants(answer: Answer): boolean {
    return !this.closed && this.#answer(answer.id) === answer;
  }

  #answer(id: number): Answer | undefined {
    return this.#answers.get(id) ?? this.#kept.get(id);
  }

  /** The answer is a callee: it stays until the peer finishes it by name. */
  keep(answer: Answer): void {
    this.#answers.delete(answer.id);
    this.#kept.set(answer.id, answer);
  }

  sendFailure(answer: Answer, error: unknown): void {
    if (!this.wants(answer)) return;
    this.onUncaught?.(error);
    const body = answer.isFetch ? this.failurePage?.(error) : undefined;
    if (body === undefined) {
      this.sendError(MessageType.failure, answer.id, error);
    } else {
      const head = "Internal Server Error\ncontent-type\ntext/plain; charset=utf-8";
      this.send(MessageType.response, MessageFlag.bodyInline, answer.id, 500, 0, head, body);
    }
    if (answer.isFetch) this.#answers.delete(answer.id);
  }

  /** The body of a 500 instead of a failure, where the peer is the HTTP front end and a developer looks at it. */
  failurePage: ((error: unknown) => string) | null = null;

  /** Told every failure that is sent: where the peer is no worker, it is the last to see it. */
  onUncaught: ((error: unknown) => void) | null = null;

  /** After the response to fetch `id` was sent: there is nothing to be called on it. */
  responseSent(id: number): void {
    this.#answers.delete(id);
  }

  /** Calls `callback` if the peer loses interest in the answer to its call `id` before it is sent. */
  whenAbandoned(id: number, callback: () => void): void {
    const answer = this.#answers.get(id);
    if (answer !== undefined) answer.abandoned = callback;
  }

  // --- exports and imports ---

  /** Exports `callee`, with one reference of the peer, and returns the number it is known by. */
  export(callee: Callee): number {
    if (this.#exports.size >= limits.stubs) {
      callee.released();
      throw tooManyStubs("are held by one other worker");
    }
    const id = ++this.#lastExport;
    this.#exports.set(id, { callee, references: 1 });
    if (callee.key !== null) (this.#exportIds ??= new Map()).set(callee.key, id);
    if (this.#writing) this.#note().exports.push(id);
    return id;
  }

  #note(): Written {
    return (this.#written ??= { exports: [], streams: [] });
  }

  exported(id: number): Callee | undefined {
    return this.#exports.get(id)?.callee;
  }

  /** The number of what was exported last with this key, or undefined. */
  exportIdOf(key: object): number | undefined {
    return this.#exportIds?.get(key);
  }

  /** One more reference of the peer to export `id`. */
  exportAgain(id: number): number {
    this.#exports.get(id)!.references++;
    if (this.#writing) this.#note().exports.push(id);
    return id;
  }

  /** Adds a stub's reference to export `id` of the peer, one of which was just received. */
  import(id: number): Import {
    let entry = this.#imports.get(id);
    if (entry === undefined) {
      if (this.#imports.size >= limits.stubs) {
        this.send(MessageType.release, 0, id, 1, 0, undefined, undefined);
        throw tooManyStubs("of one other worker are held");
      }
      this.#imports.set(id, (entry = new Import(this, id)));
    }
    entry.received++;
    entry.handles++;
    return entry;
  }

  /** The callee behind an import, where it lives in this isolate and can be exported without a detour. */
  calleeBehind(_importId: number): Callee | null {
    return null;
  }

  releaseImport(entry: Import): void {
    if (this.#imports.get(entry.id) !== entry) return;
    this.#imports.delete(entry.id);
    this.send(MessageType.release, 0, entry.id, entry.received, 0, undefined, undefined);
    this.checkIdle();
  }

  #giveBack(id: number, count: number): void {
    const entry = this.#exports.get(id);
    if (entry === undefined) return;
    entry.references -= count;
    if (entry.references > 0) return;
    this.#exports.delete(id);
    const { key } = entry.callee;
    if (key !== null && this.#exportIds?.get(key) === id) this.#exportIds.delete(key);
    entry.callee.released();
  }

  // --- streams ---

  /** Starts sending `readable`, within the message that is sent next; the peer knows it by the number returned. */
  sendStream(readable: ReadableStream<unknown>): number {
    const stream = this.streams.send(readable, true);
    if (this.closed) return stream.id;
    if (this.#writing) this.#note().streams.push(stream);
    stream.start();
    return stream.id;
  }

  /** The peer's stream `id`, which a message just named. */
  receiveStream(id: number): ReadableStream<Uint8Array> {
    let stream: IncomingStream;
    try {
      stream = new IncomingStream();
    } catch (error) {
      this.sendError(MessageType.cancel, id, error);
      throw error;
    }
    const readable = stream.toReadable();
    this.streams.receive(stream, id);
    return readable;
  }

  // --- life ---

  /** What is under way, for the search of what hangs. `input`: what calls and streams of this session count as. */
  reportActivity(activity: Activity, input: Set<RequestContext | null> = activity.fed): void {
    for (const { context } of this.#calls.values()) {
      if (this.awaitsCodeFrom === null) input.add(context);
      else if (context !== this.awaitsCodeFrom) activity.linked.add(context);
    }
    this.streams.reportActivity(activity, input);
    for (const { callee } of this.#exports.values()) if (callee.context) input.add(callee.context);
    // What the peer waits for, or still reads.
    for (const answer of this.#answers.values()) if (answer.unanswered !== null) activity.awaited.add(answer.unanswered);
  }

  /** `context` was aborted: what it serves fails with `reason`, what it waits for is wanted no longer. */
  contextAborted(context: RequestContext, reason: unknown): void {
    for (const id of this.#calls.numbers()) if (this.#calls.get(id)?.context === context) this.finishCall(id);
    for (const answer of this.#answers.values()) if (answer.context === context) answer.failServing(reason);
    this.streams.contextAborted(context, reason);
  }

  #idleListener: (() => void) | null = null;
  /** Calls `listener` whenever nothing of ours is under way and nothing of the peer's is held. */
  set onIdle(listener: (() => void) | null) {
    this.#idleListener = listener;
    this.checkIdle();
  }

  #holds = 0;
  /** It is not idle until release(). */
  hold(): void {
    this.#holds++;
  }
  release(): void {
    this.#holds--;
    this.checkIdle();
  }

  /** To be called when something that was under way is not any more. */
  checkIdle(): void {
    if (this.#idleListener === null || this.#holds > 0 || this.closed) return;
    if (this.#calls.size === 0 && this.#imports.size === 0 && this.streams.size === 0) {
      this.#idleListener();
    }
  }

  contextEnded(): void {
    this.closeBecause("The request that loaded this worker has ended.");
  }

  /** Ends the session from this side. `error` is what its calls fail with. */
  close(error: unknown): void {
    if (this.closed) return;
    this.closePipe(error instanceof Error ? error.message : "The other side has closed the connection.");
    this.onPipeClosed(new Reason(() => error));
  }

  /** The same with an error that says `text`. */
  closeBecause(text: string): void {
    if (this.closed) return;
    this.closePipe(text);
    this.onPipeClosed(new Reason(() => new Error(text)));
  }

  protected closePipe(reason: string): void {
    ops.closePipe(this.pipe, reason);
  }

  /** The peer broke the rules. */
  #break(what: string): void {
    const reason = new Error(`The peer of this session broke the protocol: ${what}.`);
    ops.log("system", "error", reason.message);
    this.close(reason);
  }

  onPipeClosed(reason: Reason): void {
    if (this.closed) return;
    // Before the tables go: nothing may be sent any more.
    this.closed = true;
    this.#reason = reason;
    sessions.delete(this.pipe);
    this.onEnded?.(reason.error);
    const [calls, exports, answers, kept] = [this.#calls, this.#exports, this.#answers, this.#kept];
    const endStreams = this.streams.takeAll();
    this.#calls = new Numbered();
    this.#exports = new Numbered();
    this.#exportIds = null;
    this.#imports = new Numbered();
    this.#answers = new Numbered();
    this.#kept = new Numbered();
    for (const call of calls.values()) call.onFailure(reason.error);
    endStreams(reason.error);
    for (const answer of answers.values()) answer.drop();
    for (const answer of kept.values()) answer.drop();
    for (const { callee } of exports.values()) callee.released();
    this.onClosed?.();
  }

  // --- receiving ---

  receive(type: number, flags: number, id: number, target: number, stream: number, head: string | undefined,
          payload: unknown): void {
    const received = this.received;
    this.received = null;
    switch (type) {
      case MessageType.call:
        this.#onCall(flags, id, target, stream, head, payload, received);
        return;
      case MessageType.result: {
        const call = this.#answered(id);
        if (call === undefined) disposeAll(received);
        else if ((flags & MessageFlag.corrupt) !== 0) call.onFailure(payload);
        else {
          if (received !== null) for (const stub of received) giveToRequest(stub, call.context);
          call.onResult(disposable(payload, received));
          // The callee may keep the stubs that it has passed on.
          if (received !== null) this.#tellFinished();
        }
        this.checkIdle();
        return;
      }
      case MessageType.failure:
        this.#answered(id)?.onFailure(errorIn(flags, payload));
        this.checkIdle();
        return;
      case MessageType.fetch:
        this.#onFetch(flags, id, target, stream, head, payload);
        return;
      case MessageType.response:
        this.#onResponse(flags, id, target, stream, head, payload);
        return;
      case MessageType.finish:
        if (target === kThrough) this.#finishThrough(id);
        else this.#finish(id);
        return;
      case MessageType.release:
        this.#giveBack(id, target);
        return;
      case MessageType.chunk:
      case MessageType.end:
      case MessageType.abort:
      case MessageType.credit:
      case MessageType.cancel:
        if (!this.streams.onMessage(type, flags, id, target, payload)) this.#break("a stream exceeded its credit");
        return;
      case MessageType.init:
        this.onInit?.(payload, (flags & MessageFlag.corrupt) !== 0);
        return;
      default:
        this.#break(`there is no message type ${type}`);
    }
  }

  #charge(context: RequestContext | null): void {
    if (context !== null) ops.setContext(context.id);
  }

  /** The call of ours that is answered now. */
  #answered(id: number): Waiting | undefined {
    const call = this.#calls.get(id);
    if (call === undefined) return undefined;
    this.#calls.delete(id);
    this.#noteFinished(id, false);
    this.#charge(call.context);
    return call;
  }

  #onResponse(flags: number, id: number, status: number, stream: number, head: string | undefined,
              payload: unknown): void {
    const call = this.#calls.get(id);
    if (call === undefined) {
      if ((flags & MessageFlag.bodyStream) !== 0) this.#refuseStream(stream);
      return;
    }
    this.#calls.delete(id);
    // The peer keeps nothing for a fetch that it answered.
    this.#noteFinished(id, true);
    this.#charge(call.context);
    if ((flags & MessageFlag.corrupt) !== 0) call.onFailure(payload);
    else {
      const bytes = payload instanceof Uint8Array ? payload : undefined;
      call.onResponse({ status, head: head ?? "", flags, stream, payload: bytes });
    }
    this.checkIdle();
  }

  #refuseStream(stream: number): void {
    this.sendError(MessageType.cancel, stream, new Error("The message that carried this stream was refused."));
  }

  /** How many calls of the peer were not finished yet. */
  get unfinished(): number {
    return this.#answers.size + this.#kept.size;
  }

  #newAnswer(id: number, isFetch: boolean): Answer | null {
    // Upwards only: so answers can be finished by a single number.
    if (id <= this.#lastAnswer) {
      this.#break("a call number was used again");
      return null;
    }
    this.#lastAnswer = id;
    const max = this.#quota.max(this.unfinished, id, sessions.values());
    if (this.unfinished >= max) {
      // Nothing is remembered of it, however many come.
      this.sendError(MessageType.failure, id, tooManyCalls(max));
      return null;
    }
    const answer = new Answer(this, id, isFetch);
    watchForHung();
    this.#answers.set(id, answer);
    return answer;
  }

  #onCall(flags: number, id: number, target: number, finishedThrough: number, head: string | undefined,
          payload: unknown, received: Disposable[] | null): void {
    if (finishedThrough > 0) this.#finishThrough(finishedThrough);
    const answer = this.#newAnswer(id, false);
    if (answer === null) return;
    answer.params = received;
    if ((flags & MessageFlag.corrupt) !== 0) {
      answer.fail(payload);
      return;
    }
    // By index: a worker may have patched the iterator of arrays.
    const parts: readonly unknown[] = isArray(payload) ? payload : [];
    const path = parts[0];
    const args = parts[1];
    if (!isPath(path) || (args !== undefined && !isArray(args))) {
      answer.fail(new TypeError("A call must consist of a path and arguments."));
      return;
    }
    try {
      if ((flags & MessageFlag.pipelined) !== 0) {
        const base = this.#answer(target);
        if (base === undefined || base === answer) answer.fail(new Error(`There is no call ${target} to go on from.`));
        else base.callOn(answer, path, args);
      } else if (target === kBootstrap && this.#bootstrap !== null) {
        if (head === undefined) this.#bootstrap.call(answer, path, args);
        else this.#bootstrap.callEntrypoint(answer, head, path, args);
      } else {
        const entry = this.#exports.get(target);
        if (entry === undefined) answer.fail(new Error(`There is no export ${target}.`));
        else entry.callee.call(answer, path, args);
      }
    } catch (error) {
      answer.fail(error);
    }
  }

  #onFetch(flags: number, id: number, target: number, stream: number, head: string | undefined,
           payload: unknown): void {
    const answer = this.#newAnswer(id, true);
    if (answer === null) return;
    try {
      if ((flags & MessageFlag.corrupt) !== 0) throw payload;
      if ((flags & MessageFlag.pipelined) !== 0) {
        const base = this.#answer(target);
        if (base === undefined || base === answer) throw new Error(`There is no call ${target} to go on from.`);
        base.fetchOn(answer, head ?? "", flags, stream, payload);
        return;
      }
      const callee = target === kBootstrap ? this.#bootstrap : this.#exports.get(target)?.callee;
      if (callee === null || callee === undefined) throw new Error(`There is no export ${target}.`);
      callee.fetch(answer, head ?? "", flags, stream, payload);
    } catch (error) {
      if ((flags & MessageFlag.bodyStream) !== 0 && !this.streams.has(stream)) this.#refuseStream(stream);
      answer.fail(error);
    }
  }

  #finish(id: number): void {
    const answer = this.#answer(id);
    if (answer === undefined) return;
    this.#answers.delete(id);
    this.#kept.delete(id);
    answer.drop();
  }

  #finishThrough(last: number): void {
    const finished = this.#answers.takeThrough(last);
    for (const answer of finished) answer.drop();
  }
}

/** The target of a `finish` that means all calls up to its id, but for answers that are kept to be called on. */
const kThrough = 1;
