// SPDX-License-Identifier: Apache-2.0
// Every key that wrangler knows at the top level of its configuration and of env.<name>, and what becomes of it here.
// docs/configuration.md says the same in prose.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace mayfly::config {

enum class KeyUse : uint8_t {
  supported,      // read by load.cc
  deployment,     // concerns Cloudflare's deployment alone: a notice
  ineffective,    // has a meaning at run time that Mayfly does not have: a warning with `detail`
  refused,        // Mayfly does not have it, and the worker cannot be right without it: `detail` says what is missing
  listBinding,    // [{<detail>: name}]
  objectBinding,  // {binding: name}
  nestedBinding,  // {<list>: [{<item>: name}]}; detail is "list.item"
  mapBinding,     // {name: file}
};

enum class KeyScope : uint8_t {
  inherited,     // env.<name> has the top level's unless it has its own
  notInherited,  // env.<name> has its own or nothing
  topLevel,      // stands at the top level only
};

struct Key {
  std::string_view name;
  KeyUse use;
  KeyScope scope;
  std::string_view detail = {};
  std::string_view feature = {};  // bindings: what Mayfly does not have
};

std::span<const Key> wranglerKeys();
const Key* findKey(std::string_view name);

}  // namespace mayfly::config
