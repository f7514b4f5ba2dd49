// SPDX-License-Identifier: Apache-2.0
#include "supervisor/asset_rules.h"

#include <gtest/gtest.h>

namespace mayfly::supervisor {
namespace {

std::string errorOf(std::string_view redirects) {
  auto rules = parseRedirectRules(redirects);
  return rules ? "" : rules.error().message;
}
std::string headerErrorOf(std::string_view headers) {
  auto rules = parseHeaderRules(headers);
  return rules ? "" : rules.error().message;
}

TEST(AssetRules, ReadsRedirects) {
  auto rules =
      parseRedirectRules("# comment\n/a /b\n\n  /old/*\t/new/:splat   301\r\n/x/:id https://example.com/:id 308");
  ASSERT_TRUE(rules);
  ASSERT_EQ(rules->size(), 3);
  EXPECT_EQ((*rules)[0].from, "/a");
  EXPECT_EQ((*rules)[0].to, "/b");
  EXPECT_EQ((*rules)[0].status, 302);
  EXPECT_EQ((*rules)[1].from, "/old/*");
  EXPECT_EQ((*rules)[1].status, 301);
  EXPECT_EQ((*rules)[2].to, "https://example.com/:id");
  EXPECT_TRUE(parseRedirectRules("")->empty());
}

TEST(AssetRules, SaysWhatIsWrongWithARedirectAndWhere) {
  EXPECT_EQ(errorOf("/a /b\n/only"), "2: a redirect is written as: /from /to 302");
  EXPECT_EQ(errorOf("/a /b 302 more"), "1: a redirect is written as: /from /to 302");
  EXPECT_EQ(errorOf("a /b"), "1: \"a\" must be a path: it must begin with a slash");
  EXPECT_EQ(errorOf("/a?x /b"), "1: \"/a?x\" must be a path alone, without \"?\" and \"#\"");
  EXPECT_EQ(errorOf("/*/* /b"), "1: a path can have one \"*\"");
  EXPECT_EQ(errorOf("/a b"), "1: \"b\" must be a path or an address of http or https");
  EXPECT_EQ(errorOf("/a /b 299"), "1: the status 299 is none of 200, 301, 302, 303, 307 and 308");
  EXPECT_EQ(errorOf("/a /b x"), "1: the status x is none of 200, 301, 302, 303, 307 and 308");
  EXPECT_EQ(errorOf("/a https://x/ 200"), "1: what is answered with status 200 must be a path, not another address");
  EXPECT_EQ(errorOf("\n/" + std::string(2000, 'a') + " /b"), "2: the line has more than 1000 characters");
  EXPECT_EQ(errorOf("/\xff /b"), "1: the file is not UTF-8");
}

TEST(AssetRules, HasAsManyRedirectsAsThePlatform) {
  std::string dynamic, fixed;
  for (int i = 0; i < 101; ++i) dynamic += "/a" + std::to_string(i) + "/* /b\n";
  for (int i = 0; i < 2001; ++i) fixed += "/a" + std::to_string(i) + " /b\n";
  EXPECT_EQ(errorOf(dynamic), "101: there are more than 100 redirects with \"*\" or \":name\"");
  EXPECT_EQ(errorOf(fixed), "2001: there are more than 2000 redirects");
}

TEST(AssetRules, ReadsHeaders) {
  auto rules =
      parseHeaderRules("/*\n  X-Frame-Options: DENY\n  ! ETag\n# comment\nhttps://:host/static/*\n  A: b: c\n  A: d");
  ASSERT_TRUE(rules);
  ASSERT_EQ(rules->size(), 2);
  EXPECT_EQ((*rules)[0].from, "/*");
  EXPECT_EQ((*rules)[0].set, (std::vector<std::pair<std::string, std::string>>{{"X-Frame-Options", "DENY"}}));
  EXPECT_EQ((*rules)[0].unset, std::vector<std::string>{"ETag"});
  EXPECT_EQ((*rules)[1].set, (std::vector<std::pair<std::string, std::string>>{{"A", "b: c"}, {"A", "d"}}));
}

TEST(AssetRules, SaysWhatIsWrongWithAHeaderAndWhere) {
  EXPECT_EQ(headerErrorOf("  A: b"),
            "1: before headers, a line must have the path that they are for: /path, or https://host/path");
  EXPECT_EQ(headerErrorOf("/\n  A b"), "2: a header is written as: name: value");
  EXPECT_EQ(headerErrorOf("/\n  A B: c"), "2: \"A B\" is not the name of a header");
  EXPECT_EQ(headerErrorOf("/\n  A:"), "2: the header A has no value");
  EXPECT_EQ(headerErrorOf("/\n  ! a b"), "2: \"a b\" is not the name of a header");
  EXPECT_EQ(headerErrorOf("/\n  A: \xc3\xa4"), "2: the value of A must consist of ASCII characters");
  EXPECT_EQ(headerErrorOf("/*/*"), "1: a path can have one \"*\"");
}

}  // namespace
}  // namespace mayfly::supervisor
