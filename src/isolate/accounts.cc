// SPDX-License-Identifier: Apache-2.0
// Of an isolate: its timers, and what each request context has used of what it may.
#include <algorithm>

#include "isolate/isolate.h"

namespace mayfly::isolate {

namespace {

constexpr uint64_t pack(Limit limit, uint32_t value) { return static_cast<uint64_t>(limit) << 32 | value; }
Error exceeded(uint64_t packed) {
  return limitExceeded(static_cast<Limit>(packed >> 32), static_cast<uint32_t>(packed));
}

int64_t nowNs() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

}  // namespace

// --- timers and accounts ---

bool Isolate::setTimer(uint32_t id, double delayMs) {
  clearTimer(id);
  if (id != 0 && timersById_.size() - timersById_.count(0) >= limits_[Limit::timers]) return false;
  auto due =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double, std::milli>(delayMs));
  timers_.insert({due, id});
  timersById_[id] = due;
  return true;
}

void Isolate::clearTimer(uint32_t id) {
  auto found = timersById_.find(id);
  if (found == timersById_.end()) return;
  timers_.erase({found->second, id});
  timersById_.erase(found);
}

Isolate::Clock::time_point Isolate::nextTimer() const {
  auto next = timers_.empty() ? Clock::time_point::max() : timers_.begin()->due;
  return deadlines_.empty() ? next : std::min(next, deadlines_.begin()->due);
}

double Isolate::nowMs() {
  if (nowMs_ == 0 || !clockStands_) {
    auto ago = clockStands_ ? Clock::now() - ranAt_ : Clock::duration(0);
    auto wall = std::chrono::system_clock::now().time_since_epoch() - ago;
    nowMs_ = static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(wall).count());
  }
  return nowMs_;
}

double Isolate::monotonicMs() const {
  if (!clockStands_) return std::chrono::duration<double, std::milli>(Clock::now() - created_).count();
  return static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(ranAt_ - created_).count());
}

Isolate::Account& Isolate::account(uint32_t id) {
  auto found = contexts_.find(id);
  if (found != contexts_.end()) return found->second;
  auto begin = [this](Account& account) -> Account& {
    account.beganNs = chargedSinceNs.load(std::memory_order_relaxed);
    return account;
  };
  if (spareAccount_.empty()) return begin(contexts_[id]);
  spareAccount_.key() = id;
  spareAccount_.mapped() = {};
  return begin(contexts_.insert(std::move(spareAccount_)).position->second);
}

void Isolate::chargeUntil(int64_t ns) {
  int64_t measured = measuredCpuNs.exchange(-1, std::memory_order_relaxed);
  int64_t spent = measured >= 0 ? measured : ns - chargedSinceNs.load(std::memory_order_relaxed);
  if (chargedContext_ != 0) {
    Account& charged = account(chargedContext_);
    charged.usedNs += spent;
    charged.bytesOut += sentBytes_;
  }
  sentBytes_ = 0;
  if (starting_) startupCpuNs_ += spent;
  eventCpuNs_ += spent;
}

void Isolate::chargeTo(uint32_t id, int64_t ns) {
  chargedContext_ = id;
  int64_t limit = limits_.has(Limit::cpuMs) ? int64_t{limits_[Limit::cpuMs]} * 1'000'000 : -1;
  int64_t used = 0;
  int64_t deadline = kNever;
  uint64_t clock = 0;
  if (id != 0) {
    Account& own = account(id);
    own.bytesIn += std::exchange(receivedBytes_, 0);
    used = own.usedNs;
    if (own.limitNs >= 0) limit = limit < 0 ? own.limitNs : std::min(limit, own.limitNs);
    deadline = own.deadline.time_since_epoch().count();
    clock = pack(Limit::wallMs, own.wallMs);
  }
  // An event that goes from one context to the next has one budget for all of them.
  int64_t left = limit < 0 ? -1 : std::max<int64_t>(0, limit - std::max(used, eventCpuNs_));
  auto which = Limit::cpuMs;
  if (starting_) {
    int64_t startup = int64_t{limits_[Limit::startupMs]} * 1'000'000;
    int64_t startupLeft = std::max<int64_t>(0, startup - startupCpuNs_);
    deadline = startupDeadline_.time_since_epoch().count();
    clock = pack(Limit::startupMs, limits_[Limit::startupMs]);
    if (left < 0 || startupLeft < left) {
      left = startupLeft;
      limit = startup;
      which = Limit::startupMs;
    }
  }
  cpuLimit_.store(pack(which, limit < 0 ? 0 : static_cast<uint32_t>(limit / 1'000'000)), std::memory_order_relaxed);
  clockLimit_.store(clock, std::memory_order_relaxed);
  deadlineNs.store(deadline, std::memory_order_relaxed);
  chargedSinceNs.store(ns, std::memory_order_relaxed);
  measuredCpuNs.store(-1, std::memory_order_relaxed);
  cpuLeftNs.store(left, std::memory_order_release);
}

