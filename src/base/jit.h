// SPDX-License-Identifier: Apache-2.0
// Which of V8's compilers a process has. They are a large part of V8, and of its known faults.
#pragma once

#include <cstdint>
#include <iterator>
#include <optional>
#include <string_view>

namespace mayfly {

// From the fastest to the one with least to attack.
enum class Jit : uint8_t {
  full,
  noTurbofan,  // no optimizing compiler but Maglev, and for WebAssembly none
  none,        // nothing is compiled: no memory is executable that was not when the process started, and no WebAssembly
};

inline constexpr Jit kJits[] = {Jit::full, Jit::noTurbofan, Jit::none};
inline constexpr std::string_view kJitNames[] = {"full", "no-turbofan", "none"};

constexpr std::string_view jitName(Jit jit) { return kJitNames[static_cast<uint8_t>(jit)]; }

constexpr std::optional<Jit> jitNamed(std::string_view name) {
  for (uint8_t i = 0; i < std::size(kJitNames); ++i) {
    if (kJitNames[i] == name) return static_cast<Jit>(i);
  }
  return std::nullopt;
}

}  // namespace mayfly
