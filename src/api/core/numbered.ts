// SPDX-License-Identifier: Apache-2.0
// A table by number, in which there is seldom more than one entry at a time, and often never any: the first stands beside
// the map, which is made when there is a second. (A Map that becomes empty again and again is made anew each time.)

export class Numbered<T> {
  /** The number of `#first`; 0: there is none. */
  #number = 0;
  /** The lowest, unless it was taken out while there were others. */
  #first: T | undefined = undefined;
  #others: Map<number, T> | null = null;

  get size(): number {
    return (this.#number === 0 ? 0 : 1) + (this.#others === null ? 0 : this.#others.size);
  }

  /** `number` is above 0. */
  get(number: number): T | undefined {
    if (number === this.#number) return this.#first;
    return this.#others === null ? undefined : this.#others.get(number);
  }

  set(number: number, value: T): void {
    if (this.size === 0) {
      this.#number = number;
      this.#first = value;
    } else {
      (this.#others ??= new Map()).set(number, value);
    }
  }

  delete(number: number): boolean {
    if (number === this.#number && number !== 0) {
      this.#number = 0;
      this.#first = undefined;
      return true;
    }
    return this.#others !== null && this.#others.delete(number);
  }

  values(): T[] {
    const values: T[] = [];
    if (this.#number !== 0) values.push(this.#first as T);
    if (this.#others !== null) for (const value of this.#others.values()) values.push(value);
    return values;
  }

  numbers(): number[] {
    const numbers: number[] = [];
    if (this.#number !== 0) numbers.push(this.#number);
    if (this.#others !== null) for (const number of this.#others.keys()) numbers.push(number);
    return numbers;
  }

  /** Takes out all whose number is at most `last`, where they were set in ascending order. */
  takeThrough(last: number): T[] {
    const taken: T[] = [];
    if (this.#number !== 0 && this.#number <= last) {
      taken.push(this.#first as T);
      this.#number = 0;
      this.#first = undefined;
    }
    if (this.#others !== null) {
      for (const [number, value] of this.#others) {
        if (number > last) break;
        this.#others.delete(number);
        taken.push(value);
      }
    }
    return taken;
  }
}
