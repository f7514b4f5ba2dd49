// SPDX-License-Identifier: Apache-2.0
// A shard: one event loop and the workers that live on it, run by one thread at a time. Which thread that is changes:
// one that stays inside an isolate too long loses the shard to a fresh one (watchdog.h), comes back from the isolate
// some time later, leaves its result as a task for the shard, and ends.
//
// A dynamic worker is kept by one shard and runs on whichever calls it, unless that has more to do than another: waking
// another thread costs many times what a call does. Host workers stay where they are, beside their front end.
//
// enqueue(), adopt() and load() are safe from any thread; the rest belongs to the shard's thread. What a run of an
// isolate touches while its thread may already have lost the shard are the isolate itself, pipes and inboxes, all of
// which are safe from any thread.
#pragma once

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <vector>

#include "cell/instance.h"
#include "cell/isolate_pool.h"
#include "cell/watchdog.h"

namespace mayfly::cell {

class Shard;

// The shards of a cell: says on which of them a worker runs.
class ShardGroup {
 public:
  void add(Shard& shard) { shards_.push_back(&shard); }
  // The shard of the calling thread, or else `last`, unless another has less to do.
  Shard& choose(Shard& last) const;
  // The least busy but `near`; of equals, the next after it. `near` where it is the only one.
  Shard& elsewhere(Shard& near) const;

 private:
  std::vector<Shard*> shards_;
};

class Shard {
 public:
  using Clock = Instance::Clock;

  // `group` outlives it, and knows all shards before the first of them starts.
  Shard(isolate::Engine& engine, IsolatePool& pool, Watchdog& watchdog, const ShardGroup& group, int index);

  // Called on the shard's thread when a worker has ended and its isolate is about to be disposed of.
  void onRetired(std::function<void(Instance&)> handler) { retiredHandler_ = std::move(handler); }
  void start();

  // Runs `instance` when its turn comes. Called by the instance alone.
  void enqueue(std::shared_ptr<Instance> instance);
  const ShardGroup& group() const { return group_; }
  // Whether the calling thread runs this shard.
  bool isHere() const { return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id(); }
  // How many workers are running or wait to run.
  size_t load() const { return load_.load(std::memory_order_relaxed); }

  boost::asio::io_context& context() { return context_; }
  int index() const { return index_; }
  // Keeps a worker until it has ended. From any thread.
  void adopt(std::shared_ptr<Instance> instance);

  // Called by Instance::run as it enters its isolate.
  void beginRun(Instance& instance, Clock::time_point now);
  // Called by the watchdog: the thread that entered with `ticket` is still inside.
  void giveToFreshThread(uint64_t ticket);
  // Called by the watchdog: the thread inside of `instance` never comes back, so the worker counts as ended. Its memory
  // stays until the process ends.
  void lose(Instance& instance);

 private:
  void spawnThread();
  void loop();
  // False when the shard was lost meanwhile: the thread must leave at once.
  bool runInstance(const std::shared_ptr<Instance>& instance, Clock::time_point now, ThreadSlot& slot);
  void afterRun(const std::shared_ptr<Instance>& instance);
  void retire(const std::shared_ptr<Instance>& instance);
  void release(const std::shared_ptr<Instance>& instance);
  void setTimer(const std::shared_ptr<Instance>& instance, Clock::time_point due);
  void armTimer();
  void fireTimers();

  isolate::Engine& engine_;
  IsolatePool& pool_;
  Watchdog& watchdog_;
  const ShardGroup& group_;
  const int index_;
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::function<void(Instance&)> retiredHandler_;

  // 0 while the shard's thread is in its loop, else the ticket of the run that it is in. Whoever changes a ticket to 0
  // owns the shard.
  std::atomic<uint64_t> phase_{0};
  std::atomic<uint64_t> lastTicket_{0};
  std::atomic<std::thread::id> thread_{};

  std::mutex mutex_;
  std::deque<std::shared_ptr<Instance>> queue_;
  bool sleeping_ = false;
  std::atomic<size_t> load_{0};
  std::unordered_set<std::shared_ptr<Instance>> live_;  // guarded by the mutex

  // Of the shard's thread:
  ThreadSlot* current_ = nullptr;
  std::multimap<Clock::time_point, std::weak_ptr<Instance>> timers_;
  boost::asio::steady_timer timer_;
  Clock::time_point armedFor_ = Clock::time_point::max();
};

}  // namespace mayfly::cell
