// SPDX-License-Identifier: Apache-2.0
// A table of rules about system calls as a seccomp program. The first rule that matches answers.
#pragma once

#include <linux/filter.h>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace mayfly::sandbox {

enum class Answer : uint8_t {
  allow,
  refuse,         // EPERM, by way of the SIGSYS handler of lock_down.h, which counts it and tells it once
  refuseQuietly,  // the same, untold: libraries are known to try it and to live without
  absent,         // ENOSYS, so that libraries do it another way
  kill,           // ends the process with SIGSYS: nothing that the cell is made of ever does it
};

// (argument & mask) == value. The own process' number is known only when the filter is made.
struct ArgumentCheck {
  int index = -1;  // -1: no check
  uint64_t mask = 0;
  uint64_t value = 0;
};
inline constexpr uint64_t kOwnPid = ~uint64_t{0};

struct CallRule {
  int number;
  std::string_view name;
  Answer answer;
  std::string_view reason;
  std::array<ArgumentCheck, 2> checks{};  // all must hold
};

// Data that comes with SECCOMP_RET_TRAP, for the handler.
inline constexpr uint16_t kTrapReported = 1;
inline constexpr uint16_t kTrapQuiet = 2;

std::vector<sock_filter> compileFilter(std::span<const CallRule> rules, Answer otherwise, uint32_t ownPid);

enum class Threads : uint8_t { thisOne, all };
// Takes no-new-privileges or CAP_SYS_ADMIN.
Result<void> installFilter(std::span<const sock_filter> program, Threads threads);

// What the rules answer to a call with these arguments.
Answer answerTo(std::span<const CallRule> rules, Answer otherwise, int number, const std::array<uint64_t, 6>& arguments,
                uint32_t ownPid);

}  // namespace mayfly::sandbox
