// SPDX-License-Identifier: Apache-2.0
export { Cache, CacheStorage, caches } from "./cache.ts";
