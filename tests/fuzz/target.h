// SPDX-License-Identifier: Apache-2.0
// A fuzz target is a file of this folder with one MAYFLY_FUZZ_TARGET(name) { ... }, which is given any bytes as `input`.
// It is compiled twice: into fuzz_<name>, by `make fuzz`, and into unit_tests, where it runs over corpus/<name>.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

#ifdef MAYFLY_FUZZER
#define MAYFLY_FUZZ_TARGET(name)                                            \
  static void runTarget(std::span<const uint8_t> input);                    \
  extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) { \
    runTarget({data, size});                                                \
    return 0;                                                               \
  }                                                                         \
  static void runTarget([[maybe_unused]] std::span<const uint8_t> input)
#else
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

namespace mayfly::fuzz {

inline void replayCorpus(std::string_view target, void (*run)(std::span<const uint8_t>)) {
  size_t files = 0;
  for (const auto& file : std::filesystem::directory_iterator(std::filesystem::path(MAYFLY_FUZZ_CORPUS) / target)) {
    SCOPED_TRACE(file.path().string());
    std::ifstream in(file.path(), std::ios::binary);
    std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
    run({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
    ++files;
  }
  EXPECT_GT(files, 0u) << "there is no corpus";
}

}  // namespace mayfly::fuzz

#define MAYFLY_FUZZ_TARGET(name)                                            \
  static void runTarget(std::span<const uint8_t> input);                    \
  TEST(FuzzCorpus, name) { mayfly::fuzz::replayCorpus(#name, &runTarget); } \
  static void runTarget([[maybe_unused]] std::span<const uint8_t> input)
#endif

namespace mayfly::fuzz {

// What must hold, in builds of every kind.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "fuzz target: it does not hold that %s\n", what);
  std::abort();
}

// Takes an input apart, from its front; at its end there are zeros and empty runs.
class Input {
 public:
  explicit Input(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  uint8_t byte() {
    if (bytes_.empty()) return 0;
    uint8_t value = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return value;
  }
  bool empty() const { return bytes_.empty(); }
  std::span<const uint8_t> rest() const { return bytes_; }
  std::string_view text() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }
  // Up to the next NUL.
  std::string_view word() {
    std::string_view all = text();
    std::string_view word = all.substr(0, all.find('\0'));
    bytes_ = bytes_.subspan(std::min(word.size() + 1, bytes_.size()));
    return word;
  }

 private:
  std::span<const uint8_t> bytes_;
};

}  // namespace mayfly::fuzz
