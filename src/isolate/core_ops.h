// SPDX-License-Identifier: Apache-2.0
// The ops that core itself stands on (api/core/ops.d.ts); those of single web APIs live in their folders under api/.
#pragma once

#include <span>
#include <vector>

#include "isolate/ops.h"

namespace mayfly::isolate {

std::span<const Op> pipeOps();
std::span<const Op> loaderOps();
std::span<const Op> runtimeOps();
std::span<const Op> valueOps();

// All of the above and what builtin_groups.h needs.
std::vector<std::span<const Op>> coreOpTables();

}  // namespace mayfly::isolate
