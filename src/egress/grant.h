// SPDX-License-Identifier: Apache-2.0
// What a host cell says about the network of a dynamic worker that it loads, sealed so that only the supervisor can
// read it and nobody can change it (docs/decisions/0009-egress-grants.md). Whoever holds the seal may open an egress
// pipe with it, and gains nothing else by having it: a guest cell carries it as it is.
//
// Both sides have the key from the supervisor, which makes one at its start and gives it to host cells only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "egress/policy.h"
#include "egress/secrets.h"

namespace mayfly::egress {

inline constexpr size_t kGrantKeyBytes = 32;
inline constexpr size_t kGrantTextBytesMax = 48 * 1024;

struct Grant {
  uint32_t generation = 0;  // of the configuration under which the loader runs
  std::string loader;       // the host worker
  std::string worker;       // for logs: "loader:name"
  std::string tenant;       // whose requests may share connections
  std::optional<PolicyText> policy;
  std::vector<SecretText> secrets;
};

std::string makeGrantKey();
// Base64. Fails with ErrorCode::limit when it would be too long to be sent.
Result<std::string> sealGrant(std::string_view key, const Grant& grant);
// Fails with ErrorCode::denied for anything that was not sealed with this key.
Result<Grant> openGrant(std::string_view key, std::string_view sealed);

}  // namespace mayfly::egress
