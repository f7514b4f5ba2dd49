// SPDX-License-Identifier: Apache-2.0
// "mayfly.network", "mayfly.loader.network" and "mayfly.secrets" of a configuration, read and checked.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "egress/address.h"
#include "egress/policy.h"

namespace mayfly::config {

struct SecretConfig {
  std::string name;  // of the member of `env`
  std::string value;
  std::vector<std::string> hosts;
};

struct NetworkConfig {
  std::optional<egress::PolicyText> own;     // of the worker's own fetch(); absent: the command's default
  std::optional<egress::PolicyText> loader;  // of its dynamic workers; absent: `own`, without private addresses
  std::map<std::string, std::vector<egress::Address>> hosts;  // mayfly.hosts: names that are not looked up
  std::vector<SecretConfig> secrets;
};

}  // namespace mayfly::config
