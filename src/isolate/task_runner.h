// SPDX-License-Identifier: Apache-2.0
// Where V8 leaves work for an isolate's own thread (finalizers, finished wasm compilations). Any thread posts; the
// isolate's Inbox is told, and whoever enters the isolate next runs what waits.
#pragma once

#include <node.h>
#include <v8.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace mayfly::isolate {

class ForegroundTasks final : public v8::TaskRunner {
 public:
  using Clock = std::chrono::steady_clock;

  // `wake` is called (on any thread) when a task was posted.
  void setWake(std::function<void()> wake) {
    std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
  }
  // Runs what is due; the caller is inside the isolate. False if there was nothing.
  bool run();
  // Drops what waits: the isolate is about to be disposed of.
  void clear();
  bool empty() const;

  bool IdleTasksEnabled() override { return false; }
  bool NonNestableTasksEnabled() const override { return true; }
  bool NonNestableDelayedTasksEnabled() const override { return true; }

 protected:
  void PostTaskImpl(std::unique_ptr<v8::Task> task, const v8::SourceLocation&) override { post(std::move(task)); }
  void PostNonNestableTaskImpl(std::unique_ptr<v8::Task> task, const v8::SourceLocation&) override {
    post(std::move(task));
  }
  // V8 delays only housekeeping (memory reduction), which runs when the isolate is entered next after the delay.
  void PostDelayedTaskImpl(std::unique_ptr<v8::Task> task, double delaySeconds, const v8::SourceLocation&) override;
  void PostNonNestableDelayedTaskImpl(std::unique_ptr<v8::Task> task, double delaySeconds,
                                      const v8::SourceLocation& location) override {
    PostDelayedTaskImpl(std::move(task), delaySeconds, location);
  }
  void PostIdleTaskImpl(std::unique_ptr<v8::IdleTask>, const v8::SourceLocation&) override {}

 private:
  struct Delayed {
    Clock::time_point due;
    std::unique_ptr<v8::Task> task;
  };

  void post(std::unique_ptr<v8::Task> task);

  mutable std::mutex mutex_;
  std::function<void()> wake_;
  std::vector<std::unique_ptr<v8::Task>> ready_;
  std::vector<Delayed> delayed_;
  std::atomic<bool> waits_{false};  // whether there are any of either
};

class PlatformDelegate final : public node::IsolatePlatformDelegate {
 public:
  std::shared_ptr<v8::TaskRunner> GetForegroundTaskRunner() override { return tasks_; }
  bool IdleTasksEnabled() override { return false; }
  ForegroundTasks& tasks() { return *tasks_; }

 private:
  std::shared_ptr<ForegroundTasks> tasks_ = std::make_shared<ForegroundTasks>();
};

}  // namespace mayfly::isolate
