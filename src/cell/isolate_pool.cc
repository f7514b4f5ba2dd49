// SPDX-License-Identifier: Apache-2.0
#include "cell/isolate_pool.h"

#include <pthread.h>

namespace mayfly::cell {

namespace {

// What most workers may use.
constexpr uint32_t kWarmMemoryMb = Limits::ofDynamicWorker()[Limit::memoryMb];

}  // namespace

IsolatePool::IsolatePool(isolate::Engine& engine, size_t warm) : engine_(engine), warm_(warm) {
  thread_ = std::thread([this] { work(); });
  pthread_setname_np(thread_.native_handle(), "isolate-pool");
}

IsolatePool::~IsolatePool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wanted_.notify_one();
  thread_.join();
}

std::unique_ptr<isolate::Isolate> IsolatePool::take(const Limits& limits) {
  if (limits[Limit::memoryMb] == kWarmMemoryMb) {
    std::unique_lock lock(mutex_);
    if (!ready_.empty()) {
      auto isolate = std::move(ready_.back());
      ready_.pop_back();
      lock.unlock();
      wanted_.notify_one();
      return isolate;
    }
  }
  return std::make_unique<isolate::Isolate>(engine_, limits.memoryBytes());
}

void IsolatePool::dispose(std::unique_ptr<isolate::Isolate> isolate) {
  {
    std::lock_guard lock(mutex_);
    old_.push_back(std::move(isolate));
  }
  wanted_.notify_one();
}

void IsolatePool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wanted_.wait(lock, [&] { return stopping_ || !old_.empty() || ready_.size() < warm_; });
    if (stopping_) return;
    // Making comes first, but old isolates hold memory: they may not pile up.
    if (ready_.size() < warm_ && old_.size() < 64) {
      lock.unlock();
      auto isolate = std::make_unique<isolate::Isolate>(engine_, size_t{kWarmMemoryMb} << 20);
      lock.lock();
      ready_.push_back(std::move(isolate));
    } else {
      auto isolate = std::move(old_.front());
      old_.pop_front();
      lock.unlock();
      isolate.reset();
      lock.lock();
    }
  }
}

}  // namespace mayfly::cell
