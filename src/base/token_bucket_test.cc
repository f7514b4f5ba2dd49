// SPDX-License-Identifier: Apache-2.0
#include "base/token_bucket.h"

#include <gtest/gtest.h>

namespace mayfly {
namespace {

using namespace std::chrono_literals;

TEST(TokenBucket, GivesWhatWasSavedAndThenSoMuchPerSecond) {
  TokenBucket bucket(100, 1'000);
  TokenBucket::Time now{1h};
  EXPECT_TRUE(bucket.take(1'000, now));
  EXPECT_FALSE(bucket.take(1, now));
  EXPECT_TRUE(bucket.take(50, now + 500ms));
  EXPECT_FALSE(bucket.take(1, now + 500ms));
  // Looking often gives no more, and no less.
  int taken = 0;
  for (int ms = 501; ms <= 1'500; ++ms) taken += bucket.take(1, now + std::chrono::milliseconds(ms)) ? 1 : 0;
  EXPECT_EQ(taken, 100);
  EXPECT_TRUE(bucket.take(1'000, now + 1h));
  EXPECT_FALSE(bucket.take(1, now + 1h));
}

}  // namespace
}  // namespace mayfly
