// SPDX-License-Identifier: Apache-2.0
#include "supervisor/project.h"

#include <gtest/gtest.h>

namespace mayfly::supervisor {
namespace {

TEST(WorkerSpec, KeepsPrivateAndSharedLoadersApart) {
  config::WorkerConfig config;
  config.name = "api";
  config.loaders = {{"A", std::nullopt}, {"B", "own:api/A"}};
  auto spec = workerSpec(config, {});
  EXPECT_EQ(spec.loaders[0].id, "own:api/A");
  EXPECT_EQ(spec.loaders[1].id, "shared:own:api/A");
}

TEST(WorkerSpec, SaysNothingWhereTheConfigurationSaysTheDefault) {
  config::WorkerConfig config;
  config.name = "api";
  config.services = {{"SELF", "api", "default", "{}"}, {"TOOL", "api", "Tool", R"({"a":1})"}};
  config.globalOutbound = config::GlobalOutbound{"gateway", "default"};
  config.limits[Limit::memoryMb] = 64;
  config.spread = true;
  config::Bundle bundle;
  bundle.mainModule = "index.js";
  auto spec = workerSpec(config, std::move(bundle));
  EXPECT_EQ(spec.services[0].entrypoint, "");
  EXPECT_EQ(spec.services[0].propsJson, "");
  EXPECT_EQ(spec.services[1].entrypoint, "Tool");
  EXPECT_EQ(spec.services[1].propsJson, R"({"a":1})");
  EXPECT_EQ(spec.globalOutbound->service, "gateway");
  EXPECT_EQ(spec.limits[Limit::memoryMb], 64u);
  EXPECT_EQ(spec.dynamicLimits[Limit::memoryMb], 64u);
  EXPECT_TRUE(spec.dynamicSpread);
  EXPECT_FALSE(spec.limits.has(Limit::cpuMs));
  EXPECT_EQ(spec.mainModule, "index.js");
}

}  // namespace
}  // namespace mayfly::supervisor
