// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.h"

#include <gtest/gtest.h>

#include <array>

namespace mayfly {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"main", "name", "compatibility_date", "globalOutbound", "vars"};

TEST(Nearest, FindsTheNameThatWasMeant) {
  EXPECT_EQ(nearestName("mian", kNames), "main");
  EXPECT_EQ(nearestName("compatability_date", kNames), "compatibility_date");
  EXPECT_EQ(nearestName("compatibilityDate", kNames), "compatibility_date");
  EXPECT_EQ(nearestName("globalOutBound", kNames), "globalOutbound");
  EXPECT_EQ(nearestName("VARS", kNames), "vars");
  EXPECT_EQ(nearestName("var", kNames), "vars");
}

TEST(Nearest, NamesNothingWhenNothingIsNear) {
  EXPECT_EQ(nearestName("kv_namespaces", kNames), "");
  EXPECT_EQ(nearestName("", kNames), "");
  EXPECT_EQ(nearestName(std::string(100'000, 'x'), kNames), "");
  EXPECT_EQ(didYouMean("kv_namespaces", kNames), "");
  EXPECT_EQ(didYouMean("Main", kNames), " (did you mean \"main\"?)");
}

}  // namespace
}  // namespace mayfly
