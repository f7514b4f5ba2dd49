// SPDX-License-Identifier: Apache-2.0
// node:v8: what tells of the engine tells nothing, as in Workers. https://nodejs.org/api/v8.html
import { notImplemented, refuseAll, refusedClass, validateNumber, validateOneOf, validateString } from "mayfly:node/internal";

const nothing = (names: string): Record<string, number> => Object.fromEntries(names.split(" ").map((name) => [name, 0]));

export default {
  DefaultDeserializer: refusedClass("DefaultDeserializer"), DefaultSerializer: refusedClass("DefaultSerializer"),
  Deserializer: refusedClass("Deserializer"), GCProfiler: refusedClass("GCProfiler"), Serializer: refusedClass("Serializer"),
  cachedDataVersionTag: () => 0,
  getHeapStatistics: () => nothing("total_heap_size total_heap_size_executable total_physical_size total_available_size used_heap_size heap_size_limit " +
    "malloced_memory peak_malloced_memory does_zap_garbage number_of_native_contexts number_of_detached_contexts total_global_handles_size " +
    "used_global_handles_size external_memory total_allocated_bytes"),
  getHeapSpaceStatistics: () => [],
  getHeapCodeStatistics: () => nothing("code_and_metadata_size bytecode_and_metadata_size external_script_source_size cpu_profiler_metadata_size"),
  getCppHeapStatistics(type: unknown = "detailed") {
    validateOneOf(type, "type", ["brief", "detailed"]);
    throw notImplemented("getCppHeapStatistics");
  },
  setFlagsFromString(flags: unknown) {
    validateString(flags, "flags");
    throw notImplemented("setFlagsFromString");
  },
  setHeapSnapshotNearHeapLimit(limit: unknown) {
    validateNumber(limit, "limit");
    throw notImplemented("setHeapSnapshotNearHeapLimit");
  },
  /** Whether all of its characters are of Latin-1: how the engine keeps it is not told. */
  isStringOneByteRepresentation(content: unknown) {
    validateString(content, "content");
    return !/[^\x00-\xff]/.test(content);
  },
  ...refuseAll("deserialize serialize getHeapSnapshot queryObjects stopCoverage takeCoverage writeHeapSnapshot"),
  promiseHooks: refuseAll("createHook onAfter onBefore onInit onSettled"),
  startupSnapshot: {
    ...refuseAll("addDeserializeCallback addSerializeCallback setDeserializeMainFunction"), isBuildingSnapshot: () => false,
  },
};
