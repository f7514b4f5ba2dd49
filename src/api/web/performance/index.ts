// SPDX-License-Identifier: Apache-2.0
export { Performance, performance } from "./performance.ts";
export { PerformanceEntry, PerformanceMark, PerformanceMeasure } from "./entries.ts";
export { PerformanceObserver, PerformanceObserverEntryList } from "./observer.ts";
