// SPDX-License-Identifier: Apache-2.0
#include "egress/policy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace mayfly::egress {

Result<void> check(const Rules& rules, const Destination& destination) {
  if (std::ranges::find(rules.schemes, destination.scheme) != rules.schemes.end()) return {};
  return fail(ErrorCode::denied, fmt::format("fetch() to \"{}:\" is not supported, only to {}", destination.scheme,
                                             fmt::join(rules.schemes, " and ")));
}

}  // namespace mayfly::egress
