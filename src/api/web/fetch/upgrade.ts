// SPDX-License-Identifier: Apache-2.0
// Requests that ask for a WebSocket, and their responses with status 101: their streams are not bodies but the two
// directions of a connection (docs/design/messages.md).
import { type ByteSource, IncomingStream, LateSource, MessageFlag, MessageType, type ResponseMessage, type Session } from "mayfly:core";
import type { BodyState } from "./body.ts";
import { type Headers, headerOf } from "./headers.ts";
import { type Response, makeReceivedResponse, setWebSocket } from "./response.ts";

const kNotAsked = "Worker tried to return a WebSocket in a response to a request which did not contain the header " +
    '"Upgrade: websocket".';

export const asksForWebSocket = (method: string, headers: Headers, body: BodyState | null): boolean =>
    method === "GET" && body === null && headerOf(headers, "upgrade")?.toLowerCase() === "websocket";

/** Answers with `webSocket`; `clientBytes` is what its client will send. */
export function sendWebSocket(session: Session, callId: number, webSocket: object, head: string,
                              clientBytes: IncomingStream | null): void {
  const { checkGivable, giveAway } = requireGroup("mayfly:web/websocket");
  checkGivable(webSocket);
  if (clientBytes === null) throw new TypeError(kNotAsked);
  const workerBytes = new LateSource();
  const stream = session.streams.send(workerBytes, true);
  giveAway(webSocket, { incoming: clientBytes, attach: (source: ByteSource) => workerBytes.attach(source) });
  session.send(MessageType.response, MessageFlag.bodyStream, callId, 101, stream.id, head, undefined);
  if (!stream.done) stream.start();
}

/** Sends a request that asks for a WebSocket, and makes the response; `read` makes one that has none. */
export async function dial(session: Session, target: number, pipelined: boolean, head: string, url: string,
                           signal: AbortSignal | undefined, read: (message: ResponseMessage) => Response): Promise<Response> {
  while (session.writing) await undefined;
  const refusal = session.refusal;
  if (refusal !== null) throw refusal;
  const incoming = new IncomingStream();
  const outgoing = new LateSource();
  // It ends while it is spoken through, too.
  const abort = (): void => incoming.abandon(signal!.reason);
  incoming.onOver = () => {
    signal?.removeEventListener("abort", abort);
    // Whoever never accepted it sends nothing.
    outgoing.end();
  };
  let fail = (_reason: unknown): void => {};
  try {
    const stream = session.streams.send(outgoing, false);
    const callId = session.nextCallId();
    fail = (reason) => {
      session.finishCall(callId);
      stream.fail(reason);
    };
    const flags = MessageFlag.bodyStream | (pipelined ? MessageFlag.pipelined : 0);
    session.send(MessageType.fetch, flags, callId, target, stream.id, head, undefined);
    const answer = session.expectResponse(callId, (message) => {
      if (message.status !== 101 || (message.flags & MessageFlag.bodyStream) === 0) return read(message);
      session.streams.receive(incoming, message.stream);
      const response = makeReceivedResponse(101, message.head, null, url, false);
      const wire = { incoming, attach: (source: ByteSource) => outgoing.attach(source) };
      setWebSocket(response, requireGroup("mayfly:web/websocket").makeReceived(wire));
      return response;
    });
    if (!stream.done) stream.start();
    const response = await orAborted(answer, signal);
    signal?.addEventListener("abort", abort);
    if (response.status !== 101) incoming.cancel(new Error("The response is no WebSocket."));
    return response;
  } catch (error) {
    fail(error);
    incoming.cancel(error);
    throw error;
  }
}

function orAborted<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return answer;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener("abort", abort);
    answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
