// SPDX-License-Identifier: Apache-2.0
#include "cell/crash_delays.h"

#include <algorithm>

namespace mayfly::cell {

namespace {

using std::chrono::milliseconds;

// Crashes that lie further apart are not one after another.
constexpr std::chrono::minutes kSeries{2};
constexpr int kCrashesFree = 4;
constexpr milliseconds kDelay{250};  // after the fifth, then doubled
constexpr milliseconds kDelayMax{16'000};
constexpr size_t kRecordsMax = 10'000;

}  // namespace

bool CrashDelays::isOver(const Record& record, Time now) { return now - record.last > kSeries; }

void CrashDelays::add(std::string_view tenant, Time now) {
  if (records_.size() >= kRecordsMax) std::erase_if(records_, [&](auto& pair) { return isOver(pair.second, now); });
  std::string key(tenant);
  if (records_.size() >= kRecordsMax && !records_.contains(key)) return;
  Record& record = records_[key];
  if (isOver(record, now)) record.crashes = 0;
  ++record.crashes;
  record.last = now;
}

milliseconds CrashDelays::delay(std::string_view tenant, Time now) const {
  auto found = records_.find(std::string(tenant));
  if (found == records_.end() || isOver(found->second, now) || found->second.crashes <= kCrashesFree) return {};
  return std::min(kDelayMax, kDelay * (1 << std::min(found->second.crashes - kCrashesFree - 1, 10)));
}

}  // namespace mayfly::cell
