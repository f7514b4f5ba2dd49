// SPDX-License-Identifier: Apache-2.0
#include "cell/crash_delays.h"

#include <gtest/gtest.h>

namespace mayfly::cell {
namespace {

using namespace std::chrono_literals;

TEST(CrashDelays, GrowWhileCellsOfATenantEndOneAfterAnother) {
  CrashDelays delays;
  CrashDelays::Time now{1h};
  for (int crash = 0; crash < 4; ++crash) {
    EXPECT_EQ(delays.delay("a", now), 0ms);
    delays.add("a", now += 1s);
  }
  EXPECT_EQ(delays.delay("a", now), 0ms);
  for (auto expected : {250ms, 500ms, 1'000ms, 2'000ms, 4'000ms, 8'000ms, 16'000ms, 16'000ms}) {
    delays.add("a", now += 1s);
    EXPECT_EQ(delays.delay("a", now), expected);
  }
  for (int crash = 0; crash < 100; ++crash) delays.add("a", now);
  EXPECT_EQ(delays.delay("a", now), 16'000ms);
  EXPECT_EQ(delays.delay("b", now), 0ms);
}

TEST(CrashDelays, EndWithTheSeries) {
  CrashDelays delays;
  CrashDelays::Time now{1h};
  for (int crash = 0; crash < 6; ++crash) delays.add("a", now);
  EXPECT_GT(delays.delay("a", now + 119s), 0ms);
  EXPECT_EQ(delays.delay("a", now + 121s), 0ms);
  delays.add("a", now + 121s);
  EXPECT_EQ(delays.delay("a", now + 121s), 0ms);
}

TEST(CrashDelays, AreBounded) {
  CrashDelays delays;
  CrashDelays::Time now{1h};
  for (int tenant = 0; tenant < 20'000; ++tenant) {
    for (int crash = 0; crash < 5; ++crash) delays.add(std::to_string(tenant), now);
  }
  EXPECT_GT(delays.delay("0", now), 0ms);
  EXPECT_EQ(delays.delay("19999", now), 0ms);
  for (int crash = 0; crash < 5; ++crash) delays.add("19999", now + 3min);
  EXPECT_GT(delays.delay("19999", now + 3min), 0ms);
}

}  // namespace
}  // namespace mayfly::cell
