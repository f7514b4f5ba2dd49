// SPDX-License-Identifier: Apache-2.0
// Texts that tenants bring beside their code: compatibility dates and flags, and source maps.
#include <string>
#include <vector>

#include "base/compatibility.h"
#include "base/nearest.h"
#include "base/source_map.h"
#include "fuzz/target.h"

MAYFLY_FUZZ_TARGET(texts) {
  using mayfly::fuzz::require;
  mayfly::fuzz::Input in(input);
  uint32_t line = in.byte();
  uint32_t column = in.byte();
  std::string_view date = in.word();
  std::vector<std::string> flags;
  for (int i = 0; i < 4 && !in.empty(); ++i) flags.emplace_back(in.word());
  auto resolved =
      mayfly::resolveCompatibility(date, flags, {.today = "2026-11-20", .allowExperimental = (line & 1) != 0});
  if (resolved) require(mayfly::checkCompatibilityDate(date, "2026-11-20").has_value(), "an accepted date is one");
  auto names = mayfly::compatibilityFlagNames();
  if (!flags.empty()) (void)mayfly::didYouMean(flags[0], names);

  mayfly::SourceMap map({"one.ts", "two.ts"}, in.text());
  if (auto position = map.find(line, column)) require(position->source.ends_with(".ts"), "a position has a source");
}
