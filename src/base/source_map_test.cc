// SPDX-License-Identifier: Apache-2.0
#include "base/source_map.h"

#include <gtest/gtest.h>

namespace mayfly {
namespace {

// Made by esbuild from "a.ts": line 1 `const x: number = 1;`, line 3 `throw new Error("" + x);`.
constexpr const char* kMappings = "AAAA,MAAM,IAAY;AAElB,MAAM,IAAI,MAAM,KAAK,CAAC";

TEST(SourceMap, FindsThePositionThatAGeneratedOneWasMadeFrom) {
  SourceMap map({"a.ts"}, kMappings);
  auto first = map.find(1, 1);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->source, "a.ts");
  EXPECT_EQ(first->line, 1u);
  EXPECT_EQ(first->column, 1u);
  auto thrown = map.find(2, 7);
  ASSERT_TRUE(thrown);
  EXPECT_EQ(thrown->line, 3u);
  EXPECT_EQ(thrown->column, 7u);
}

TEST(SourceMap, TakesTheNearestSegmentBefore) {
  SourceMap map({"a.ts"}, kMappings);
  auto between = map.find(2, 9);
  ASSERT_TRUE(between);
  EXPECT_EQ(between->column, 7u);
}

TEST(SourceMap, KnowsNothingOfOtherLines) {
  SourceMap map({"a.ts"}, kMappings);
  EXPECT_FALSE(map.find(0, 1));
  EXPECT_FALSE(map.find(3, 1));
  EXPECT_FALSE(map.find(1, 0));
}

TEST(SourceMap, SurvivesGarbage) {
  for (const char* mappings : {"!!!!", "AAAA,,,;;;", "gggggggggggggggggg", "D", "AADA", "A", ";AAAAA!"}) {
    SourceMap map({"a.ts"}, mappings);
    (void)map.find(1, 1);
    (void)map.find(2, 100);
  }
}

TEST(SourceMap, DoesNotNameASourceThatIsNotThere) {
  SourceMap map({}, kMappings);
  EXPECT_FALSE(map.find(1, 1));
}

}  // namespace
}  // namespace mayfly
