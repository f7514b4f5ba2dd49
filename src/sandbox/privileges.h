// SPDX-License-Identifier: Apache-2.0
// What a process may give up about itself before it executes another program.
#pragma once

#include <span>

#include "base/result.h"
#include "sandbox/launch_policy.h"

namespace mayfly::sandbox {

Result<void> setLimits(std::span<const ResourceLimit> limits);

// First of users: as root a cell is kFirstUser + the number of its process, so no two that live have the same, where
// the machine (or its container) has such users; else kNobody. This range is nobody's by the conventions of systemd.
inline constexpr unsigned kFirstUser = 0x70000000;
inline constexpr unsigned kNobody = 65534;
// Does nothing for who is not root outside of a user namespace. `ownPid` as the machine numbers it.
Result<void> becomeUser(unsigned ownPid);
// This process' number in the namespace whose /proc is mounted; 0 where there is none.
unsigned outerPid();

// Before becomeUser(): executing a program gives nothing back. After it: none are left.
Result<void> dropBoundingCapabilities();
Result<void> dropCapabilities();

Result<void> setNoNewPrivileges();

}  // namespace mayfly::sandbox
