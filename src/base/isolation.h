// SPDX-License-Identifier: Apache-2.0
// Where the dynamic workers of a loader run.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace mayfly {

// From the weakest wall to the strongest.
enum class Isolation : uint8_t {
  isolate,  // in the process of the worker that loads them
  tenant,   // in a guest cell of their tenant's
  worker,   // in a guest cell of their own each
};

inline constexpr std::string_view kIsolationNames[] = {"isolate", "tenant", "worker"};

constexpr std::string_view isolationName(Isolation isolation) {
  return kIsolationNames[static_cast<uint8_t>(isolation)];
}

constexpr std::optional<Isolation> isolationNamed(std::string_view name) {
  for (uint8_t i = 0; i < std::size(kIsolationNames); ++i) {
    if (kIsolationNames[i] == name) return static_cast<Isolation>(i);
  }
  return std::nullopt;
}

}  // namespace mayfly
