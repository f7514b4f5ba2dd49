// SPDX-License-Identifier: Apache-2.0
// For tests: a folder of its own with files written into it, gone at the end.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace mayfly::config {

class FilesTest : public testing::Test {
 protected:
  FilesTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mayfly-config-XXXXXX").string();
    directory_ = mkdtemp(pattern.data());
  }
  ~FilesTest() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path write(const std::filesystem::path& name, std::string_view content) {
    auto path = directory_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }

  std::filesystem::path directory_;
};

}  // namespace mayfly::config
