// SPDX-License-Identifier: Apache-2.0
#include "egress/policy.h"

#include <gtest/gtest.h>

namespace mayfly::egress {
namespace {

Layers layers(std::vector<PolicyText> texts) {
  Layers made;
  for (const PolicyText& text : texts) {
    auto policy = parsePolicy(text, "layer " + std::to_string(made.size() + 1));
    EXPECT_TRUE(policy) << policy.error().message;
    made.push_back(std::make_shared<Policy>(std::move(*policy)));
  }
  return made;
}

std::vector<Address> parse(std::vector<std::string_view> texts) {
  std::vector<Address> addresses;
  for (auto text : texts) addresses.push_back(*parseAddress(text));
  return addresses;
}

// A request to `url`, "scheme://host[:port]" as an HTTP client parsed it, whose host has these addresses.
Verdict ask(const Layers& layers, std::string_view url, std::vector<std::string_view> addresses = {},
            const Here& here = {}) {
  size_t slashes = url.find("://");
  std::string_view scheme = url.substr(0, slashes);
  std::string_view host = url.substr(slashes + 3);
  uint16_t port = scheme == "https" ? 443 : 80;
  if (size_t colon = host.rfind(':'); colon != host.npos && !host.ends_with(']')) {
    port = static_cast<uint16_t>(std::atoi(host.data() + colon + 1));
    host = host.substr(0, colon);
  }
  auto destination = makeDestination(scheme, host, port);
  if (!destination) return {false, "spelling", destination.error().message};
  auto found = parse(addresses);
  if (destination->literal) found = {*destination->literal};
  return judge(layers, *destination, found, here);
}

TEST(Policy, OfTheInternetRefusesEveryOtherPlaceInEverySpelling) {
  Layers open = layers({PolicyText{}});
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"http://127.0.0.1", "a loopback address"},
      {"http://127.8.9.1:8080", "a loopback address"},
      {"http://[::1]", "a loopback address"},
      {"http://0.0.0.0", "an address of \"this network\""},
      {"http://[::]", "the unspecified address"},
      {"http://2130706433", "spelling"},
      {"http://0177.0.0.1", "spelling"},
      {"http://0x7f.1", "spelling"},
      {"http://127.1", "spelling"},
      {"http://[::ffff:127.0.0.1]", "a loopback address"},
      {"http://[::ffff:7f00:1]", "a loopback address"},
      {"http://[::127.0.0.1]", "a reserved address"},
      {"http://[64:ff9b::7f00:1]", "a loopback address"},
      {"http://[64:ff9b::a9fe:a9fe]", "a cloud metadata address"},
      {"http://[64:ff9b:1::7f00:1]", "a translation address"},
      {"http://[2002:7f00:1::]", "a 6to4 address"},
      {"http://[2001:0:53aa:64c:0:0:8080:8080]", "a reserved address"},
      {"http://10.1.2.3", "a private address"},
      {"http://172.16.0.1", "a private address"},
      {"http://192.168.0.1", "a private address"},
      {"http://100.64.0.1", "a shared (carrier) address"},
      {"http://198.18.0.1", "an address for benchmarks"},
      {"http://169.254.169.254", "a cloud metadata address"},
      {"http://[::ffff:a9fe:a9fe]", "a cloud metadata address"},
      {"http://168.63.129.16", "a cloud metadata address"},
      {"http://[fd00:ec2::254]", "a cloud metadata address"},
      {"http://169.254.1.1", "a link-local address"},
      {"http://[fe80::1]", "a link-local address"},
      {"http://[fe80::1%lo]", "spelling"},
      {"http://[ff02::1]", "a multicast address"},
      {"http://224.0.0.1", "a multicast address"},
      {"http://255.255.255.255", "the broadcast address"},
      {"http://[fc00::1]", "a private address"},
      {"ftp://8.8.8.8", "spelling"},
      {"file://8.8.8.8", "spelling"},
      {"gopher://8.8.8.8", "spelling"},
      {"HTTP://8.8.8.8", "spelling"},
      {"http://8.8.8.8:22", "port"},
      {"http://8.8.8.8:25", "port"},
      {"http://8.8.8.8:6000", "port"},
      {"http://8.8.8.8:0", "port"},
      {"https://8.8.8.8", "allowed"},
      {"https://8.8.8.8:8443", "allowed"},
      {"https://[2606:4700::1111]", "allowed"},
      {"https://[64:ff9b::808:808]", "allowed"},
  };
  for (const auto& [url, rule] : cases) {
    Verdict verdict = ask(open, url);
    EXPECT_EQ(verdict.allowed ? "allowed" : verdict.rule, rule) << url << ": " << verdict.reason;
    EXPECT_EQ(verdict.reason.empty(), verdict.allowed) << url;
  }
}

