// SPDX-License-Identifier: Apache-2.0
// Which destinations outbound requests may have. Pure: no I/O, no state, no clock. The destination is what the HTTP
// client itself parsed out of the URL, so that the two cannot disagree about where a URL leads.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace mayfly::egress {

struct Destination {
  std::string scheme;  // lower case
  std::string host;    // as in the URL, IPv6 addresses in brackets
  uint16_t port = 0;
};

struct Rules {
  std::vector<std::string> schemes{"http", "https"};
};

// Fails with ErrorCode::denied and the reason.
Result<void> check(const Rules& rules, const Destination& destination);

}  // namespace mayfly::egress
