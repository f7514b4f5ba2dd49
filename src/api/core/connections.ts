// SPDX-License-Identifier: Apache-2.0
// Connections of raw bytes: a `fetch` with the method CONNECT, whose body is what is written and whose response's body is
// what is read. So a connection has the credit, the ends and the life of any stream of a session, and a service that
// passes one on sees none of it.

import { ByteQueue, type ByteSource } from "./byte_queue.ts";
import { IncomingStream, type OutgoingStream } from "./byte_streams.ts";
import type { Answer, ResponseMessage } from "./calls.ts";
import type { Capability, FetchTarget } from "./capability.ts";
import { type ContextOwned, type RequestContext, currentContext } from "./context.ts";
import { MessageFlag, MessageType } from "./protocol.ts";
import type { Session } from "./session.ts";

/** Whether the head of a `fetch` asks for a connection. Users cannot make requests with this method. */
export const isConnectHead = (head: string): boolean => head.startsWith("CONNECT\n");

/** Where a connection is to be made, and the head that says so. */
export interface ConnectionTarget extends FetchTarget {
  head: string;
}

export class Connection implements ContextOwned {
  readonly incoming = new IncomingStream();
  /** Settles when it is there, or cannot be. */
  readonly opened: Promise<void>;
  #session: Session | null = null;
  #callId = 0;
  readonly #source: ByteSource;
  #body: OutgoingStream | null = null;
  #context: RequestContext | null = currentContext();

  /** What is written comes from `source`. */
  constructor(target: ConnectionTarget | Promise<ConnectionTarget>, source: ByteSource) {
    this.#source = source;
    this.#context?.own(this);
    this.opened = this.#open(target);
    this.opened.catch(() => {});
  }

  /** Where startTls() finds it. */
  get session(): Session | null {
    return this.#session;
  }
  get callId(): number {
    return this.#callId;
  }

  async #open(target: ConnectionTarget | Promise<ConnectionTarget>): Promise<void> {
    try {
      let to = target instanceof Promise ? await target : target;
      // A getter among the arguments of another call, whose number is given but which is not sent yet.
      while (to.session.writing) await undefined;
      if (this.#context?.ended) throw new Error("The request in which the connection was opened has ended.");
      await this.#send(to);
    } catch (error) {
      if (this.#body === null) this.#source.cancel(error);
      else this.#body.fail(error);
      this.#context?.disown(this);
      throw error;
    }
  }

  #send({ session, target, pipelined, head }: ConnectionTarget): Promise<void> {
    this.#session = session;
    const body = this.#body = session.streams.send(this.#source, false);
    const callId = (this.#callId = session.nextCallId());
    const flags = MessageFlag.bodyStream | (pipelined ? MessageFlag.pipelined : 0);
    session.send(MessageType.fetch, flags, callId, target, body.id, head, undefined);
    const answer = session.expectResponse(callId, (response) => this.#answered(session, response));
    if (!body.done) body.start();
    return answer;
  }

  #answered(session: Session, { status, head, flags, stream }: ResponseMessage): void {
    if (status === 200 && (flags & MessageFlag.bodyStream) !== 0) {
      session.streams.receive(this.incoming, stream);
      return;
    }
    const [message, name] = head.split("\n");
    const error = new Error(status === 0 ? message : "the service answered with something else than a connection");
    if (status === 0 && name !== undefined) {
      Object.defineProperty(error, "name", { value: name, writable: true, configurable: true });
    }
    throw error;
  }

  contextEnded(): void {
    if (this.#callId !== 0) this.#session!.finishCall(this.#callId);
    if (this.#source instanceof ByteQueue) {
      this.#source.fail(new Error("The request in which the connection was opened has ended."));
    }
  }

  /** Both its directions are over. */
  over(): void {
    this.#context?.disown(this);
  }
}

/** Answers a CONNECT with a connection to what `capability` stands for. */
export function relayConnection(answer: Answer, head: string, stream: number, capability: Capability): void {
  const incoming = new IncomingStream();
  answer.session.streams.receive(incoming, stream);
  const open = async (): Promise<ConnectionTarget> => ({ ...(await capability.connectionTarget()), head });
  const connection = new Connection(open(), incoming);
  void connection.opened.then(
    () => answer.settleBytes(connection.incoming),
    (error) => answer.fail(error),
  );
}
