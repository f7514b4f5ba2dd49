// SPDX-License-Identifier: Apache-2.0
// The ops of cache_ops.cc. Times in ms since the epoch.
interface Ops {
  /** False where the response is larger than cacheResponseBytesMax(). */
  cachePut(key: string, status: number, head: string, body: ArrayBuffer, storedMs: number, expiresMs: number): boolean;
  cacheMatch(key: string, nowMs: number): [status: number, head: string, storedMs: number, body: ArrayBuffer] | undefined;
  cacheDelete(key: string, nowMs: number): boolean;
  cacheResponseBytesMax(): number;
}
