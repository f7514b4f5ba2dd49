// SPDX-License-Identifier: Apache-2.0
// One module of a worker's code, as the bundler makes it, as a loader receives it, and as a cell compiles it.
#pragma once

#include <cstdint>
#include <string>

namespace mayfly {

enum class ModuleKind : uint8_t { esModule, commonJs, text, data, json, wasm };

struct ModuleSource {
  std::string name;  // what an import of it resolves to: "index.js", "lib/a.js"
  ModuleKind kind = ModuleKind::esModule;
  std::string body;  // UTF-8 for esModule, commonJs, text and json; bytes for data and wasm
};

}  // namespace mayfly
