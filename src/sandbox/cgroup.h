// SPDX-License-Identifier: Apache-2.0
// Control groups of cells: memory, processor time and threads, where the machine has such controllers and lets this
// process make groups below its own; in the hierarchies of version 1, of version 2, or some in each.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace mayfly::sandbox {

// 0: no limit.
struct CgroupLimits {
  uint64_t memoryBytes = 0;
  uint32_t cpuPercent = 0;        // of one core: 250 is two and a half
  uint32_t cpuWeightPercent = 0;  // of what a process has that has no group, where processor time is scarce
  uint32_t pidsMax = 0;           // processes and threads
};

// Where this process' group of a controller is.
struct CgroupPlace {
  std::filesystem::path folder;
  bool unified = false;  // version 2
  friend bool operator==(const CgroupPlace&, const CgroupPlace&) = default;
};

// By controller (memory, cpu, pids); version 2, whose controllers its folder lists, under the empty name. The texts are
// /proc/self/cgroup and /proc/self/mountinfo.
std::map<std::string, CgroupPlace, std::less<>> locateCgroups(std::string_view cgroups, std::string_view mounts);

// The group of one cell, removed with this object: the cell must have ended, and been waited for.
class CellCgroup {
 public:
  CellCgroup() = default;
  CellCgroup(CellCgroup&& other) noexcept { *this = std::move(other); }
  CellCgroup& operator=(CellCgroup&& other) noexcept;
  ~CellCgroup();

  // A process that writes "0" to each of these is in the group, and so are all that it starts.
  const std::vector<int>& entrances() const { return entrances_; }
  // How often the kernel ended something in it because it was over its memory limit.
  uint64_t memoryKills() const;

 private:
  friend class Cgroups;
  std::vector<std::filesystem::path> folders_;
  std::vector<int> entrances_;
  std::filesystem::path memoryEvents_;
};

class Cgroups {
 public:
  // Fails when not one of the controllers can be used, and says why. Removes groups that dead supervisors have left.
  static Result<Cgroups> open();

  // What it cannot do of memory, cpu and pids; empty: nothing.
  const std::string& missing() const { return missing_; }
  bool hasMemory() const { return places_.contains("memory"); }
  Result<CellCgroup> make(const CgroupLimits& limits);

 private:
  std::map<std::string, CgroupPlace, std::less<>> places_;
  std::string missing_;
  uint64_t made_ = 0;
};

}  // namespace mayfly::sandbox