TEST(Policy, JudgesNamesByEachOfTheirAddresses) {
  Layers open = layers({PolicyText{}});
  EXPECT_TRUE(ask(open, "https://good.example", {"8.8.8.8", "2606:4700::1111"}).allowed);
  EXPECT_EQ(ask(open, "https://bad.example", {"10.0.0.1"}).reason,
            "bad.example leads to a private address, which layer 1 does not allow");
  EXPECT_FALSE(ask(open, "https://mixed.example", {"8.8.8.8", "127.0.0.1"}).allowed);
  EXPECT_FALSE(ask(open, "https://mixed.example", {"8.8.8.8", "8.8.4.4", "::1"}).allowed);
  EXPECT_FALSE(ask(open, "https://none.example", {}).allowed);
  EXPECT_FALSE(ask(open, "http://localhost", {"127.0.0.1"}).allowed);
  EXPECT_FALSE(ask(open, "http://localhost.", {"127.0.0.1"}).allowed);
  EXPECT_EQ(ask(open, "http://metadata.google.internal", {"8.8.8.8"}).rule, "a cloud metadata name");
  EXPECT_EQ(ask(open, "http://metadata.google.internal.", {"8.8.8.8"}).rule, "a cloud metadata name");
}

TEST(Policy, AsksForNoNameThatNoRuleCanAllow) {
  auto judged = [](const Layers& layers, std::string_view host) {
    return judgeName(layers, *makeDestination("https", host, 443)).allowed;
  };
  Layers listed = layers({{false, {"https://api.example.com", "*.example.org:8443"}, {}}});
  EXPECT_TRUE(judged(listed, "api.example.com"));
  EXPECT_FALSE(judged(listed, "secret.attacker.example"));
  EXPECT_FALSE(judged(listed, "a.example.org"));
  EXPECT_FALSE(judged(layers({PolicyText{}, {false, {}, {}}}), "api.example.com"));
  EXPECT_FALSE(judged(layers({{true, {}, {"*.example.com"}}}), "api.example.com"));
  EXPECT_FALSE(judged(layers({{false, {"10.0.0.0/8", "loopback", "private"}, {}}}), "api.example.com"));
  EXPECT_TRUE(judged(layers({{false, {"* at 10.0.0.0/8"}, {}}}), "api.example.com"));
  EXPECT_TRUE(judged(layers({{false, {"loopback"}, {}}}), "localhost"));
}

TEST(Policy, AllowsWhatIsListed) {
  Layers listed =
      layers({{false, {"https://api.example.com", "192.0.2.0/24", "http://db.internal:5432 at private"}, {}}});
  EXPECT_EQ(ask(listed, "https://api.example.com", {"8.8.8.8"}).rule, "https://api.example.com");
  EXPECT_EQ(ask(listed, "https://other.example.com", {"8.8.8.8"}).reason, "it is not among what layer 1 allows");
  EXPECT_EQ(ask(listed, "http://api.example.com", {"8.8.8.8"}).rule, "default");
  // A name does not open private addresses by itself, whoever may say where it leads.
  EXPECT_EQ(ask(listed, "https://api.example.com", {"10.0.0.1"}).rule, "a private address");
  EXPECT_TRUE(ask(listed, "http://192.0.2.9").allowed);
  EXPECT_TRUE(ask(listed, "https://api.example.com", {"192.0.2.9"}).allowed);
  EXPECT_FALSE(ask(listed, "http://any.example", {"192.0.2.9"}).allowed);
  EXPECT_TRUE(ask(listed, "http://db.internal:5432", {"10.0.0.1"}).allowed);
  EXPECT_FALSE(ask(listed, "http://db.internal:5433", {"10.0.0.1"}).allowed);
  EXPECT_FALSE(ask(listed, "http://db.internal:5432", {"127.0.0.1"}).allowed);
  EXPECT_FALSE(ask(listed, "http://x.internal:5432", {"10.0.0.1"}).allowed);
}

