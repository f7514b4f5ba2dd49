// SPDX-License-Identifier: Apache-2.0
// A worker that lives on a shard: its inbox, which takes messages from the first moment, and its isolate, which is made
// when the shard first runs it. Shared by the shard's queue, the directory, and whoever is about to talk to it.
//
// `run` is called by one thread at a time, the shard's; everything else is safe from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "cell/dynamic_worker.h"
#include "isolate/isolate.h"

namespace mayfly::cell {

class Shard;
class IsolatePool;

class Instance final : public DynamicWorker, public std::enable_shared_from_this<Instance> {
 public:
  using Clock = std::chrono::steady_clock;

  // `moves`: whether each run may be on another shard, the one of who calls it.
  Instance(Shard& shard, bool moves, isolate::StartSpec spec, Limits limits);

  // Before the first run. `environment` belongs to the isolate from then on.
  void setEnvironment(std::unique_ptr<isolate::Environment> environment) { environment_ = std::move(environment); }

  // A new pipe to this worker; the far end is returned.
  rpc::PipeEnd open(const char* what, bool keepsAlive = true);
  // Takes over an end that others have written to already.
  void accept(rpc::PipeEnd end, const char* what, bool keepsAlive = true);
  void acceptUser(rpc::PipeEnd end) override { accept(std::move(end), "user"); }
  void acceptCreator(rpc::PipeEnd end, std::optional<rpc::Message> init) override {
    inbox_->push(isolate::PipeOpened{std::move(end), "creator", true, std::move(init)});
  }
  bool inboxShut() const { return inbox_->isShut(); }
  void post(isolate::InboxEvent event) { inbox_->push(std::move(event)); }

  // Has it run soon, if it does not wait for that already. From any thread.
  void schedule();
  // By the shard that runs it, at the time `now`.
  void run(Shard& shard, Clock::time_point now, isolate::Engine& engine, IsolatePool& pool);
  // Ends it for `reason`, as soon as V8 can.
  void condemn(Error reason);
  bool condemned() const { return isolate_ && isolate_->condemned(); }

  const std::string& name() const { return spec_.workerName; }
  // The shard that keeps it.
  Shard& shard() { return shard_; }
  isolate::Isolate* isolate() { return isolate_.get(); }

  // Kept without a pipe to it: a host worker of the current generation, or a named dynamic worker.
  void setPersistent(bool persistent);
  void unkeep() override { setPersistent(false); }
  // Ends it as soon as nothing goes on in it, too.
  void evict() override;
  void keepPersistent() { persistent_ = true; }  // before it is known to anybody
  // Read by the shard after a run: nobody can reach it any more and nothing goes on in it.
  bool finished() const;
  bool idle() const override;
  std::unique_ptr<isolate::Isolate> takeIsolate() { return std::move(isolate_); }

 private:
  friend class Shard;

  enum class Turn : uint8_t { none, waits, runs, runsAndWaits };

  void enqueue();

  Shard& shard_;
  const bool moves_;
  std::atomic<Shard*> ranOn_;
  std::atomic<Turn> turn_{Turn::none};
  isolate::StartSpec spec_;
  Limits limits_;
  std::shared_ptr<isolate::Inbox> inbox_;
  std::unique_ptr<isolate::Environment> environment_;
  std::unique_ptr<isolate::Isolate> isolate_;
  std::atomic<bool> persistent_{false};
  std::atomic<bool> evicted_{false};
  mutable std::atomic<int64_t> lingerUntil_{0};
  std::atomic<bool> idle_{false};

  std::atomic<Clock::time_point> timerDue_{Clock::time_point::max()};
  std::atomic<bool> retired_{false};
};

}  // namespace mayfly::cell
