// SPDX-License-Identifier: Apache-2.0
// TypeScript declarations of what a worker finds in `env`, as its configuration says: what `mayfly types` writes. The
// names of types are those of @cloudflare/workers-types, and the shape is that of `wrangler types`, so that code written
// for one compiles with the other. https://developers.cloudflare.com/workers/wrangler/commands/#types
//
// Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/config.h"

namespace mayfly::config {

struct EnvTypesOptions {
  std::string interface = "Env";
  std::filesystem::path outputDir;  // absolute: imports of types are relative to it
  std::string_view extensions;      // declarations of Mayfly's own modules, put at the end
};

// `project`: the workers of the command line, whose classes the types of services name.
std::string envTypes(const WorkerConfig& worker, std::span<const WorkerConfig> project, const EnvTypesOptions& options);

}  // namespace mayfly::config
