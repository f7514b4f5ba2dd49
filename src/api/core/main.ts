// SPDX-License-Identifier: Apache-2.0
// Where C++ enters. Evaluated once, into the start-up snapshot: nothing here may touch an op but ops.defineLazy. Hooks
// never throw for what a peer sent or a user's code did.

import { ControlBootstrap } from "./control.ts";
import { builtinModule } from "./builtin_modules.ts";
import { setDisposeCancels } from "./calls.ts";
import { WorkerBootstrap, exportsObject, installLocalStubs } from "./entrypoint.ts";
import { makeHostEnv, setHostOutbound } from "./env.ts";
import { cloneError, describeError, nameLimit, setEnhancedErrors } from "./errors.ts";
import { endOverdue } from "./context.ts";
import { setExportsReader, withoutExports } from "./execution_context.ts";
import { defineClock } from "./clock.ts";
import { defineGlobals, defineNodeGlobals } from "./globals.ts";
import { setLimits } from "./limits.ts";
import { provideCode } from "./loader.ts";
import { setOutbound } from "./outbound.ts";
import { MessageFlag } from "./protocol.ts";
import { Reason } from "./reason.ts";
import { reportRejection } from "./rejections.ts";
import { Session, sessionOf } from "./session.ts";
import { heldBy } from "./stub.ts";
import { defineTimers, fireTimer } from "./timers.ts";
import { readHost, replaceCallables, withStubs, writeHost } from "./values.ts";
import { worker } from "./worker.ts";

declare function registerHooks(hooks: Hooks): void;

defineGlobals();
defineClock();
defineTimers();
installLocalStubs();
setExportsReader(exportsObject);

const workerBootstrap = new WorkerBootstrap();
worker.bootstrap = workerBootstrap;
const controlBootstrap = new ControlBootstrap();

function logException(error: unknown): void {
  ops.log("exception", "error", describeError(error));
}

function failStart(error: unknown): void {
  ops.startFailed(describeError(error));
  worker.failed(error);
}

/** Evaluates the main module and opens the gate for the calls that wait. */
async function evaluate(): Promise<void> {
  ops.setContext(0);
  let exports: Record<string, unknown>;
  try {
    exports = await ops.evaluateMain();
  } catch (error) {
    failStart(error);
    return;
  }
  ops.started();
  worker.started(exports);
}

let initialized = false;

/** The first message of a dynamic worker's creator. */
function initialize(init: unknown, corrupt: boolean): void {
  if (initialized) return;
  initialized = true;
  if (corrupt || init === null || typeof init !== "object") {
    const error = corrupt ? init : new TypeError("A dynamic worker's env could not be read.");
    failStart(error);
    return;
  }
  const { env, outbound, traces } = init as { env?: unknown; outbound?: unknown; traces?: unknown };
  if (env !== null && typeof env === "object") worker.env = env;
  // A handle of its own, as with the outbound.
  if (typeof traces === "function") {
    worker.traceReporter = heldBy(traces)?.dup() ?? null;
    ops.meterMemory();
  }
  const kind = worker.config.outbound ?? "none";
  const capability = outbound !== null && typeof outbound === "object" ? heldBy(outbound) : null;
  if (kind !== "capability") setOutbound(kind, null);
  // A handle of its own: the stub that brought it is garbage from here on.
  else setOutbound(capability === null ? "none" : "capability", capability?.dup() ?? null);
  void evaluate();
}

registerHooks({
  start(config) {
    worker.config = config;
    if (config.exposeGc) {
      Object.defineProperty(globalThis, "gc", { value: () => ops.gc(), writable: true, configurable: true });
    }
    if (config.compatibility.nodejs_compat_v2) defineNodeGlobals();
    setLimits(config.limits);
    if (config.logEvents) ops.meterMemory();
    setEnhancedErrors(config.compatibility.enhanced_error_serialization !== false);
    if (config.compatibility.enable_ctx_exports === false) withoutExports();
    setDisposeCancels(config.compatibility.rpc_dispose_cancels_call === true);
    if (config.kind !== "host") return;
    try {
      worker.env = makeHostEnv(config);
      setHostOutbound(config);
      void evaluate();
    } catch (error) {
      failStart(error);
    }
  },

  pipeOpened(pipe, what) {
    const session = new Session(pipe, what === "control" ? controlBootstrap : workerBootstrap);
    if (what === "creator") session.onInit = initialize;
    // Nobody behind the front end will see the error.
    if (what === "http") {
      session.onUncaught = logException;
      if (worker.config.dev) session.failurePage = describeError;
    }
  },

  message(pipe, type, flags, id, target, stream, head, payload, stubs) {
    const session = sessionOf(pipe);
    if (session === undefined) return;
    try {
      if (stubs === undefined) {
        session.receive(type, flags, id, target, stream, head, payload);
        return;
      }
      let value: unknown;
      let marks = flags;
      try {
        value = withStubs(session, payload, stubs);
      } catch (error) {
        value = error;
        marks |= MessageFlag.corrupt;
      }
      session.receive(type, marks, id, target, stream, head, value);
    } catch (error) {
      try {
        ops.log("system", "error", describeError(error));
        session.close(error);
      } catch {
        ops.closePipe(pipe, "The worker has broken the built-ins that its answers need.");
      }
    }
  },

  pipeClosed(pipe, code, reason) {
    const session = sessionOf(pipe);
    if (session === undefined) return;
    try {
      session.onPipeClosed(new Reason(() => {
        const error = new Error(reason === "" ? "The other side has closed the connection." : reason);
        // Why a worker was ended has a name ("MemoryLimitExceeded"); an ordinary end has a mere code ("unavailable").
        return /^[A-Z]/.test(code) ? nameLimit(error, code) : error;
      }));
    } catch (error) {
      ops.log("system", "error", describeError(error));
    }
  },

  loaderNeedsCode: provideCode,
  timer: fireTimer,
  wallExceeded: endOverdue,
  writeHost,
  readHost,
  replaceCallables,
  cloneError,
  unhandledRejection: reportRejection,
  builtinModule: (specifier) => builtinModule(specifier, worker.config.compatibility),
  describeError,
});
