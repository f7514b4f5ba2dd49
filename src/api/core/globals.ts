// SPDX-License-Identifier: Apache-2.0
// The lazy globals: one line per group. A global costs nothing until it is first read.

const globals: Record<string, string[]> = {
  "mayfly:web/streams": [
    "ReadableStream", "ReadableStreamDefaultReader", "ReadableStreamBYOBReader", "ReadableStreamBYOBRequest",
    "ReadableStreamDefaultController", "ReadableByteStreamController", "WritableStream", "WritableStreamDefaultWriter",
    "WritableStreamDefaultController", "TransformStream", "TransformStreamDefaultController", "ByteLengthQueuingStrategy",
    "CountQueuingStrategy", "IdentityTransformStream", "FixedLengthStream", "TextEncoderStream", "TextDecoderStream",
  ],
  "mayfly:web/compression": ["CompressionStream", "DecompressionStream"],
  "mayfly:web/encoding": ["TextEncoder", "TextDecoder", "atob", "btoa"],
  "mayfly:web/events": [
    "DOMException", "Event", "EventTarget", "CustomEvent", "ExtendableEvent", "FetchEvent", "MessageEvent", "ErrorEvent", "CloseEvent", "PromiseRejectionEvent",
    "AbortController", "AbortSignal", "Navigator", "navigator", "self", "reportError", "addEventListener",
    "removeEventListener", "dispatchEvent",
  ],
  "mayfly:web/cache": ["caches", "Cache", "CacheStorage"],
  "mayfly:web/console": ["console"],
  "mayfly:web/crypto": ["crypto", "Crypto", "SubtleCrypto", "CryptoKey"],
  "mayfly:web/performance": [
    "performance", "Performance", "PerformanceEntry", "PerformanceMark", "PerformanceMeasure", "PerformanceObserver",
    "PerformanceObserverEntryList",
  ],
  "mayfly:web/misc": ["structuredClone", "queueMicrotask", "scheduler", "Scheduler"],
  "mayfly:web/url": ["URL", "URLSearchParams"],
  "mayfly:web/url_pattern": ["URLPattern"],
  "mayfly:web/message_channel": ["MessageChannel", "MessagePort"],
  "mayfly:web/event_source": ["EventSource"],
  "mayfly:web/html_rewriter": ["HTMLRewriter"],
  "mayfly:web/file": ["Blob", "File"],
  "mayfly:web/formdata": ["FormData"],
  "mayfly:web/websocket": ["WebSocket", "WebSocketPair"],
  "mayfly:web/fetch": ["fetch", "Headers", "Request", "Response"],
};

/** Called at snapshot time. */
export function defineGlobals(): void {
  for (const [group, names] of Object.entries(globals)) {
    for (const name of names) ops.defineLazy(globalThis, name, group, name);
  }
}

// With nodejs_compat_v2.
const nodeGlobals: Record<string, string[]> = {
  "mayfly:node/buffer": ["Buffer"],
  "mayfly:node/process": ["process"],
  "mayfly:node/timers": ["setTimeout", "setInterval", "setImmediate", "clearImmediate"],
};

/** Called as a worker starts. */
export function defineNodeGlobals(): void {
  Object.defineProperty(globalThis, "global", { value: globalThis, writable: true, configurable: true });
  for (const [group, names] of Object.entries(nodeGlobals)) {
    if (ops.hasGroup(group)) for (const name of names) ops.defineLazy(globalThis, name, group, name);
  }
}
