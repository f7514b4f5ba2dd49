// SPDX-License-Identifier: Apache-2.0
// What of a directory of static files is served. A file is known by its number in `files`; its content is read when it
// is asked for. Blocks while it reads; may be called from any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"
#include "supervisor/asset_rules.h"

namespace mayfly::supervisor {

struct AssetFile {
  std::string path;  // "/css/site.css", UTF-8
  std::string etag;  // of the content, 32 hexadecimal digits
  uint64_t bytes = 0;
};

struct AssetTree {
  std::filesystem::path directory;
  std::vector<AssetFile> files;  // by path
  // The directory and those below it, with a slash at the end: where files may appear.
  std::vector<std::filesystem::path> folders;
  std::vector<RedirectRule> redirects;
  std::vector<HeaderRule> headerRules;
};

// All regular files below `directory` but those that .assetsignore names. Fails with ErrorCode::invalid: a file or link
// leads out of the directory, cannot be read, there are more than 100,000, or _redirects or _headers has a mistake.
Result<AssetTree> readAssets(const std::filesystem::path& directory);

// What the worker that serves them is told (AssetsConfig in api/platform/assets/files.ts), as JSON text.
std::string describeAssets(const config::AssetsConfig& config, const AssetTree& tree);

// An open descriptor for the file at `path` below `directory`, whatever links there are on the way.
Result<int> openAsset(const std::filesystem::path& directory, const std::string& path);

}  // namespace mayfly::supervisor
