// SPDX-License-Identifier: Apache-2.0
// Landlock: whatever files the process can see, it may read and execute these. Of newer kernels it takes the rest as
// well: no TCP, no signals and no abstract sockets to outside.
#pragma once

#include <span>
#include <string>

#include "base/result.h"

namespace mayfly::sandbox {

// 0: the kernel has none.
int landlockVersion();

// Files and folders. Takes no-new-privileges.
Result<void> restrictFiles(std::span<const std::string> paths);

}  // namespace mayfly::sandbox
