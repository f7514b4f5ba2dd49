// SPDX-License-Identifier: Apache-2.0
#include "cell/watchdog.h"

#include <fmt/core.h>
#include <pthread.h>

#include <algorithm>
#include <chrono>

#include "cell/instance.h"
#include "cell/shard.h"

namespace mayfly::cell {

namespace {

constexpr std::chrono::milliseconds kTick{3};
constexpr int64_t kSliceNs = 10'000'000;
constexpr int kQuietTicks = 30;
// How long a condemned isolate may take to end before its callers are told, and before the cell is given up: so much
// processor time, or so long on the clock, as the machine may have no processor for it.
constexpr int64_t kAbandonNs = 250'000'000;
constexpr int64_t kHopelessCpuNs = 3'000'000'000;
constexpr int64_t kHopelessNs = 15'000'000'000;
constexpr size_t kParkedBytesMax = size_t{512} << 20;

int64_t nowNs() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

int64_t cpuNs(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

Watchdog::Watchdog(Hopeless hopeless) : hopeless_(std::move(hopeless)) {
  thread_ = std::thread([this] { watch(); });
  pthread_setname_np(thread_.native_handle(), "watchdog");
}

Watchdog::~Watchdog() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Watchdog::add(ThreadSlot& slot) {
  pthread_getcpuclockid(pthread_self(), &slot.cpuClock);
  std::lock_guard lock(mutex_);
  slots_.push_back(&slot);
}

void Watchdog::remove(ThreadSlot& slot) {
  std::lock_guard lock(mutex_);
  std::erase(slots_, &slot);
}

void Watchdog::entered(ThreadSlot& slot, Shard& shard, Instance& instance, uint64_t ticket, int64_t nowNs) {
  {
    std::lock_guard lock(slot.mutex);
    slot.instance = &instance;
    slot.shard = &shard;
    slot.ticket = ticket;
    slot.enteredNs = nowNs;
    slot.seenSinceNs = 0;
    slot.condemnedNs = 0;
  }
  slot.inside.store(true, std::memory_order_release);
  entries_.fetch_add(1, std::memory_order_relaxed);
  if (dormant_.load(std::memory_order_seq_cst)) {
    std::lock_guard lock(mutex_);
    dormant_ = false;
    wake_.notify_one();
  }
}

void Watchdog::left(ThreadSlot& slot) {
  slot.inside.store(false, std::memory_order_relaxed);
  std::lock_guard lock(slot.mutex);
  slot.instance = nullptr;
}

void Watchdog::watch() {
  std::unique_lock lock(mutex_);
  uint64_t lastEntries = 0;
  int quiet = 0;
  while (!stopping_) {
    wake_.wait_for(lock, kTick, [&] { return stopping_; });
    bool busy = false;
    for (ThreadSlot* slot : slots_) {
      if (!slot->inside.load(std::memory_order_acquire)) continue;
      busy = true;
      look(*slot, nowNs());
    }
    uint64_t entries = entries_.load(std::memory_order_relaxed);
    quiet = busy || entries != lastEntries ? 0 : quiet + 1;
    lastEntries = entries;
    if (quiet < kQuietTicks) continue;
    dormant_.store(true, std::memory_order_seq_cst);
    if (entries_.load(std::memory_order_seq_cst) != lastEntries) {
      dormant_ = false;
      continue;
    }
    wake_.wait(lock, [&] { return stopping_ || !dormant_.load(); });
    quiet = 0;
  }
}

void Watchdog::look(ThreadSlot& slot, int64_t now) {
  std::lock_guard lock(slot.mutex);
  if (slot.instance == nullptr) return;
  auto* isolate = slot.instance->isolate();
  if (isolate == nullptr) return;

  int64_t left = isolate->cpuLeftNs.load(std::memory_order_acquire);
  int64_t since = isolate->chargedSinceNs.load(std::memory_order_relaxed);
  int64_t cpu = cpuNs(slot.cpuClock);
  if (slot.seenSinceNs != since) {
    slot.seenSinceNs = since;
    slot.cpuAtSeenNs = cpu;
    slot.cpuBeforeNs = std::clamp<int64_t>(now - since, 0, std::chrono::nanoseconds(kTick).count());
  }
  int64_t used = slot.cpuBeforeNs + cpu - slot.cpuAtSeenNs;
  isolate->measuredCpuNs.store(used, std::memory_order_relaxed);
  if (isolate->condemned()) {
    isolate->terminateAgain();
    if (slot.condemnedNs == 0) {
      slot.condemnedNs = now;
      slot.cpuAtCondemnedNs = cpu;
    }
    if (now - slot.condemnedNs > kAbandonNs) isolate->abandon();
    if (now - slot.condemnedNs > kHopelessNs || cpu - slot.cpuAtCondemnedNs > kHopelessCpuNs)
      hopeless_("a worker is in native code that cannot be stopped", *slot.instance);
  } else if (left >= 0 && used > left) {
    isolate->condemn(isolate->cpuExceeded());
  } else if (now > isolate->deadlineNs.load(std::memory_order_relaxed)) {
    isolate->condemn(isolate->clockExceeded());
  }
  if (now - slot.enteredNs > kSliceNs) slot.shard->giveToFreshThread(slot.ticket);
  if (isolate->parked()) {
    // Nothing will ever come of this thread: it need not be looked at again.
    Instance& culprit = *std::exchange(slot.instance, nullptr);
    slot.inside.store(false, std::memory_order_relaxed);
    slot.shard->giveToFreshThread(slot.ticket);
    slot.shard->lose(culprit);
    parkedBytes_ += isolate->parkedBytes();
    if (parkedBytes_ > kParkedBytesMax) hopeless_("too many workers ran out of memory where V8 cannot go on", culprit);
  }
}

}  // namespace mayfly::cell
