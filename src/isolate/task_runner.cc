// SPDX-License-Identifier: Apache-2.0
#include "isolate/task_runner.h"

#include <algorithm>
#include <utility>

namespace mayfly::isolate {

void ForegroundTasks::post(std::unique_ptr<v8::Task> task) {
  std::function<void()> wake;
  {
    std::lock_guard lock(mutex_);
    ready_.push_back(std::move(task));
    waits_.store(true, std::memory_order_release);
    wake = wake_;
  }
  if (wake) wake();
}

void ForegroundTasks::PostDelayedTaskImpl(std::unique_ptr<v8::Task> task, double delaySeconds,
                                          const v8::SourceLocation&) {
  auto delay = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(delaySeconds));
  std::lock_guard lock(mutex_);
  delayed_.push_back({Clock::now() + delay, std::move(task)});
  waits_.store(true, std::memory_order_release);
}

bool ForegroundTasks::run() {
  if (!waits_.load(std::memory_order_acquire)) return false;
  std::vector<std::unique_ptr<v8::Task>> tasks;
  {
    std::lock_guard lock(mutex_);
    tasks.swap(ready_);
    if (!delayed_.empty()) {
      auto now = Clock::now();
      std::erase_if(delayed_, [&](Delayed& delayed) {
        if (delayed.due > now) return false;
        tasks.push_back(std::move(delayed.task));
        return true;
      });
    }
    waits_.store(!delayed_.empty(), std::memory_order_relaxed);
  }
  for (auto& task : tasks) task->Run();
  return !tasks.empty();
}

void ForegroundTasks::clear() {
  std::vector<std::unique_ptr<v8::Task>> ready;
  std::vector<Delayed> delayed;
  std::lock_guard lock(mutex_);
  ready.swap(ready_);
  delayed.swap(delayed_);
  wake_ = nullptr;
}

bool ForegroundTasks::empty() const {
  std::lock_guard lock(mutex_);
  return ready_.empty();
}

}  // namespace mayfly::isolate
