// SPDX-License-Identifier: Apache-2.0
// `mayfly types`: writes worker-configuration.d.ts beside each configuration, or says with --check whether what is
// there is what would be written.
#include <fmt/format.h>

#include <cstdio>
#include <fstream>

#include "cli/commands.h"
#include "config/document.h"
#include "config/env_types.h"

namespace mayfly::cli {
namespace {

namespace fs = std::filesystem;
constexpr size_t kFileBytesMax = 16 << 20;

Result<void> writeFile(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file) return {};
  return fail(ErrorCode::unavailable, fmt::format("{} cannot be written", path.string()));
}

fs::path outputOf(const config::WorkerConfig& worker, const Options& options) {
  return options.output.empty() ? worker.rootDir / "worker-configuration.d.ts" : fs::absolute(options.output);
}

}  // namespace

Result<int> typesCommand(const Options& options, const supervisor::Installation& installation) {
  if (!options.output.empty() && options.paths.size() > 1) {
    return fail(ErrorCode::invalid, "--output names one file, and several workers were given: leave it out");
  }
  config::LoadOptions load;
  load.environment = options.environment;
  load.allowMissingBindings = true;  // they have types all the same
  load.developmentEnvFiles = true;
  auto project = config::loadProject({options.paths.begin(), options.paths.end()}, load);
  if (!project) return std::unexpected(project.error());
  auto extensions = config::readFile(installation.types, kFileBytesMax);
  if (!extensions) return std::unexpected(extensions.error());
  int status = 0;
  for (const config::WorkerConfig& worker : *project) {
    fs::path path = outputOf(worker, options);
    std::string text = config::envTypes(worker, *project, {options.envInterface, path.parent_path(), *extensions});
    if (options.check) {
      auto present = config::readFile(path, kFileBytesMax);
      bool same = present && *present == text;
      fmt::print("{}: {}\n", path.string(), same ? "up to date" : "out of date: run `mayfly types`");
      if (!same) status = kStatusFailed;
      continue;
    }
    if (auto written = writeFile(path, text); !written) return std::unexpected(written.error());
    fmt::print("{}\n", path.string());
  }
  return status;
}

}  // namespace mayfly::cli
