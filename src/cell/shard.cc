// SPDX-License-Identifier: Apache-2.0
#include "cell/shard.h"

#include <fmt/core.h>
#include <pthread.h>

#include <boost/asio/post.hpp>

namespace mayfly::cell {

namespace {

// While workers wait to run, sockets and timers are looked at after the first run that begins so much later.
constexpr std::chrono::microseconds kPollInterval{50};

}  // namespace

Shard& ShardGroup::choose(Shard& last) const {
  Shard* best = &last;
  for (Shard* shard : shards_) {
    if (shard->isHere()) best = shard;
  }
  for (Shard* shard : shards_) {
    if (shard->load() + 1 < best->load()) best = shard;
  }
  return *best;
}

Shard& ShardGroup::elsewhere(Shard& near) const {
  Shard* best = nullptr;
  for (size_t i = 1; i < shards_.size(); ++i) {
    Shard& other = *shards_[(static_cast<size_t>(near.index()) + i) % shards_.size()];
    if (best == nullptr || other.load() < best->load()) best = &other;
  }
  return best == nullptr ? near : *best;
}

Shard::Shard(isolate::Engine& engine, IsolatePool& pool, Watchdog& watchdog, const ShardGroup& group, int index)
    : engine_(engine),
      pool_(pool),
      watchdog_(watchdog),
      group_(group),
      index_(index),
      context_(1),
      work_(context_.get_executor()),
      timer_(context_) {}

void Shard::start() { spawnThread(); }

void Shard::spawnThread() {
  std::thread thread([this] { loop(); });
  pthread_setname_np(thread.native_handle(), fmt::format("shard-{}", index_).c_str());
  thread.detach();
}

void Shard::enqueue(std::shared_ptr<Instance> instance) {
  load_.fetch_add(1, std::memory_order_relaxed);
  bool wake = false;
  {
    std::lock_guard lock(mutex_);
    queue_.push_back(std::move(instance));
    wake = std::exchange(sleeping_, false);
  }
  if (wake) boost::asio::post(context_, [] {});
}

void Shard::adopt(std::shared_ptr<Instance> instance) {
  std::lock_guard lock(mutex_);
  live_.insert(std::move(instance));
}

void Shard::loop() {
  ThreadSlot slot;
  thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  watchdog_.add(slot);
  current_ = &slot;
  Clock::time_point polled;
  for (;;) {
    std::shared_ptr<Instance> next;
    {
      std::lock_guard lock(mutex_);
      if (!queue_.empty()) {
        next = std::move(queue_.front());
        queue_.pop_front();
      }
    }
    if (next) {
      next->turn_.exchange(Instance::Turn::runs, std::memory_order_acq_rel);
      auto now = Clock::now();
      if (!runInstance(next, now, slot)) break;
      if (now - polled < kPollInterval) continue;
      polled = now;
    }
    if (context_.poll() > 0) continue;
    {
      std::lock_guard lock(mutex_);
      if (!queue_.empty()) continue;
      sleeping_ = true;
    }
    context_.run_one();
    std::lock_guard lock(mutex_);
    sleeping_ = false;
  }
  watchdog_.remove(slot);
}

void Shard::beginRun(Instance& instance, Clock::time_point now) {
  uint64_t ticket = lastTicket_.fetch_add(1, std::memory_order_relaxed) + 1;
  phase_.store(ticket, std::memory_order_release);
  watchdog_.entered(*current_, *this, instance, ticket, now.time_since_epoch().count());
}

bool Shard::runInstance(const std::shared_ptr<Instance>& instance, Clock::time_point now, ThreadSlot& slot) {
  uint64_t before = lastTicket_.load(std::memory_order_relaxed);
  instance->run(*this, now, engine_, pool_);
  bool owner = true;
  // Tickets are drawn by the shard's thread alone, so ours is the one after `before`.
  if (slot.inside.load(std::memory_order_relaxed)) {
    uint64_t ticket = before + 1;
    watchdog_.left(slot);
    owner = phase_.compare_exchange_strong(ticket, 0, std::memory_order_acq_rel);
  }
  if (owner) {
    afterRun(instance);
  } else {
    boost::asio::post(context_, [this, instance] { afterRun(instance); });
  }
  return owner;
}

void Shard::giveToFreshThread(uint64_t ticket) {
  if (phase_.compare_exchange_strong(ticket, 0, std::memory_order_acq_rel)) spawnThread();
}

void Shard::lose(Instance& instance) {
  boost::asio::post(context_, [this, lost = instance.shared_from_this()] {
    lost->isolate()->abandon();
    if (retiredHandler_) retiredHandler_(*lost);
  });
}

void Shard::afterRun(const std::shared_ptr<Instance>& instance) {
  if (instance->retired_) {
    // Something came too late.
  } else if (instance->condemned() || instance->finished()) {
    retire(instance);
  } else if (instance->isolate() != nullptr) {
    auto due = instance->isolate()->nextTimer();
    if (!instance->persistent_ && !instance->isolate()->hasInboundPipes())
      due = std::min(due, Clock::now() + std::chrono::seconds(31));
    if (due < instance->timerDue_.load()) setTimer(instance, due);
  }
  release(instance);
}

// From here on another shard may run it.
void Shard::release(const std::shared_ptr<Instance>& instance) {
  auto turn = Instance::Turn::runs;
  bool wanted = !instance->turn_.compare_exchange_strong(turn, Instance::Turn::none, std::memory_order_acq_rel);
  if (wanted) {
    instance->turn_.store(Instance::Turn::waits, std::memory_order_release);
    instance->enqueue();
  }
  load_.fetch_sub(1, std::memory_order_relaxed);
}

void Shard::retire(const std::shared_ptr<Instance>& instance) {
  instance->retired_ = true;
  // Where it was condemned after its last run had looked, its callers are not told why yet.
  if (instance->condemned()) instance->isolate()->abandon();
  if (retiredHandler_) retiredHandler_(*instance);
  // What is still in the inbox is dropped with it, which closes pipes that were being opened.
  auto late = instance->inbox_->shut();
  pool_.dispose(instance->takeIsolate());
  Shard& keeper = instance->shard();
  std::lock_guard lock(keeper.mutex_);
  keeper.live_.erase(instance);
}

void Shard::setTimer(const std::shared_ptr<Instance>& instance, Clock::time_point due) {
  instance->timerDue_ = due;
  timers_.emplace(due, instance);
  if (due < armedFor_) armTimer();
}

void Shard::armTimer() {
  armedFor_ = timers_.empty() ? Clock::time_point::max() : timers_.begin()->first;
  if (timers_.empty()) return;
  timer_.expires_at(armedFor_);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) fireTimers();
  });
}

void Shard::fireTimers() {
  auto now = Clock::now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    auto due = timers_.begin()->first;
    auto instance = timers_.begin()->second.lock();
    timers_.erase(timers_.begin());
    if (!instance || instance->retired_) continue;
    instance->timerDue_.compare_exchange_strong(due, Clock::time_point::max());
    instance->schedule();
  }
  armedFor_ = Clock::time_point::max();
  armTimer();
}

}  // namespace mayfly::cell
