// SPDX-License-Identifier: Apache-2.0
#include "isolate/cache_store.h"

#include <gtest/gtest.h>

namespace mayfly::isolate {
namespace {

CachedResponse response(size_t bytes, int64_t expiresMs = 1000) {
  return {200, "OK", std::make_shared<const std::vector<uint8_t>>(bytes), 0, expiresMs};
}

TEST(CacheStore, FindsWhatWasPutUntilItExpires) {
  CacheStore store;
  EXPECT_TRUE(store.put("a", "key", response(10)));
  EXPECT_EQ(store.find("a", "key", 0)->body->size(), 10u);
  EXPECT_FALSE(store.find("a", "other", 0));
  EXPECT_FALSE(store.find("a", "key", 1000));
  EXPECT_EQ(store.bytes(), 0u);
}

TEST(CacheStore, SpacesDoNotSeeEachOther) {
  CacheStore store;
  ASSERT_TRUE(store.put("a", "key", response(10)));
  EXPECT_FALSE(store.find("b", "key", 0));
  EXPECT_FALSE(store.remove("b", "key", 0));
  EXPECT_NE(store.makeSpace(), store.makeSpace());
  EXPECT_TRUE(store.remove("a", "key", 0));
  EXPECT_FALSE(store.remove("a", "key", 0));
}

TEST(CacheStore, WhatWasUsedLeastRecentlyGoesFirst) {
  CacheStore store({.all = 10000, .space = 4000, .response = 4000});
  ASSERT_TRUE(store.put("a", "one", response(1000)));
  ASSERT_TRUE(store.put("a", "two", response(1000)));
  ASSERT_TRUE(store.find("a", "one", 0));
  ASSERT_TRUE(store.put("a", "three", response(1000)));
  ASSERT_TRUE(store.put("a", "four", response(1000)));
  EXPECT_FALSE(store.find("a", "two", 0));
  EXPECT_TRUE(store.find("a", "four", 0));
  EXPECT_LE(store.bytes(), 4000u);
}

TEST(CacheStore, TheLargestSpaceMakesRoomForOthers) {
  CacheStore store({.all = 5000, .space = 4000, .response = 4000});
  ASSERT_TRUE(store.put("small", "key", response(500)));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(store.put("large", std::to_string(i), response(600)));
  ASSERT_TRUE(store.put("third", "key", response(1500)));
  EXPECT_TRUE(store.find("small", "key", 0));
  EXPECT_TRUE(store.find("third", "key", 0));
  EXPECT_LE(store.bytes(), 5000u);
}

TEST(CacheStore, RefusesWhatIsTooLargeAndForgetsASpaceThatIsDropped) {
  CacheStore store({.all = 5000, .space = 4000, .response = 2000});
  EXPECT_FALSE(store.put("a", "key", response(2000)));
  ASSERT_TRUE(store.put("a", "key", response(100)));
  ASSERT_TRUE(store.put("a", "key", response(200)));
  store.drop("a");
  EXPECT_EQ(store.bytes(), 0u);
  EXPECT_FALSE(store.find("a", "key", 0));
}

}  // namespace
}  // namespace mayfly::isolate
