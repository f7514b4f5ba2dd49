// SPDX-License-Identifier: Apache-2.0
// The last layer, applied by the cell itself when it has started and before any code of a tenant: from then on every
// thread, those there are and those to come, may make only the system calls of system_calls.h.
//
// A call that is refused returns EPERM. It is counted, and the first of each number is told in a line on standard error,
// which the supervisor puts into its log. It does not end the process: V8 and its libraries live without what they are
// refused, and one call that nobody foresaw must not cost a neighbour the cell. Calls that only an intruder makes do end
// it, with SIGSYS.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "sandbox/filter.h"

namespace mayfly::sandbox {

enum class Profile : uint8_t {
  guest,        // only isolates
  guestNoCode,  // and nothing is compiled: no memory becomes executable
  host,         // and connections of HTTP clients
};

std::string_view profileName(Profile profile);
std::optional<Profile> profileNamed(std::string_view name);

// The rules of a profile, and what they answer to all other calls (Answer::refuse).
std::vector<CallRule> rulesOf(Profile profile);

// From any thread, for the whole process. Cannot be undone.
Result<void> lockDown(Profile profile);

// How often calls were refused since.
uint64_t refusedCalls();

}  // namespace mayfly::sandbox