void Isolate::setRequestContext(uint32_t id) {
  if (id == chargedContext_) return;
  int64_t ns = nowNs();
  chargeUntil(ns);
  chargeTo(id, ns);
}

void Isolate::endRequestContext(uint32_t id) {
  auto ended = contexts_.find(id);
  if (ended == contexts_.end()) return;
  if (chargedContext_ == id) {
    // What it goes on with is charged to the event.
    if (ended->second.limitNs >= 0) setRequestContext(0);
    chargedContext_ = 0;
    deadlineNs.store(kNever, std::memory_order_relaxed);
  }
  if (ended->second.wallMs != kUnlimited) deadlines_.erase({ended->second.deadline, id});
  spareAccount_ = contexts_.extract(ended);
}

void Isolate::limitContextCpu(uint32_t id, double cpuMs) {
  account(id).limitNs = static_cast<int64_t>(cpuMs * 1e6);
  if (chargedContext_ == id) chargeTo(id, chargedSinceNs.load(std::memory_order_relaxed));
}

void Isolate::limitContextWall(uint32_t id, double wallMs) {
  Account& own = account(id);
  deadlines_.erase({own.deadline, id});
  own.wallMs = static_cast<uint32_t>(wallMs);
  own.deadline = Clock::now() + std::chrono::milliseconds(own.wallMs);
  deadlines_.insert({own.deadline, id});
  if (chargedContext_ == id) chargeTo(id, chargedSinceNs.load(std::memory_order_relaxed));
}

void Isolate::beginStartup() {
  if (!starting_ || startupDeadline_ != Clock::time_point::max()) return;
  startupDeadline_ = Clock::now() + std::chrono::milliseconds(startupClockMs(limits_[Limit::startupMs]));
  deadlines_.insert({startupDeadline_, 0});
  if (chargedContext_ == 0) chargeTo(0, chargedSinceNs.load(std::memory_order_relaxed));
}

void Isolate::endStartup() {
  if (!starting_) return;
  int64_t ns = nowNs();
  chargeUntil(ns);
  starting_ = false;
  deadlines_.erase({startupDeadline_, 0});
  // What waited for it has a budget of its own.
  eventCpuNs_ = 0;
  chargeTo(chargedContext_, ns);
}

Error Isolate::cpuExceeded() const { return exceeded(cpuLimit_.load(std::memory_order_relaxed)); }

Error Isolate::clockExceeded() const { return exceeded(clockLimit_.load(std::memory_order_relaxed)); }

protocol::EventUsage Isolate::contextUsage(uint32_t id) {
  protocol::EventUsage usage;
  auto found = contexts_.find(id);
  if (found == contexts_.end()) return usage;
  int64_t ns = nowNs();
  if (chargedContext_ == id) {
    chargeUntil(ns);
    chargeTo(id, ns);
  }
  Account& account = found->second;
  account.memoryBytes = std::max<uint64_t>(account.memoryBytes, memoryInUse());
  usage.cpuMs = static_cast<double>(account.usedNs) / 1e6;
  usage.wallMs = static_cast<double>(ns - account.beganNs) / 1e6;
  usage.memoryBytes = account.memoryBytes;
  usage.bytesIn = account.bytesIn;
  usage.bytesOut = account.bytesOut;
  return usage;
}

}  // namespace mayfly::isolate
