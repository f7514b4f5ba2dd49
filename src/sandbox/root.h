// SPDX-License-Identifier: Apache-2.0
// The root directory of a cell: an empty file system of 64 KB with the mapped files in it, all read-only, and nothing
// of the machine's own tree reachable from it.
#pragma once

#include <span>

#include "base/result.h"
#include "sandbox/launch_policy.h"

namespace mayfly::sandbox {

// In a mount namespace of its own. Descriptors that are open stay so.
Result<void> enterEmptyRoot(std::span<const FileMapping> files);

}  // namespace mayfly::sandbox
