// SPDX-License-Identifier: Apache-2.0
// What WebSockets have sent and others have not taken. It waits in the memory of this worker, so there is a bound: half of
// that memory for all of them together. Beyond it the one with the most is given up, which is a peer that does not
// read, and not the worker with all its other peers.
import { kUnlimited, limitError, limitOf } from "mayfly:core";

interface Waiting {
  readonly waiting: number;
  giveUp(error: Error): void;
}

const kUnlimitedMemoryMb = 128;

/** Those of which something waits. */
const ends = new Set<Waiting>();
/** No less than what waits. */
let atMost = 0;

const budget = (): number => {
  const memoryMb = limitOf("memoryMb");
  return (memoryMb === kUnlimited ? kUnlimitedMemoryMb : memoryMb) * 512 * 1024;
};

/** `bytes` more of `end` may wait. */
export function noteWaiting(end: Waiting, bytes: number): void {
  ends.add(end);
  atMost += bytes;
  const most = budget();
  while (atMost > most) {
    const largest = count();
    if (atMost <= most || largest === null) return;
    largest.giveUp(limitError("WebSocketBacklogLimit",
      `More than ${most} bytes wait to be sent by WebSockets. That with the most of them was closed: its peer does not read.`));
  }
}

/** Nothing of `end` waits. */
export function noteDrained(end: Waiting): void {
  ends.delete(end);
}

function count(): Waiting | null {
  let largest: Waiting | null = null;
  atMost = 0;
  for (const end of ends) {
    const { waiting } = end;
    atMost += waiting;
    if (waiting > (largest?.waiting ?? 0)) largest = end;
  }
  return largest;
}