TEST(Policy, OpensOtherPlacesOnlyToRulesThatNameThem) {
  auto opens = [](std::string_view rule, std::string_view url, std::vector<std::string_view> addresses = {}) {
    return ask(layers({{true, {std::string(rule)}, {}}}), url, addresses).allowed;
  };
  EXPECT_TRUE(opens("loopback", "http://127.0.0.1:8080"));
  EXPECT_TRUE(opens("loopback", "http://[::1]"));
  EXPECT_TRUE(opens("loopback", "http://localhost", {"127.0.0.1", "::1"}));
  EXPECT_FALSE(opens("loopback", "http://10.0.0.1"));
  EXPECT_FALSE(opens("loopback", "http://0.0.0.0"));
  EXPECT_TRUE(opens("localhost:3000", "http://localhost:3000", {"127.0.0.1", "::1"}));
  EXPECT_FALSE(opens("localhost:3000", "http://localhost:3001", {"127.0.0.1"}));
  EXPECT_FALSE(opens("localhost:3000", "http://127.0.0.1:3000"));
  EXPECT_TRUE(opens("private", "http://10.0.0.1"));
  EXPECT_TRUE(opens("private", "http://[fd12::1]"));
  EXPECT_FALSE(opens("private", "http://127.0.0.1"));
  EXPECT_FALSE(opens("private", "http://169.254.169.254"));
  EXPECT_FALSE(opens("private", "http://100.100.100.200"));
  EXPECT_FALSE(opens("private", "http://[fd00:ec2::254]"));
  EXPECT_TRUE(opens("10.0.0.0/8", "http://10.9.9.9"));
  EXPECT_TRUE(opens("10.1.0.0/16", "http://[::ffff:10.1.0.1]"));
  EXPECT_TRUE(opens("10.1.0.0/16", "http://[64:ff9b::10.1.0.1]"));
  EXPECT_FALSE(opens("10.1.0.0/16", "http://10.2.0.1"));
  EXPECT_FALSE(opens("0.0.0.0/0", "http://10.0.0.1"));
  EXPECT_FALSE(opens("8.0.0.0/5", "http://10.0.0.1"));
  EXPECT_FALSE(opens("*", "http://10.0.0.1"));
  EXPECT_FALSE(opens("169.254.0.0/16", "http://169.254.169.254"));
  EXPECT_TRUE(opens("169.254.169.254", "http://169.254.169.254"));
  EXPECT_FALSE(opens("0.0.0.0", "http://0.0.0.0"));
  EXPECT_FALSE(opens("224.0.0.0/4", "http://224.0.0.1"));
  EXPECT_TRUE(opens("mail.example:25", "http://mail.example:25", {"8.8.8.8"}));
  EXPECT_FALSE(opens("mail.example", "http://mail.example:25", {"8.8.8.8"}));
}

TEST(Policy, DeniesBeforeItAllows) {
  Layers denying = layers({{true, {"loopback"}, {"*.evil.example", "127.0.0.2", "8.8.0.0/16", "loopback:9999"}}});
  EXPECT_EQ(ask(denying, "https://a.evil.example", {"1.1.1.1"}).reason,
            "it is denied by \"*.evil.example\" in layer 1");
  EXPECT_TRUE(ask(denying, "http://127.0.0.1").allowed);
  EXPECT_FALSE(ask(denying, "http://127.0.0.2").allowed);
  EXPECT_FALSE(ask(denying, "http://127.0.0.1:9999").allowed);
  EXPECT_FALSE(ask(denying, "https://dns.example", {"1.1.1.1", "8.8.8.8"}).allowed);
  EXPECT_FALSE(ask(denying, "https://[64:ff9b::8.8.8.8]").allowed);
}

