// SPDX-License-Identifier: Apache-2.0
#include "egress/grant.h"

#include <gtest/gtest.h>

namespace mayfly::egress {
namespace {

TEST(Grant, ComesBackFromItsSeal) {
  std::string key = makeGrantKey();
  Grant grant{7, "api", "api:agent", "api/ada", PolicyText{false, {"https://a.b"}, {"*"}}, {{"K", "p", "v", {"a.b"}}}};
  auto sealed = sealGrant(key, grant);
  ASSERT_TRUE(sealed);
  EXPECT_EQ(sealed->find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="),
            std::string::npos);
  EXPECT_NE(*sealed, *sealGrant(key, grant));
  auto opened = openGrant(key, *sealed);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->generation, 7u);
  EXPECT_EQ(opened->loader, "api");
  EXPECT_EQ(opened->worker, "api:agent");
  EXPECT_EQ(opened->tenant, "api/ada");
  ASSERT_TRUE(opened->policy);
  EXPECT_FALSE(opened->policy->allowByDefault);
  EXPECT_EQ(opened->policy->allow, std::vector<std::string>{"https://a.b"});
  EXPECT_EQ(opened->policy->deny, std::vector<std::string>{"*"});
  ASSERT_EQ(opened->secrets.size(), 1u);
  EXPECT_EQ(opened->secrets[0].value, "v");
  EXPECT_EQ(opened->secrets[0].hosts, std::vector<std::string>{"a.b"});
  EXPECT_FALSE(openGrant(key, *sealGrant(key, {}))->policy);
}

TEST(Grant, IsRefusedWhenItIsAnothersOrWasTouched) {
  std::string key = makeGrantKey();
  std::string sealed = *sealGrant(key, {1, "api", "w", "t", std::nullopt, {}});
  EXPECT_FALSE(openGrant(makeGrantKey(), sealed));
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    auto opened = openGrant(key, changed);
    // The last characters hold bits that belong to no byte.
    if (opened) EXPECT_GE(i, sealed.size() - 3);
  }
  for (size_t size = 0; size < sealed.size(); ++size) EXPECT_FALSE(openGrant(key, sealed.substr(0, size)));
  for (std::string_view text : {"", "====", "AAAA", "not base64!", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    auto opened = openGrant(key, text);
    ASSERT_FALSE(opened) << text;
    EXPECT_EQ(opened.error().code, ErrorCode::denied);
  }
}

TEST(Grant, HasABound) {
  Grant grant;
  grant.policy = PolicyText{true, std::vector<std::string>(256, std::string(250, 'a')), {}};
  auto sealed = sealGrant(makeGrantKey(), grant);
  ASSERT_FALSE(sealed);
  EXPECT_EQ(sealed.error().code, ErrorCode::limit);
}

}  // namespace
}  // namespace mayfly::egress
