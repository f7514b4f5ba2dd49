// SPDX-License-Identifier: Apache-2.0
// Writes texts to a descriptor without making its caller wait. What the reader at the other end (a terminal, a pipe, a
// log collector) takes at once is written at once; the rest waits here, up to a bound, for a thread that exists only
// once there is something to wait for. Beyond the bound texts are dropped, and the reader is told how many. The
// descriptor may be shared with other processes, so it is not made non-blocking.
//
// Safe from any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace mayfly::supervisor {

class OutputQueue {
 public:
  // Writes to `fd`, which is not closed.
  explicit OutputQueue(int fd) : fd_(fd) {}
  // Gives the reader a second for what waits.
  ~OutputQueue();

  void write(std::string text);

 private:
  void drain();

  const int fd_;
  std::mutex mutex_;
  std::condition_variable wake_;
  // Guarded by the mutex:
  std::deque<std::string> texts_;
  size_t bytes_ = 0;    // of texts_
  size_t dropped_ = 0;  // texts since the last notice
  bool writing_ = false;
  bool ending_ = false;
  std::chrono::steady_clock::time_point deadline_;
  std::thread thread_;
};

}  // namespace mayfly::supervisor
