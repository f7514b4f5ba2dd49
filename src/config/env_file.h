// SPDX-License-Identifier: Apache-2.0
// Files of variables: `NAME=value` lines, as `.dev.vars` and `.env` are. A value may stand in quotes, and then go over
// several lines; "\n" and "\"" mean something in double quotes alone. `#` begins a comment at the start of a line, or
// after white space behind a value without quotes. https://github.com/motdotla/dotenv#rules
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace mayfly::config {

using EnvVariables = std::vector<std::pair<std::string, std::string>>;

// The last of equal names holds. Fails with ErrorCode::invalid and the line: one without "=", a name that is none, a
// quote that does not end.
Result<EnvVariables> parseEnvFile(std::string_view text);
// The same of a file, which the error names.
Result<EnvVariables> readEnvFile(const std::filesystem::path& path);

// The files that wrangler reads in development for this environment (empty: none is chosen), those that exist, a later
// one going before an earlier one. https://developers.cloudflare.com/workers/development-testing/environment-variables/
std::vector<std::filesystem::path> developmentEnvFiles(const std::filesystem::path& directory,
                                                       std::string_view environment);

}  // namespace mayfly::config
