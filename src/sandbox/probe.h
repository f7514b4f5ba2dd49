// SPDX-License-Identifier: Apache-2.0
// What `mayfly doctor` has done inside of a real cell: everything that must not work is tried, before the lock-down (what
// the launcher's layers hold alone) and after it (all together), and every system call that there is.
//
// A probe prints lines of tab-separated fields on standard output and ends the process:
//   try   STAGE  THREAD  NAME  held|worked  DETAIL
//   sweep THREAD REFUSED ABSENT ALLOWED ENDING
//   odd   THREAD NUMBER  DETAIL
//   done
#pragma once

#include <future>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "base/result.h"
#include "sandbox/lock_down.h"

namespace mayfly::sandbox {

// What lies outside for the probe to reach, which it could if nothing held it.
struct ProbeTargets {
  int port = 0;        // of a listener on 127.0.0.1
  std::string socket;  // an abstract Unix socket
  int pid = 0;         // of a process
};

// One call that must end the process, or all else.
struct ProbeSpec {
  ProbeTargets targets{};
  std::optional<int> endingCall{};  // kForeignCall: one by the numbers of 32-bit programs
  std::string thread = "main";      // that makes it: main, before or after
};
inline constexpr int kForeignCall = -32;

// "all:PORT:SOCKET:PID" or "end:NUMBER:THREAD".
std::string toText(const ProbeSpec& spec);
Result<ProbeSpec> parseProbeSpec(std::string_view text);

// The calls that end a process under this profile, the early filter included.
std::vector<CallRule> endingCalls(Profile profile);

class Probe {
 public:
  // Before the lock-down: starts the thread that is to be there already.
  Probe(ProbeSpec spec, std::optional<Profile> lockedDown);
  // After it.
  [[noreturn]] void run();

 private:
  const ProbeSpec spec_;
  const std::optional<Profile> lockedDown_;
  std::promise<void> go_;
  std::thread before_;
};

}  // namespace mayfly::sandbox
