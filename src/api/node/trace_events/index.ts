// SPDX-License-Identifier: Apache-2.0
// node:trace_events: nothing is traced. https://nodejs.org/api/tracing.html
import { invalidArgType, notImplemented, validateObject } from "mayfly:node/internal";

export default {
  createTracing(options: any) {
    validateObject(options, "options");
    const { categories } = options as { categories?: unknown };
    if (!Array.isArray(categories)) throw invalidArgType("options.categories", "Array", categories);
    const refused = (): never => {
      throw notImplemented("trace_events.Tracing.enable");
    };
    return { categories: categories.join(","), enabled: false, enable: refused, disable() {} };
  },
  getEnabledCategories: () => undefined,
};
