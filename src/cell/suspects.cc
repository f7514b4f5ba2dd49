// SPDX-License-Identifier: Apache-2.0
#include "cell/suspects.h"

#include <algorithm>

namespace mayfly::cell {

namespace {

using std::chrono::milliseconds;

constexpr std::chrono::minutes kSuspicion{10};
// Crashes that lie further apart are not one after another.
constexpr std::chrono::minutes kSeries{2};
constexpr int kCrashesFree = 2;
constexpr milliseconds kRefusal{1'000};  // after the third, then doubled
constexpr milliseconds kRefusalMax{60'000};
constexpr size_t kRecordsMax = 10'000;

}  // namespace

void Suspects::add(std::span<const uint64_t> codes, bool alone, Time now) {
  std::lock_guard lock(mutex_);
  if (records_.size() + codes.size() > kRecordsMax) prune(now);
  for (uint64_t code : codes) {
    if (records_.size() >= kRecordsMax && !records_.contains(code)) continue;
    Record& record = records_[code];
    record.suspectedUntil = now + kSuspicion;
    if (!alone) continue;
    if (now - record.lastCrash > kSeries && now > record.refusedUntil) record.crashes = 0;
    record.lastCrash = now;
    if (++record.crashes <= kCrashesFree) continue;
    auto refusal = kRefusal * (1 << std::min(record.crashes - kCrashesFree - 1, 6));
    record.refusedUntil = now + std::min<milliseconds>(refusal, kRefusalMax);
  }
}

Suspects::Verdict Suspects::judge(uint64_t code, Time now) {
  std::lock_guard lock(mutex_);
  auto found = records_.find(code);
  if (found == records_.end() || found->second.suspectedUntil < now) return Verdict::free;
  return found->second.refusedUntil > now ? Verdict::refused : Verdict::alone;
}

void Suspects::prune(Time now) {
  std::erase_if(records_, [&](auto& pair) { return pair.second.suspectedUntil < now; });
}

}  // namespace mayfly::cell
