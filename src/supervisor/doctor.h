// SPDX-License-Identifier: Apache-2.0
// Starts real cells in the sandbox of this machine and has them try from inside what must not work
// (sandbox/probe.h).
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "supervisor/installation.h"

namespace mayfly::supervisor {

// One thing that was tried.
struct Finding {
  sandbox::Profile profile;
  std::string stage;   // "before" the lock-down or "after" it
  std::string thread;  // that tried: main, one made before, one made after
  std::string what;
  std::string outcome;  // an errno's name, how the process ended
  bool held = false;
};

// Waits until all is tried: some seconds. Fails when a cell does not come up, or ends before it is through.
Result<std::vector<Finding>> examine(const Installation& installation, const sandbox::Sandbox& sandbox);

}  // namespace mayfly::supervisor
