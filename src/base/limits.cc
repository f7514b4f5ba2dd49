// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"

#include <fmt/format.h>

namespace mayfly {

Error limitExceeded(Limit limit, uint32_t value) {
  auto error = [](const char* name, std::string message) { return Error{ErrorCode::limit, std::move(message), name}; };
  switch (limit) {
    case Limit::memoryMb:
      return error("MemoryLimitExceeded", fmt::format("Worker exceeded its memory limit of {} MB.", value));
    case Limit::wallMs:
      return error("WallLimitExceeded", fmt::format("Worker exceeded wall time limit of {} ms.", value));
    case Limit::startupMs:
      return error("StartupLimitExceeded", fmt::format("Worker exceeded startup time limit of {} ms.", value));
    default: return error("CpuLimitExceeded", fmt::format("Worker exceeded CPU time limit of {} ms.", value));
  }
}

}  // namespace mayfly
