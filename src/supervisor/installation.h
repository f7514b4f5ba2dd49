// SPDX-License-Identifier: Apache-2.0
// Where the files are that belong to the running `mayfly`: beside it in the build directory, or in <prefix>/lib/mayfly
// when it stands in <prefix>/bin.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/jit.h"
#include "base/result.h"
#include "sandbox/sandbox.h"

namespace mayfly::supervisor {

struct Installation {
  std::filesystem::path node;        // Node's executable, whose V8 the cells use
  std::filesystem::path launcher;    // mayfly-launch, which executes it in the sandbox
  std::filesystem::path cellScript;  // cell.cjs, which loads cell.node beside it
  std::filesystem::path cellAddon;
  std::filesystem::path snapshot;
  std::filesystem::path bundleScript;  // bundle.mjs, which finds esbuild in the node_modules above it
  std::filesystem::path types;         // declarations of the modules that only Mayfly has
};

// `nodeOverride`: another executable than the one that was installed; empty: that one. Fails naming the file that is
// missing.
Result<Installation> findInstallation(const std::filesystem::path& executable, const std::string& nodeOverride);

// The command line of a cell, without shards and sockets, and the files that it reads.
std::vector<std::string> cellCommand(const Installation& installation, Jit jit = Jit::full);
sandbox::CellFiles cellFiles(const Installation& installation);

}  // namespace mayfly::supervisor
