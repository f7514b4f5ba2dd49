// SPDX-License-Identifier: Apache-2.0
// https://html.spec.whatwg.org/#server-sent-events, and EventSource.from(stream) of Workers.
import { clearTimeout, defineInterface, requireArguments, setTimeout } from "mayfly:core";
import {
  AbortController, DOMException, ErrorEvent, Event, EventTarget, MessageEvent, defineHandler, dispatch, markTrusted,
} from "mayfly:web/events";
import { fetch } from "mayfly:web/fetch";
import { URL } from "mayfly:web/url";

import { EventStreamParser } from "./parser.ts";

const kReconnectMs = 2000;
const internal = Symbol("EventSource.from");

interface Fetching {
  fetch(input: string, init: object): Promise<Response>;
}

export class EventSource extends EventTarget {
  declare onopen: Function | null;
  declare onmessage: Function | null;
  declare onerror: Function | null;
  #url: string | null;
  #readyState = 0;
  #fetcher: Fetching | null = null;
  #controller: AbortController | null = null;
  #timer = 0;
  #reconnectMs = kReconnectMs;
  #lastEventId = "";

  constructor(url: string, init: { withCredentials?: boolean; fetcher?: Fetching } | null = {}, ...stream: unknown[]) {
    requireArguments("EventSource constructor", arguments.length, 1);
    super();
    if (init?.withCredentials) {
      throw new DOMException("The init.withCredentials option is not supported. It must be false or undefined.", "NotSupportedError");
    }
    if (stream[0] === internal) {
      this.#url = null;
      void this.#read(stream[1] as ReadableStream<Uint8Array>, "");
      return;
    }
    this.#fetcher = init?.fetcher ?? null;
    try {
      this.#url = new URL(`${url}`).href;
    } catch {
      throw new DOMException(`Cannot open an EventSource to '${url}'. The URL is invalid.`, "SyntaxError");
    }
    void this.#connect();
  }

  /** Reads the events of a stream instead of opening a connection. */
  static from(stream: ReadableStream<Uint8Array>): EventSource {
    requireArguments("EventSource.from", arguments.length, 1);
    return new EventSource("", {}, internal, stream);
  }

  get url(): string | null { return this.#url; }
  get withCredentials(): boolean { return false; }
  get readyState(): number { return this.#readyState; }

  close(): void {
    this.#readyState = 2;
    clearTimeout(this.#timer);
    this.#controller?.abort();
  }

  async #connect(): Promise<void> {
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    const headers: Record<string, string> = { accept: "text/event-stream", "cache-control": "no-cache" };
    if (this.#lastEventId !== "") headers["last-event-id"] = this.#lastEventId;
    let response: Response;
    try {
      const init = { headers, signal };
      response = await (this.#fetcher === null ? fetch(this.#url, init) : this.#fetcher.fetch(this.#url!, init)) as Response;
    } catch (error) {
      return this.#reconnect(error);
    }
    if (this.#readyState === 2) return;
    if (response.status === 204) return this.close();
    const type = response.headers.get("content-type") ?? "";
    if (response.status !== 200) return this.#fail(new Error(`The response status code was ${response.status}.`));
    if (!/^text\/event-stream\s*(;|$)/i.test(type)) {
      return this.#fail(new Error(`The content type of the response, '${type}', is not text/event-stream.`));
    }
    if (response.body === null) return this.#reconnect(new Error("The response has no body."));
    await this.#read(response.body, response.url);
  }

  async #read(stream: ReadableStream<Uint8Array>, url: string): Promise<void> {
    const origin = url === "" ? "" : new URL(url).origin;
    const parser = new EventStreamParser(
      ({ type, data, lastEventId }) => {
        this.#lastEventId = lastEventId;
        if (this.#readyState === 2) return;
        dispatch(this, markTrusted(new MessageEvent(type, { data, lastEventId, origin })));
      },
      (milliseconds) => (this.#reconnectMs = milliseconds),
      this.#lastEventId,
    );
    try {
      const reader = stream.getReader();
      // Listeners that are added where the source was made hear of it.
      await undefined;
      if (this.#readyState === 2) return void reader.cancel();
      this.#readyState = 1;
      dispatch(this, markTrusted(new Event("open")));
      for (;;) {
        const { done, value } = await reader.read();
        if ((this.#readyState as number) === 2) return void reader.cancel();
        if (done) break;
        parser.push(value);
      }
    } catch (error) {
      if ((this.#readyState as number) !== 2) this.#reconnect(error);
      return;
    }
    this.#lastEventId = parser.lastEventId;
    this.#reconnect(new Error("The server disconnected."));
  }

  #reconnect(error: unknown): void {
    if (this.#readyState === 2) return;
    if (this.#url === null) return this.#fail(error);
    this.#readyState = 0;
    this.#tell(error);
    if ((this.#readyState as number) !== 2) this.#timer = setTimeout(() => void this.#connect(), this.#reconnectMs) as number;
  }

  #fail(error: unknown): void {
    this.#readyState = 2;
    this.#tell(error);
  }

  #tell(error: unknown): void {
    const message = error instanceof Error ? error.message : "";
    dispatch(this, markTrusted(new ErrorEvent("error", { error, message })));
  }
}
for (const type of ["open", "message", "error"]) defineHandler(EventSource.prototype, type);
defineInterface(EventSource, "EventSource", { CONNECTING: 0, OPEN: 1, CLOSED: 2 });
