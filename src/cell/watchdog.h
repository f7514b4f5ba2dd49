// SPDX-License-Identifier: Apache-2.0
// Looks after the threads that are inside isolates, from a thread of its own:
// - a request context that has used up its CPU time, or that computes beyond its time on the clock, has its isolate
//   condemned;
// - a thread that stays inside one isolate longer than a slice loses its shard to a fresh thread, so that everybody
//   else on the shard is served while it goes on (JavaScript cannot be preempted and resumed on its thread).
// - a condemned isolate that does not end has its pipes closed, so that its callers are told; if it goes on for long, or
//   isolates whose threads are parked without memory keep too much of it, the cell is to be replaced.
// CPU is measured by the thread's own clock. While no thread is inside any isolate the watchdog sleeps.
#pragma once

#include <time.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

namespace mayfly::cell {

class Instance;
class Shard;

// One thread that runs isolates. Owned by that thread's stack frame; known to the watchdog while it lives.
struct ThreadSlot {
  std::mutex mutex;
  // Guarded by the mutex:
  Instance* instance = nullptr;
  Shard* shard = nullptr;
  uint64_t ticket = 0;
  int64_t enteredNs = 0;
  clockid_t cpuClock{};
  int64_t seenSinceNs = 0;  // which charge the figures below belong to
  int64_t cpuAtSeenNs = 0;
  int64_t cpuBeforeNs = 0;
  int64_t condemnedNs = 0;  // since when its isolate has been seen condemned; 0: it is not
  int64_t cpuAtCondemnedNs = 0;
  // Read without the mutex, to pass over idle slots.
  std::atomic<bool> inside{false};
};

class Watchdog {
 public:
  // `hopeless` is called, on the watchdog's thread and more than once, when threads cannot be got back by any means but
  // the end of the process. `culprit` is who did it, or did it last.
  using Hopeless = std::function<void(std::string_view why, const Instance& culprit)>;
  explicit Watchdog(Hopeless hopeless);
  ~Watchdog();

  void add(ThreadSlot& slot);
  void remove(ThreadSlot& slot);

  // Called by the slot's own thread.
  void entered(ThreadSlot& slot, Shard& shard, Instance& instance, uint64_t ticket, int64_t nowNs);
  void left(ThreadSlot& slot);

 private:
  void watch();
  void look(ThreadSlot& slot, int64_t nowNs);

  Hopeless hopeless_;
  size_t parkedBytes_ = 0;  // what isolates keep whose threads sleep without memory
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<ThreadSlot*> slots_;
  std::atomic<bool> dormant_{false};
  std::atomic<uint64_t> entries_{0};
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace mayfly::cell
