// SPDX-License-Identifier: Apache-2.0
#include "cell/instance.h"

#include "cell/isolate_pool.h"
#include "cell/shard.h"

namespace mayfly::cell {

namespace {

// How long a worker that nobody can reach any more may go on with what it has begun (waitUntil).
constexpr std::chrono::seconds kLinger{30};

int64_t nowTicks() { return Instance::Clock::now().time_since_epoch().count(); }

}  // namespace

Instance::Instance(Shard& shard, bool moves, isolate::StartSpec spec, Limits limits)
    : shard_(shard),
      moves_(moves),
      ranOn_(&shard),
      spec_(std::move(spec)),
      limits_(limits),
      inbox_(std::make_shared<isolate::Inbox>([this] {
        if (auto self = weak_from_this().lock()) self->schedule();
      })) {}

void Instance::schedule() {
  Turn turn = turn_.load(std::memory_order_relaxed);
  while (turn == Turn::none || turn == Turn::runs) {
    Turn next = turn == Turn::none ? Turn::waits : Turn::runsAndWaits;
    if (!turn_.compare_exchange_weak(turn, next, std::memory_order_acq_rel, std::memory_order_relaxed)) continue;
    if (next == Turn::waits) enqueue();
    return;
  }
}

void Instance::enqueue() {
  Shard* shard = &shard_;
  if (moves_) {
    shard = &shard_.group().choose(*ranOn_.load(std::memory_order_relaxed));
    ranOn_.store(shard, std::memory_order_relaxed);
  }
  shard->enqueue(shared_from_this());
}

rpc::PipeEnd Instance::open(const char* what, bool keepsAlive) {
  auto [near, far] = rpc::makePipe();
  accept(std::move(near), what, keepsAlive);
  return std::move(far);
}

void Instance::accept(rpc::PipeEnd end, const char* what, bool keepsAlive) {
  inbox_->push(isolate::PipeOpened{std::move(end), what, keepsAlive, std::nullopt});
}

void Instance::setPersistent(bool persistent) {
  persistent_ = persistent;
  if (!persistent) schedule();
}

void Instance::evict() {
  evicted_ = true;
  setPersistent(false);
}

void Instance::run(Shard& shard, Clock::time_point now, isolate::Engine& engine, IsolatePool& pool) {
  idle_ = false;
  if (!isolate_) {
    if (retired_) return;
    isolate_ = pool.take(limits_);
    isolate_->adopt(inbox_, std::move(environment_), limits_);
    isolate_->setWake([weak = weak_from_this()] {
      if (auto self = weak.lock()) self->schedule();
    });
    shard.beginRun(*this, now);
    isolate_->start(spec_);
    spec_.modules.clear();
    spec_.compiledModules.clear();
    spec_.sourceMap.clear();
    now = Clock::now();
  } else {
    shard.beginRun(*this, now);
  }
  isolate_->run(now);
  idle_ = !isolate_->hasOpenContexts();
}

void Instance::condemn(Error reason) {
  if (isolate_) isolate_->condemn(std::move(reason));
}

bool Instance::idle() const { return idle_.load() && inbox_->empty(); }

bool Instance::finished() const {
  if (persistent_ || !isolate_ || !inbox_->empty()) return false;
  if (evicted_ ? isolate_->hasCallers() : isolate_->hasInboundPipes()) return false;
  if (!isolate_->hasOpenContexts()) return true;
  auto until = lingerUntil_.load();
  if (until == 0) {
    lingerUntil_ = (Clock::now() + kLinger).time_since_epoch().count();
    return false;
  }
  return nowTicks() > until;
}

}  // namespace mayfly::cell