TEST(Policy, IsBoundByEveryLayerAboveIt) {
  Layers bound = layers({{false, {"*.example.com", "loopback"}, {}}, {true, {"loopback", "private"}, {}}});
  EXPECT_TRUE(ask(bound, "https://a.example.com", {"8.8.8.8"}).allowed);
  EXPECT_TRUE(ask(bound, "http://127.0.0.1").allowed);
  EXPECT_EQ(ask(bound, "https://other.net", {"8.8.8.8"}).reason, "it is not among what layer 1 allows");
  EXPECT_EQ(ask(bound, "http://10.0.0.1").reason, "10.0.0.1 is a private address, which layer 1 does not allow");
  EXPECT_EQ(ask(layers({{true, {"loopback"}, {}}, {}}), "http://127.0.0.1").reason,
            "127.0.0.1 is a loopback address, which layer 2 does not allow");
}

TEST(Policy, CountsTheMachinesOwnAddressesAsThisMachine) {
  Here here{parse({"8.8.4.4", "10.0.0.5"}), {8787}};
  EXPECT_EQ(ask(layers({PolicyText{}}), "http://8.8.4.4", {}, here).rule, "an address of this machine");
  EXPECT_TRUE(ask(layers({PolicyText{}}), "http://8.8.8.8", {}, here).allowed);
  EXPECT_FALSE(ask(layers({{true, {"private"}, {}}}), "http://10.0.0.5", {}, here).allowed);
  Layers local = layers({{true, {"loopback"}, {}}});
  EXPECT_TRUE(ask(local, "http://8.8.4.4", {}, here).allowed);
  EXPECT_TRUE(ask(local, "http://8.8.8.8:8787", {}, here).allowed);
  for (std::string_view url : {"http://8.8.4.4:8787", "http://127.0.0.1:8787", "http://[::1]:8787"}) {
    EXPECT_EQ(ask(local, url, {}, here).rule, "own listener") << url;
  }
}

TEST(Policy, TellsWhichEntryIsWrong) {
  auto wrong = parsePolicy({false, {"example.com", "10.0.0.0/33"}, {}}, "x", "mayfly.network");
  ASSERT_FALSE(wrong);
  EXPECT_TRUE(wrong.error().message.starts_with("mayfly.network.allow[1]: \"10.0.0.0/33\" is not a range"))
      << wrong.error().message;
  EXPECT_FALSE(parsePolicy({false, std::vector<std::string>(257, "a.b"), {}}, "x"));
}

TEST(Policy, JudgesRawConnections) {
  Layers open = layers({PolicyText{}});
  EXPECT_TRUE(ask(open, "tcp://db.test:5432", {"203.0.114.1"}).allowed);
  EXPECT_TRUE(ask(open, "tcp://mail.test:465", {"203.0.114.1"}).allowed) << "a port of another protocol";
  EXPECT_EQ(ask(open, "tcp://mail.test:25", {"203.0.114.1"}).rule, "port");
  EXPECT_EQ(ask(open, "tcp://db.test:5432", {"203.0.114.1", "10.0.0.1"}).rule, "a private address");
  EXPECT_TRUE(ask(layers({{true, {"mail.test:25"}, {}}}), "tcp://mail.test:25", {"203.0.114.1"}).allowed);
  // An origin of HTTP opens none, and closes it where it is denied.
  EXPECT_FALSE(ask(layers({{false, {"https://db.test"}, {}}}), "tcp://db.test:443", {"203.0.114.1"}).allowed);
  EXPECT_TRUE(ask(layers({{false, {"db.test:443"}, {}}}), "tcp://db.test:443", {"203.0.114.1"}).allowed);
  EXPECT_EQ(ask(layers({{true, {}, {"https://db.test"}}}), "tcp://db.test:443", {"203.0.114.1"}).rule,
            "https://db.test");
  EXPECT_TRUE(ask(layers({{true, {}, {"https://db.test"}}}), "tcp://db.test:80", {"203.0.114.1"}).allowed);
}

}  // namespace
}  // namespace mayfly::egress
