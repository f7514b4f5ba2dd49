// SPDX-License-Identifier: Apache-2.0
// Which destinations outbound requests may have. Pure: no I/O, no state, no clock.
//
// Hosts are allowed by names, or by default; addresses that are not of the internet by ranges. A range alone allows what
// is written as an address in the URL.
//
// A request is judged by layers of policies: that of the worker's configuration, that of its loader, that of the code.
// All must agree, so nobody can give on more than they have. It is judged before the name is looked up (a name that no
// rule can allow is not asked for), and again with every address that the name has.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "egress/pattern.h"

namespace mayfly::egress {

inline constexpr size_t kPatternsMax = 256;  // of one policy

// `network` as it stands in a configuration or in the code of a dynamic worker.
struct PolicyText {
  bool allowByDefault = true;
  std::vector<std::string> allow;
  std::vector<std::string> deny;
};

struct Policy {
  std::string owner;  // for messages: `"mayfly.network" of worker "api"`
  bool allowByDefault = true;
  std::vector<Pattern> allow;
  std::vector<Pattern> deny;
};
using Layers = std::vector<std::shared_ptr<const Policy>>;

// Fails with ErrorCode::invalid: `network.allow[2]: "10.0.0.0/33" ...`.
Result<Policy> parsePolicy(const PolicyText& text, std::string owner, std::string_view where = "network");

struct Verdict {
  bool allowed = false;
  std::string rule;    // the entry, the default or the range that decided
  std::string reason;  // why not, for whoever asked; holds no address that the asker did not know
};

// What the machine looks like from inside.
struct Here {
  std::vector<Address> addresses;     // of its interfaces
  std::vector<uint16_t> closedPorts;  // of this machine, to the asker: the server's own listeners
};

// What can be said without addresses: a denial, or `allowed` when that depends on them.
Verdict judgeName(const Layers& layers, const Destination& destination);
// `addresses` must not be empty: each of them must be allowed.
Verdict judge(const Layers& layers, const Destination& destination, std::span<const Address> addresses,
              const Here& here);

}  // namespace mayfly::egress
