// SPDX-License-Identifier: Apache-2.0
#include "egress/secrets.h"

#include <gtest/gtest.h>

namespace mayfly::egress {
namespace {

constexpr std::string_view kOne = "mayfly-secret-1111";
constexpr std::string_view kTwo = "mayfly-secret-2222";

SecretLayers layersOf(std::vector<std::vector<SecretText>> texts) {
  SecretLayers layers;
  for (auto& each : texts) {
    auto secrets = parseSecrets(std::move(each));
    EXPECT_TRUE(secrets) << secrets.error().message;
    layers.push_back(std::make_shared<Secrets>(std::move(*secrets)));
  }
  return layers;
}

std::string put(const SecretLayers& layers, std::string_view url, std::string_view header, std::string value) {
  size_t slashes = url.find("://");
  auto destination =
      makeDestination(url.substr(0, slashes), url.substr(slashes + 3), url.starts_with("https") ? 443 : 80);
  auto done = putSecretsIn(layers, *destination, header, std::move(value));
  return done ? *done : "denied: " + done.error().message;
}

TEST(Secrets, GoIntoHeadersTowardsTheirHostsOnly) {
  auto layers = layersOf({{{"KEY", std::string(kOne), "sk-live", {"api.example.com", "*.example.org"}}}});
  std::string bearer = "Bearer " + std::string(kOne);
  EXPECT_EQ(put(layers, "https://api.example.com", "authorization", bearer), "Bearer sk-live");
  EXPECT_EQ(put(layers, "https://a.example.org", "x-key", std::string(kOne) + "," + std::string(kOne)),
            "sk-live,sk-live");
  EXPECT_EQ(put(layers, "https://evil.net", "authorization", bearer),
            "denied: the secret \"KEY\" may go to api.example.com, *.example.org only");
  // In the clear only where that is said.
  EXPECT_TRUE(put(layers, "http://api.example.com", "authorization", bearer).starts_with("denied"));
  EXPECT_EQ(put(layers, "https://evil.net", "authorization", "Bearer mine"), "Bearer mine");
}

TEST(Secrets, MayBeSentInTheClearAndToAddressesWhereTheirHostsSaySo) {
  auto layers = layersOf({{{"KEY", std::string(kOne), "v", {"http://127.0.0.1", "http://plain.example"}}}});
  EXPECT_EQ(put(layers, "http://127.0.0.1", "x", std::string(kOne)), "v");
  EXPECT_EQ(put(layers, "http://plain.example", "x", std::string(kOne)), "v");
  EXPECT_TRUE(put(layers, "http://127.0.0.2", "x", std::string(kOne)).starts_with("denied"));
  EXPECT_TRUE(put(layers, "http://other.example", "x", std::string(kOne)).starts_with("denied"));
}

TEST(Secrets, AreFoundInsideOfBasicCredentials) {
  auto layers = layersOf({{{"KEY", std::string(kOne), "pw", {"api.example.com"}}}});
  // "user:mayfly-secret-1111" and "user:pw"
  EXPECT_EQ(put(layers, "https://api.example.com", "authorization", "Basic dXNlcjptYXlmbHktc2VjcmV0LTExMTE="),
            "Basic dXNlcjpwdw==");
  EXPECT_TRUE(
      put(layers, "https://evil.net", "authorization", "basic dXNlcjptYXlmbHktc2VjcmV0LTExMTE=").starts_with("denied"));
  EXPECT_EQ(put(layers, "https://api.example.com", "authorization", "Basic dXNlcjpwdw=="), "Basic dXNlcjpwdw==");
  EXPECT_EQ(put(layers, "https://api.example.com", "authorization", "Basic ?"), "Basic ?");
}

TEST(Secrets, PassedOnGoWhereBothAllow) {
  auto layers = layersOf({{{"INNER", std::string(kTwo), std::string(kOne), {"api.example.com", "evil.net"}}},
                          {{"OUTER", std::string(kOne), "sk-live", {"*.example.com"}}}});
  EXPECT_EQ(put(layers, "https://api.example.com", "x", std::string(kTwo)), "sk-live");
  EXPECT_EQ(put(layers, "https://evil.net", "x", std::string(kTwo)),
            "denied: the secret \"OUTER\" may go to *.example.com only");
  EXPECT_EQ(put(layers, "https://b.example.com", "x", std::string(kTwo)),
            "denied: the secret \"INNER\" may go to api.example.com, evil.net only");
}

TEST(Secrets, AreFoundInUrls) {
  auto layers = layersOf({{{"KEY", std::string(kOne), "v", {"api.example.com"}}}});
  EXPECT_EQ(findPlaceholder(layers, "https://api.example.com/?k=" + std::string(kOne)), "KEY");
  EXPECT_EQ(findPlaceholder(layers, "https://api.example.com/?k=mayfly-secret-0"), "");
}

TEST(Secrets, AreRefusedWithoutTheirValue) {
  const std::pair<SecretText, std::string_view> cases[] = {
      {{"K", "p", "", {"a.b"}}, "secrets.K has an empty value"},
      {{"K", "p", "sec\nret", {"a.b"}}, "secrets.K has a value with control characters"},
      {{"K", "p", std::string(9000, 's'), {"a.b"}}, "secrets.K has a value of more than"},
      {{"K", "p", "secret", {}}, "secrets.K needs \"hosts\""},
      {{"K", "p", "secret", {"a.b", "*"}}, "secrets.K.hosts[1]: \"*\" would send it to everybody"},
      {{"K", "p", "secret", {"a b"}}, "secrets.K.hosts[0]: \"a b\" holds a space"},
  };
  for (const auto& [text, message] : cases) {
    auto parsed = parseSecrets({text});
    ASSERT_FALSE(parsed);
    EXPECT_TRUE(parsed.error().message.starts_with(message)) << parsed.error().message;
    EXPECT_EQ(parsed.error().message.find("secret\""), std::string::npos);
  }
}

TEST(Secrets, HavePlaceholdersThatNobodyGuesses) {
  std::string one = makePlaceholder();
  EXPECT_EQ(one.size(), 14u + 40u);
  EXPECT_NE(one, makePlaceholder());
}

}  // namespace
}  // namespace mayfly::egress
