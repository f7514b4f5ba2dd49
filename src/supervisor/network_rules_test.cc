// SPDX-License-Identifier: Apache-2.0
#include "supervisor/network_rules.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace mayfly::supervisor {
namespace {

using Opener = NetworkRules::Opener;

class NetworkRulesTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(rules_.add(1, {{"api", {}, {{"KEY", "mayfly-secret-1", "v", {"a.b"}}}}})); }

  std::string grant(egress::Grant grant) { return "grant " + *egress::sealGrant(rules_.key(), grant); }
  static bool allows(const EgressAccess& access, std::string_view host) {
    auto destination = egress::makeDestination("http", host, 80);
    Addresses addresses{destination->literal.value_or(*egress::parseAddress("8.8.8.8"))};
    return egress::judge(access.layers, *destination, addresses, {}).allowed;
  }

  NetworkRules rules_{NetworkRules::Local::loopback};
};

TEST_F(NetworkRulesTest, GivesTheOperatorsWorkersWhatTheyAreConfiguredFor) {
  auto access = rules_.access("worker 1/api", Opener::hostCell);
  ASSERT_TRUE(access);
  EXPECT_EQ(access->worker, "api");
  EXPECT_FALSE(access->dynamic);
  EXPECT_TRUE(allows(*access, "127.0.0.1"));
  EXPECT_FALSE(allows(*access, "10.0.0.1"));
  EXPECT_EQ(access->secrets.at(0)->size(), 1u);
  NetworkRules closed(NetworkRules::Local::closed);
  ASSERT_TRUE(closed.add(1, {{"api", {}, {}}}));
  EXPECT_FALSE(allows(*closed.access("worker 1/api", Opener::hostCell), "127.0.0.1"));
}

TEST_F(NetworkRulesTest, GivesGuestCellsNothingWithoutAGrant) {
  EXPECT_EQ(rules_.access("worker 1/api", Opener::guestCell).error().code, ErrorCode::denied);
  EXPECT_FALSE(rules_.access("grant AAAA", Opener::guestCell));
  EXPECT_FALSE(rules_.access("grant " + *egress::sealGrant(egress::makeGrantKey(), {1, "api", "w", "t", {}, {}}),
                             Opener::guestCell));
  auto access = rules_.access(grant({1, "api", "api:agent", "ada", {}, {}}), Opener::guestCell);
  ASSERT_TRUE(access);
  EXPECT_EQ(access->worker, "api:agent");
  EXPECT_TRUE(access->dynamic);
  EXPECT_TRUE(allows(*access, "example.com"));
  EXPECT_FALSE(allows(*access, "127.0.0.1"));
}

TEST_F(NetworkRulesTest, PutsTheCodesPolicyBelowItsLoaders) {
  config::NetworkConfig config;
  config.own = egress::PolicyText{true, {"private"}, {}};
  config.loader = egress::PolicyText{false, {"*.example.com", "loopback"}, {}};
  ASSERT_TRUE(rules_.add(2, {{"api", config, {}}}));
  auto with = [&](std::optional<egress::PolicyText> policy) {
    return *rules_.access(grant({2, "api", "w", "t", std::move(policy), {}}), Opener::hostCell);
  };
  EXPECT_TRUE(allows(with({}), "127.0.0.1"));
  EXPECT_FALSE(allows(with({}), "10.0.0.1"));
  EXPECT_TRUE(allows(with({}), "a.example.com"));
  EXPECT_FALSE(allows(with({}), "other.net"));
  EXPECT_FALSE(allows(with(egress::PolicyText{}), "127.0.0.1"));
  EXPECT_FALSE(allows(with(egress::PolicyText{true, {"*", "private", "10.0.0.0/8"}, {}}), "10.0.0.1"));
  EXPECT_FALSE(allows(with(egress::PolicyText{false, {"b.example.com"}, {}}), "a.example.com"));
}

TEST_F(NetworkRulesTest, KeepsTheRulesOfWorkersThatStillRun) {
  auto has = [&](uint32_t generation) {
    return rules_.access(fmt::format("worker {}/api", generation), Opener::hostCell).has_value();
  };
  rules_.serves(1);
  ASSERT_TRUE(rules_.add(2, {{"api", {}, {}}}));
  rules_.failed(2);
  EXPECT_TRUE(has(1));
  EXPECT_FALSE(has(2));
  ASSERT_TRUE(rules_.add(3, {{"api", {}, {}}}));
  rules_.serves(3);
  EXPECT_TRUE(has(1));
  EXPECT_TRUE(has(3));
  ASSERT_TRUE(rules_.add(4, {{"api", {}, {}}}));
  rules_.serves(4);
  EXPECT_FALSE(has(1));
  EXPECT_TRUE(has(3));
  for (std::string_view what : {"", "worker", "worker 4", "worker x/api", "worker 4/other", "worker 9/api", "api"}) {
    EXPECT_FALSE(rules_.access(what, Opener::hostCell)) << what;
  }
}

}  // namespace
}  // namespace mayfly::supervisor
