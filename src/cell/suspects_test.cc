// SPDX-License-Identifier: Apache-2.0
#include "cell/suspects.h"

#include <gtest/gtest.h>

#include <vector>

namespace mayfly::cell {
namespace {

using namespace std::chrono_literals;
using enum Suspects::Verdict;

class SuspectsTest : public testing::Test {
 protected:
  void crash(std::vector<uint64_t> codes, bool alone) { suspects_.add(codes, alone, now_); }
  Suspects::Verdict judge(uint64_t code) { return suspects_.judge(code, now_); }

  Suspects suspects_;
  Suspects::Time now_ = Suspects::Time(1h);
};

TEST_F(SuspectsTest, WhoWasThereWhenACellEndedGetsOneToHimself) {
  crash({1, 2}, false);
  EXPECT_EQ(judge(1), alone);
  EXPECT_EQ(judge(2), alone);
  EXPECT_EQ(judge(3), free);
  for (int i = 0; i < 10; ++i) crash({1}, false);
  EXPECT_EQ(judge(1), alone) << "where others were too, nothing is proved";
  now_ += 11min;
  EXPECT_EQ(judge(1), free);
}

TEST_F(SuspectsTest, WhoEndsHisOwnCellAgainAndAgainIsRefusedForLongerAndLonger) {
  crash({1}, true);
  crash({1}, true);
  EXPECT_EQ(judge(1), alone);
  crash({1}, true);
  EXPECT_EQ(judge(1), refused);
  now_ += 1001ms;
  EXPECT_EQ(judge(1), alone);
  crash({1}, true);
  now_ += 1001ms;
  EXPECT_EQ(judge(1), refused);
  now_ += 1s;
  EXPECT_EQ(judge(1), alone);
  for (int i = 0; i < 20; ++i) crash({1}, true);
  now_ += 59s;
  EXPECT_EQ(judge(1), refused);
  now_ += 2s;
  EXPECT_EQ(judge(1), alone);
  now_ += 3min;
  crash({1}, true);
  EXPECT_EQ(judge(1), alone) << "the series had ended";
}

TEST_F(SuspectsTest, RemembersABoundedNumber) {
  std::vector<uint64_t> many;
  for (uint64_t i = 1; i <= 30'000; ++i) many.push_back(i);
  crash(many, false);
  size_t known = 0;
  for (uint64_t code : many) known += judge(code) == alone ? 1 : 0;
  EXPECT_EQ(known, 10'000u);
  now_ += 11min;
  crash({99'999}, false);
  EXPECT_EQ(judge(99'999), alone);
}

}  // namespace
}  // namespace mayfly::cell
