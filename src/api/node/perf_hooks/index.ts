// SPDX-License-Identifier: Apache-2.0
// node:perf_hooks: the global performance, and what else there is of its classes. https://nodejs.org/api/perf_hooks.html
import { notImplemented, validateFunction } from "mayfly:node/internal";

const names = [
  "Performance", "PerformanceEntry", "PerformanceMark", "PerformanceMeasure", "PerformanceObserver",
  "PerformanceObserverEntryList", "PerformanceResourceTiming",
];

const constants = Object.freeze({
  NODE_PERFORMANCE_GC_MAJOR: 4, NODE_PERFORMANCE_GC_MINOR: 1, NODE_PERFORMANCE_GC_INCREMENTAL: 8,
  NODE_PERFORMANCE_GC_WEAKCB: 16, NODE_PERFORMANCE_GC_FLAGS_NO: 0, NODE_PERFORMANCE_GC_FLAGS_CONSTRUCT_RETAINED: 2,
  NODE_PERFORMANCE_GC_FLAGS_FORCED: 4, NODE_PERFORMANCE_GC_FLAGS_SYNCHRONOUS_PHANTOM_PROCESSING: 8,
  NODE_PERFORMANCE_GC_FLAGS_ALL_AVAILABLE_GARBAGE: 16, NODE_PERFORMANCE_GC_FLAGS_ALL_EXTERNAL_MEMORY: 32,
  NODE_PERFORMANCE_GC_FLAGS_SCHEDULE_IDLE: 64,
});

const module: Record<string, unknown> = {
  constants,
  eventLoopUtilization: () => ({ idle: 0, active: 0, utilization: 0 }),
  monitorEventLoopDelay() { throw notImplemented("monitorEventLoopDelay"); },
  createHistogram() { throw notImplemented("createHistogram"); },
  timerify(run: unknown) {
    validateFunction(run, "fn");
    return run;
  },
};
const web = requireGroup("mayfly:web/performance");
module.performance = web.performance;
for (const name of names) if (web[name] !== undefined) module[name] = web[name];

export default module;
