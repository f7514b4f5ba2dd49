// SPDX-License-Identifier: Apache-2.0
// The tables of ops that built-ins use, one per folder. Adding a folder with ops adds one line to registry.cc: to
// groupOpTables(), unless what every worker needs calls them.
#pragma once

#include <span>
#include <vector>

#include "isolate/ops.h"

namespace mayfly::api {

std::vector<std::span<const isolate::Op>> opTables();
std::vector<isolate::GroupOps> groupOpTables();

}  // namespace mayfly::api
