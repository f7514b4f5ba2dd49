// SPDX-License-Identifier: Apache-2.0
#include "base/compatibility.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/compatibility_table.h"

namespace mayfly {
namespace {

constexpr CompatibilityOptions kOptions{.today = "2026-11-20", .allowExperimental = false};

std::string errorOf(std::string_view date, std::vector<std::string> flags = {}) {
  auto resolved = resolveCompatibility(date, flags, kOptions);
  return resolved ? "no error" : resolved.error().message;
}

CompatibilityFlags resolve(std::string_view date, std::vector<std::string> flags = {}) {
  auto resolved = resolveCompatibility(date, flags, kOptions);
  EXPECT_TRUE(resolved) << resolved.error().message;
  return resolved.value_or(CompatibilityFlags{});
}

TEST(Compatibility, TurnsBehavioursOnByDate) {
  EXPECT_FALSE(resolve("2025-11-16").ctxExports);
  EXPECT_TRUE(resolve("2025-11-17").ctxExports);
  EXPECT_FALSE(resolve("2026-01-19").rpcParamsDupStubs);
  EXPECT_TRUE(resolve("2026-01-20").rpcParamsDupStubs);
  EXPECT_FALSE(resolve("2026-04-20").enhancedErrorSerialization);
  EXPECT_TRUE(resolve("2026-04-21").enhancedErrorSerialization);
  EXPECT_FALSE(resolve("2026-01-21").requireReturnsDefault);
  EXPECT_TRUE(resolve("2026-01-22").requireReturnsDefault);
  EXPECT_FALSE(resolve("2026-11-17").noImportableEnv);
}

TEST(Compatibility, LetsFlagsGoBeforeTheDate) {
  EXPECT_TRUE(resolve("2025-01-01", {"enable_ctx_exports"}).ctxExports);
  EXPECT_FALSE(resolve("2026-01-01", {"disable_ctx_exports"}).ctxExports);
  EXPECT_TRUE(resolve("2026-01-01", {"enable_ctx_exports"}).ctxExports);
}

TEST(Compatibility, BringsAlongWhatNodejsCompatImplies) {
  auto flags = resolve("2025-04-01", {"nodejs_compat"});
  EXPECT_TRUE(flags.nodejsCompat && flags.nodejsAls && flags.populateProcessEnv);
  EXPECT_FALSE(resolve("2025-03-31", {"nodejs_compat"}).populateProcessEnv);
  EXPECT_FALSE(
      resolve("2026-01-01", {"nodejs_compat", "nodejs_compat_do_not_populate_process_env"}).populateProcessEnv);
}

TEST(Compatibility, BringsNodesGlobalsFromADateOn) {
  EXPECT_FALSE(resolve("2024-09-22", {"nodejs_compat"}).nodejsCompatV2);
  EXPECT_TRUE(resolve("2024-09-23", {"nodejs_compat"}).nodejsCompatV2);
  EXPECT_FALSE(resolve("2024-09-23", {"nodejs_compat", "no_nodejs_compat_v2"}).nodejsCompatV2);
  EXPECT_FALSE(resolve("2026-08-03").nodejsCompat);
  auto flags = resolve("2024-01-01", {"nodejs_compat_v2"});
  EXPECT_TRUE(flags.nodejsCompat && flags.nodejsCompatV2);
  flags = resolve("2026-08-04", {"no_nodejs_compat"});
  EXPECT_TRUE(flags.nodejsCompat && flags.nodejsCompatV2);
  flags = resolve("2026-08-04", {"no_nodejs_compat", "no_nodejs_compat_v2"});
  EXPECT_FALSE(flags.nodejsCompat || flags.nodejsCompatV2);
}

TEST(Compatibility, RefusesWhatIsNoDateOrInTheFuture) {
  for (std::string_view date : {"", "2026-13-01", "2026-02-30", "26-01-01", "2026-1-1", "2026-01-01 ", "2026/01/01"}) {
    EXPECT_EQ(errorOf(date), "Invalid compatibility date: " + std::string(date));
  }
  EXPECT_EQ(errorOf("2026-11-21"),
            "Can't set compatibility date in the future: \"2026-11-21\". Today's date (UTC) is \"2026-11-20\".");
  EXPECT_EQ(errorOf("2026-11-20"), "no error");
  EXPECT_EQ(errorOf("2024-02-29"), "no error");
}

TEST(Compatibility, RefusesFlagsThatAreUnknownDoubledOrContradictory) {
  EXPECT_EQ(errorOf("2026-01-01", {"foo"}), "No such compatibility flag: foo");
  EXPECT_EQ(errorOf("2026-01-01", {""}), "No such compatibility flag: ");
  EXPECT_EQ(errorOf("2026-01-01", {"nodejs_compat", "nodejs_compat"}),
            "Compatibility flag specified multiple times: nodejs_compat");
  EXPECT_EQ(errorOf("2026-01-01", {"no_nodejs_compat", "nodejs_compat"}),
            "Compatibility flags are mutually contradictory: nodejs_compat vs no_nodejs_compat");
  EXPECT_TRUE(errorOf("2026-01-01", {"python_workers"}).starts_with("The compatibility flag python_workers is not"));
}

TEST(Compatibility, KeepsExperimentalFlagsFromThoseWhoMayNotUseThem) {
  EXPECT_TRUE(errorOf("2026-01-01", {"experimental"}).starts_with("The compatibility flag experimental is"));
  std::vector<std::string> flags = {"experimental", "webgpu"};
  auto resolved = resolveCompatibility("2026-01-01", flags, {.today = "2026-11-20", .allowExperimental = true});
  ASSERT_TRUE(resolved);
  EXPECT_TRUE(resolved->experimental);
  EXPECT_EQ(resolved->withoutEffect, std::vector<std::string>{"webgpu"});
}

TEST(Compatibility, KnowsEveryNameOnce) {
  auto names = compatibilityFlagNames();
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
  for (const CompatibilityFlag& flag : kCompatibilityFlags) {
    if (!flag.defaultFrom.empty()) EXPECT_TRUE(checkCompatibilityDate(flag.defaultFrom, kNewestCompatibilityDate));
  }
  EXPECT_GE(todayUtc(), kNewestCompatibilityDate);
}

}  // namespace
}  // namespace mayfly
