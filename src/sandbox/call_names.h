// SPDX-License-Identifier: Apache-2.0
// Names of system calls.
#pragma once

#include <string_view>

namespace mayfly::sandbox {

// Empty when the headers that this was built with know none. Safe in a signal handler.
std::string_view callName(int number);

}  // namespace mayfly::sandbox
