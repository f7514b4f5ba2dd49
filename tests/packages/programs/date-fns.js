// SPDX-License-Identifier: Apache-2.0

import {
  addMonths,
  differenceInBusinessDays,
  eachDayOfInterval,
  format,
  formatDistance,
  parse,
  parseISO,
} from "date-fns";
import { de } from "date-fns/locale";
import { equal } from "../../conformance/check.js";

export default async function () {
  equal(format(addMonths(new Date(2024, 0, 31), 1), "yyyy-MM-dd"), "2024-02-29");
  equal(format(new Date(2026, 2, 1), "EEEE, d. MMMM", { locale: de }), "Sonntag, 1. M\u00e4rz");
  equal(parse("24/12/2026 18:30", "dd/MM/yyyy HH:mm", new Date(0)).toISOString(), "2026-12-24T18:30:00.000Z");
  equal(differenceInBusinessDays(parseISO("2026-03-09"), parseISO("2026-03-02")), 5);
  equal(eachDayOfInterval({ start: new Date(2026, 0, 30), end: new Date(2026, 1, 2) }).length, 4);
  equal(formatDistance(0, 3 * 86_400_000, { addSuffix: true }), "3 days ago");
}
