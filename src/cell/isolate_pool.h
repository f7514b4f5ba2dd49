// SPDX-License-Identifier: Apache-2.0
// Empty isolates made ahead of need, and old ones disposed of, on a thread of their own, so that a cold load pays for
// neither. A pool belongs to a cell and serves all its shards; isolates are not bound to a thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "isolate/isolate.h"

namespace mayfly::cell {

class IsolatePool {
 public:
  // Keeps `warm` isolates of the default limits ready.
  IsolatePool(isolate::Engine& engine, size_t warm);
  ~IsolatePool();

  // A warm one where the limits allow it, else one made here and now.
  std::unique_ptr<isolate::Isolate> take(const Limits& limits);
  void dispose(std::unique_ptr<isolate::Isolate> isolate);

 private:
  void work();

  isolate::Engine& engine_;
  const size_t warm_;
  std::mutex mutex_;
  std::condition_variable wanted_;
  std::vector<std::unique_ptr<isolate::Isolate>> ready_;
  std::deque<std::unique_ptr<isolate::Isolate>> old_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace mayfly::cell
