// SPDX-License-Identifier: Apache-2.0
// The commands. Each runs to its end and returns the exit status, or fails before it began.
#pragma once

#include <string_view>

#include "cli/options.h"
#include "sandbox/sandbox.h"
#include "supervisor/installation.h"
#include "supervisor/project.h"
#include "supervisor/supervisor.h"

namespace mayfly::cli {

// Status of the process by which it ended.
inline constexpr int kStatusFailed = 1;
inline constexpr int kStatusUsage = 2;
inline constexpr int kStatusLimit = 3;

struct Context {
  const Options& options;
  const supervisor::Installation& installation;
  supervisor::LogWriter& log;
  supervisor::SupervisorOptions supervisor;
};

// What buildProject() needs to know of the command line.
supervisor::ProjectOptions projectOptions(const Context& context);

Result<int> serveCommand(Context context);  // dev and serve
Result<int> testCommand(Context context);
Result<int> runCommand(Context context);
Result<int> typesCommand(const Options& options, const supervisor::Installation& installation);
Result<int> doctorCommand(const supervisor::Installation& installation);

// All of `mayfly`.
int main(int argc, const char* const* argv, std::string_view version);

}  // namespace mayfly::cli
