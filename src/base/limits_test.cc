// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"

#include <gtest/gtest.h>

#include <set>

namespace mayfly {
namespace {

TEST(Limits, HaveNamesOfTheirOwnAndDefaultsThatMayBeSet) {
  std::set<std::string_view> names;
  for (const LimitDetails& limit : kLimits) {
    EXPECT_TRUE(names.insert(limit.name).second) << limit.name;
    EXPECT_GE(limit.own, limit.least) << limit.name;
    EXPECT_GE(limit.dynamic, limit.least) << limit.name;
  }
  EXPECT_EQ(kLimits[static_cast<size_t>(Limit::logBytes)].name, "logBytes");
}

TEST(Limits, AreTheLowerOfTwo) {
  Limits loader = Limits::ofDynamicWorker();
  Limits code;
  code[Limit::cpuMs] = 50;
  code[Limit::memoryMb] = 4'096;
  Limits both = code.within(loader);
  EXPECT_EQ(both[Limit::cpuMs], 50u);
  EXPECT_EQ(both[Limit::memoryMb], 128u);
  EXPECT_FALSE(both.has(Limit::wallMs));
}

TEST(Limits, GoBeforeDefaults) {
  Limits configured;
  configured[Limit::cpuMs] = 60'000;
  Limits limits = configured.orElse(Limits::ofDynamicWorker());
  EXPECT_EQ(limits[Limit::cpuMs], 60'000u);
  EXPECT_EQ(limits[Limit::timers], 10'000u);
}

TEST(Limits, LeaveAStartMoreTimeOnTheClock) {
  EXPECT_EQ(startupClockMs(100), 1'000u);
  EXPECT_EQ(startupClockMs(1'000), 10'000u);
  EXPECT_EQ(startupClockMs(5'000), 10'000u);
  EXPECT_EQ(startupClockMs(30'000), 30'000u);
}

TEST(Limits, SayWhichOneItWas) {
  Error error = limitExceeded(Limit::wallMs, 250);
  EXPECT_EQ(error.code, ErrorCode::limit);
  EXPECT_EQ(error.name, "WallLimitExceeded");
  EXPECT_EQ(error.message, "Worker exceeded wall time limit of 250 ms.");
}

}  // namespace
}  // namespace mayfly
