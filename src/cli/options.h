// SPDX-License-Identifier: Apache-2.0
// The command line, read and checked.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/jit.h"
#include "base/result.h"
#include "sandbox/sandbox.h"
#include "supervisor/log_writer.h"

namespace mayfly::cli {

enum class Command : uint8_t { help, version, dev, serve, test, run, types, doctor };

struct Options {
  Command command = Command::help;
  std::vector<std::string> paths;

  // dev, serve
  std::string host = "127.0.0.1";
  uint16_t port = 8787;
  uint32_t shards = 0;  // 0: one per core
  std::string environment;
  std::vector<std::string> envFiles;
  bool allowMissingBindings = false;
  bool verbose = false;
  bool logEvents = false;
  sandbox::Level sandbox = sandbox::Level::bestEffort;
  supervisor::LogFormat log = supervisor::LogFormat::pretty;
  uint64_t headerBytesMax = 0, bodyBytesMax = 0;  // 0: the default
  uint32_t headerTimeoutMs = 0, bodyTimeoutMs = 0, idleTimeoutMs = 0;
  uint32_t drainMs = 10'000;
  uint32_t cellMemoryMb = 4'096;
  Jit guestJit = Jit::full;
  uint32_t cellAnswerMs = 10'000;
  uint32_t cellWorkers = 20'000;
  uint32_t cellGrowthMb = 0;  // 0: a quarter of cellMemoryMb
  uint32_t cellAgeS = 24 * 60 * 60;
  std::string controlHost;  // empty: no control listener
  uint16_t controlPort = 0;
  std::string controlToken;

  // test
  std::string filter;
  bool exposeGc = false;

  // test, run
  uint32_t timeoutMs = 30'000;

  // run
  std::string inputJson;  // empty: none; already read from standard input, and JSON
  std::vector<std::pair<std::string, std::string>> variables;
  uint32_t cpuMs = 10'000;
  uint32_t memoryMb = 0;           // 0: the default
  std::vector<std::string> allow;  // what fetch() may reach, as in a policy

  // types
  std::string output;  // empty: beside the configuration
  std::string envInterface = "Env";
  bool check = false;
};

// Fails with ErrorCode::invalid and one line that says what is wrong and what would be right.
Result<Options> parseOptions(int argc, const char* const* argv);

// What `mayfly --help` prints.
std::string_view helpText();

}  // namespace mayfly::cli
