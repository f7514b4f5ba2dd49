// SPDX-License-Identifier: Apache-2.0
// Runs a program to its end, in namespaces of its own or not, and takes what it prints.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace mayfly::sandbox {

struct Captured {
  std::string output;  // of both standard output and standard error
  int status = 0;      // 128 + N when signal N ended it
};

// `namespaces` as for forkInto(). With an empty environment. Waits; fails with the errno of forkInto() in the text and
// ErrorCode::unavailable when there can be no such process.
Result<Captured> capture(std::vector<std::string> arguments, uint64_t namespaces);

}  // namespace mayfly::sandbox
