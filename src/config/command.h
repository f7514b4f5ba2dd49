// SPDX-License-Identifier: Apache-2.0
// Running a program to its end: input given at once, output taken at once, within a deadline.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace mayfly::config {

struct CommandResult {
  int exitStatus = 0;  // 128 + signal when a signal ended it
  std::string output;
  std::string errors;  // what it wrote to stderr
};

// Blocks. The program runs in a process group of its own, all of which is killed when the deadline passes.
Result<CommandResult> runCommand(const std::vector<std::string>& arguments, std::string_view input,
                                 uint32_t deadlineMs);

}  // namespace mayfly::config
