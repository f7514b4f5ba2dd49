// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace mayfly::cell {

// When a cell is replaced in good order: the tenant's next worker gets another, and it ends with the last it has.
struct GuestCellLife {
  uint32_t workersMax = 20'000;                 // V8's heaps and the kernel's tables grow with use
  uint64_t growthBytesMax = uint64_t{1} << 30;  // beyond what its workers may have: parked heaps, and what is not freed
  std::chrono::seconds ageMax{24 * 60 * 60};
};

}  // namespace mayfly::cell
