// SPDX-License-Identifier: Apache-2.0
// `cache`: the cache in front of a worker's own responses. There is none yet.

const missing = (method: string) => async (): Promise<never> => {
  throw new Error(`cache.${method}() is not supported: there is no cache in front of this worker yet.`);
};

export const cache = { purge: missing("purge"), invalidate: missing("invalidate") };
