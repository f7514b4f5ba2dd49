// SPDX-License-Identifier: Apache-2.0
import type { Session } from "./session.ts";

/** Something of the peer that stubs here refer to: given back when the last of them is gone. */
export class Import {
  readonly session: Session;
  readonly id: number;
  /** References received from the peer. */
  received = 0;
  /** Stubs here. */
  handles = 0;

  constructor(session: Session, id: number) {
    this.session = session;
    this.id = id;
  }

  drop(): void {
    if (--this.handles === 0) this.session.releaseImport(this);
  }
}
