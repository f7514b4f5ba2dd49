// SPDX-License-Identifier: Apache-2.0
#include "egress/policy.h"

#include <gtest/gtest.h>

namespace mayfly::egress {
namespace {

TEST(EgressPolicy, AllowsHttpAndHttpsEverywhereAndNothingElse) {
  EXPECT_TRUE(check({}, {"http", "example.com", 80}));
  EXPECT_TRUE(check({}, {"https", "[::1]", 8443}));
  for (const char* scheme : {"ftp", "file", "gopher", "HTTP", ""}) {
    auto checked = check({}, {scheme, "example.com", 21});
    ASSERT_FALSE(checked) << scheme;
    EXPECT_EQ(checked.error().code, ErrorCode::denied);
  }
  EXPECT_EQ(check({}, {"ftp", "h", 21}).error().message,
            "fetch() to \"ftp:\" is not supported, only to http and https");
}

}  // namespace
}  // namespace mayfly::egress
