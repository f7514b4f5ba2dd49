// SPDX-License-Identifier: Apache-2.0

/** Why a session is over. Most end with nobody to be told, and an error costs more than all else about the end. */
export class Reason {
  #make: (() => unknown) | null;
  #error: unknown = undefined;

  constructor(make: () => unknown) {
    this.#make = make;
  }

  get error(): unknown {
    if (this.#make !== null) {
      const make = this.#make;
      this.#make = null;
      this.#error = make();
    }
    return this.#error;
  }
}
