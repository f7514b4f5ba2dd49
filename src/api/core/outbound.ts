// SPDX-License-Identifier: Apache-2.0
// Where the global fetch() of this worker leads: to the internet by way of the supervisor's egress, to a capability, or
// nowhere.

import type { Capability, FetchTarget } from "./capability.ts";
import type { RemoteEntrypoint } from "./remote.ts";
import { ImportCapability } from "./remote.ts";
import { Session } from "./session.ts";

export const kNoOutbound =
    "This worker is not permitted to access the internet via global functions like fetch(). It must use capabilities " +
    "(such as bindings in 'env') to talk to the outside world.";

type Kind = "internet" | "none" | "capability";

let kind: Kind = "none";
let capability: Capability | null = null;
let egress: Session | null = null;

export function setOutbound(newKind: Kind, newCapability: Capability | null): void {
  kind = newKind;
  capability = newCapability;
}

/** Whether this leads to the network itself: what answers there is a server, not a worker. */
export const isEgress = (session: Session): boolean => session === egress;

/** For dynamic workers that name no outbound of their own. */
export function inheritedOutbound(): { kind: Kind; capability: Capability | null } {
  return { kind, capability };
}

/** Where the global fetch() sends its requests; null when this worker has no network (kNoOutbound says so). */
export function defaultOutbound(): FetchTarget | null {
  switch (kind) {
    case "none":
      return null;
    case "internet":
      if (egress === null || egress.closed) egress = new Session(ops.openEgress(), null);
      return { session: egress, target: 0, pipelined: false };
    case "capability":
      return (capability as ImportCapability | RemoteEntrypoint).fetchTarget();
  }
}
