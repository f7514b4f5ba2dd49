// SPDX-License-Identifier: Apache-2.0
// What the launcher is told, as its arguments:
//   mayfly-launch [--check] --layers=NAME,NAME --file=INSIDE=SOURCE --limit=NAME=N -- COMMAND ARGUMENT...
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "sandbox/layers.h"

namespace mayfly::sandbox {

// A file of the machine and where the cell finds it.
struct FileMapping {
  std::string inside;  // absolute
  std::string source;
  friend bool operator==(const FileMapping&, const FileMapping&) = default;
};

// nofile, nproc, ...: the names of kResourceNames in launch_policy.cc.
struct ResourceLimit {
  std::string name;
  uint64_t value;
  friend bool operator==(const ResourceLimit&, const ResourceLimit&) = default;
};

struct LaunchPolicy {
  // Applies each layer, goes on when one fails, prints "NAME<tab>ok" or "NAME<tab>failed<tab>WHY" for each, and ends.
  bool check = false;
  LayerSet layers;  // also those that the supervisor has applied already
  std::vector<FileMapping> files;
  std::vector<ResourceLimit> limits;
  std::vector<std::string> command;  // with names from outside
};

std::vector<std::string> toArguments(const LaunchPolicy& policy);  // without the launcher's own name
Result<LaunchPolicy> parseLaunchPolicy(std::span<const char* const> arguments);

// The RLIMIT_ constant of a name; -1: there is none.
int resourceNamed(std::string_view name);

// An argument of the command as the cell must see it: where it is a mapped file, or --option=FILE, the inside name.
std::string insideArgument(std::span<const FileMapping> files, std::string_view argument);

}  // namespace mayfly::sandbox
