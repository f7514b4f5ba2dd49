// SPDX-License-Identifier: Apache-2.0
// The env of the operator's own workers, made of their configuration.

import type { Callee } from "./capability.ts";
import { ownPath } from "./entrypoint.ts";
import { makeLoader } from "./loader.ts";
import { setOutbound } from "./outbound.ts";
import { type EntrypointName, RemoteEntrypoint, type WorkerPath } from "./remote.ts";
import { Session } from "./session.ts";
import { makeFetcher } from "./stub.ts";
import { worker } from "./worker.ts";

/** The way to another worker of the same command line, opened when it is first used and again after it broke. */
class ServicePath implements WorkerPath {
  readonly #service: string;
  #session: Session | null = null;

  constructor(service: string) {
    this.#service = service;
  }
  session(): Session {
    if (this.#session === null || this.#session.closed) {
      this.#session = new Session(ops.openWorker(this.#service), null);
    }
    return this.#session;
  }
  calleeOf(): Callee | null {
    return null;
  }
}

const services = new Map<string, WorkerPath>();

function pathTo(service: string): WorkerPath {
  if (service === worker.config.workerName) return ownPath;
  let path = services.get(service);
  if (path === undefined) services.set(service, (path = new ServicePath(service)));
  return path;
}

function entrypointName(name: string, propsJson: string): EntrypointName {
  const key = name === "default" ? "" : name;
  const props = propsJson === "" ? undefined : (JSON.parse(propsJson) as object);
  return props === undefined || Object.keys(props).length === 0 ? { name: key } : { name: key, props };
}

/** A binding that Mayfly does not have: whatever is done with it fails, saying so. */
function missingBinding(binding: string, kind: string): object {
  const refuse = (): never => {
    throw new Error(`env.${binding} is a binding of the kind "${kind}", which Mayfly does not support.`);
  };
  return new Proxy(refuse, {
    get: (_target, key) => (typeof key === "symbol" || key === "then" || key === "toJSON" ? undefined : refuse()),
    set: refuse,
    has: refuse,
    apply: refuse,
    construct: refuse,
    ownKeys: () => [],
    getOwnPropertyDescriptor: () => undefined,
  });
}

export function makeHostEnv(config: StartConfig): object {
  const env: Record<string, unknown> = {};
  for (const [name, json] of config.variables ?? []) env[name] = JSON.parse(json) as unknown;
  for (const [binding, loaderId] of config.loaders ?? []) env[binding] = makeLoader(loaderId);
  for (const [binding, service, entrypoint, propsJson] of config.services ?? []) {
    env[binding] = makeFetcher(new RemoteEntrypoint(pathTo(service), entrypointName(entrypoint, propsJson)));
  }
  for (const [binding, kind] of config.missingBindings ?? []) env[binding] = missingBinding(binding, kind);
  return env;
}

export function setHostOutbound(config: StartConfig): void {
  if (!config.network) setOutbound("none", null);
  else if (config.globalOutbound === undefined || config.globalOutbound === null) setOutbound("internet", null);
  else {
    const [service, entrypoint] = config.globalOutbound;
    setOutbound("capability", new RemoteEntrypoint(pathTo(service), entrypointName(entrypoint, "")));
  }
}

