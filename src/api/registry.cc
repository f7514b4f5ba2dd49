// SPDX-License-Identifier: Apache-2.0
#include "api/registry.h"

namespace mayfly::api {

// Each is defined in the folder's *_ops.cc as `std::span<const isolate::Op> urlOps() { static constexpr Op kOps[] ...`.

std::span<const isolate::Op> consoleOps();
std::span<const isolate::Op> cryptoOps();
std::span<const isolate::Op> encodingOps();

std::vector<std::span<const isolate::Op>> opTables() {
  return {
      consoleOps(),
      cryptoOps(),
      encodingOps(),
  };
}

}  // namespace mayfly::api
