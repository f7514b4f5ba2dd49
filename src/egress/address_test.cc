// SPDX-License-Identifier: Apache-2.0
#include "egress/address.h"

#include <gtest/gtest.h>

namespace mayfly::egress {
namespace {

Place placeOf(std::string_view text) {
  auto address = parseAddress(text);
  EXPECT_TRUE(address) << text;
  return address ? locate(*address).place : Place::internet;
}

TEST(Address, KnowsEverySpecialRangeAndItsNeighbours) {
  const std::pair<std::string_view, Place> cases[] = {
      {"0.0.0.0", Place::nowhere},
      {"0.255.255.255", Place::nowhere},
      {"1.0.0.0", Place::internet},
      {"9.255.255.255", Place::internet},
      {"10.0.0.0", Place::privateUse},
      {"10.255.255.255", Place::privateUse},
      {"11.0.0.0", Place::internet},
      {"100.63.255.255", Place::internet},
      {"100.64.0.0", Place::privateUse},
      {"100.100.100.200", Place::metadata},
      {"100.127.255.255", Place::privateUse},
      {"100.128.0.0", Place::internet},
      {"126.255.255.255", Place::internet},
      {"127.0.0.0", Place::loopback},
      {"127.0.0.1", Place::loopback},
      {"127.255.255.255", Place::loopback},
      {"128.0.0.0", Place::internet},
      {"168.63.129.15", Place::internet},
      {"168.63.129.16", Place::metadata},
      {"169.253.255.255", Place::internet},
      {"169.254.0.0", Place::reserved},
      {"169.254.169.254", Place::metadata},
      {"169.254.170.2", Place::metadata},
      {"169.255.0.0", Place::internet},
      {"172.15.255.255", Place::internet},
      {"172.16.0.0", Place::privateUse},
      {"172.31.255.255", Place::privateUse},
      {"172.32.0.0", Place::internet},
      {"192.0.0.0", Place::reserved},
      {"192.0.0.192", Place::metadata},
      {"192.0.1.0", Place::internet},
      {"192.0.2.0", Place::reserved},
      {"192.88.99.1", Place::reserved},
      {"192.167.255.255", Place::internet},
      {"192.168.0.0", Place::privateUse},
      {"192.168.255.255", Place::privateUse},
      {"192.169.0.0", Place::internet},
      {"198.17.255.255", Place::internet},
      {"198.18.0.0", Place::reserved},
      {"198.19.255.255", Place::reserved},
      {"198.20.0.0", Place::internet},
      {"198.51.100.7", Place::reserved},
      {"203.0.113.7", Place::reserved},
      {"223.255.255.255", Place::internet},
      {"224.0.0.1", Place::nowhere},
      {"239.255.255.255", Place::nowhere},
      {"240.0.0.0", Place::reserved},
      {"255.255.255.255", Place::nowhere},

      {"::", Place::nowhere},
      {"::1", Place::loopback},
      {"::2", Place::reserved},
      {"::127.0.0.1", Place::reserved},
      {"::8.8.8.8", Place::reserved},
      {"::ffff:127.0.0.1", Place::loopback},
      {"::ffff:7f00:1", Place::loopback},
      {"::ffff:10.0.0.1", Place::privateUse},
      {"::ffff:169.254.169.254", Place::metadata},
      {"::ffff:0.0.0.0", Place::nowhere},
      {"::ffff:8.8.8.8", Place::internet},
      {"::ffff:0:127.0.0.1", Place::reserved},
      {"64:ff9b::7f00:1", Place::loopback},
      {"64:ff9b::10.1.2.3", Place::privateUse},
      {"64:ff9b::a9fe:a9fe", Place::metadata},
      {"64:ff9b::8.8.8.8", Place::internet},
      {"64:ff9b:1::7f00:1", Place::reserved},
      {"64:ff9b:0:1::", Place::reserved},
      {"100::1", Place::reserved},
      {"1fff::1", Place::reserved},
      {"2001::1", Place::reserved},
      {"2001:1ff::1", Place::reserved},
      {"2001:0:7f00:1::", Place::reserved},
      {"2001:200::1", Place::internet},
      {"2001:db8::1", Place::reserved},
      {"2001:4860:4860::8888", Place::internet},
      {"2002:7f00:1::", Place::reserved},
      {"2002:808:808::1", Place::reserved},
      {"2606:4700::1111", Place::internet},
      {"3fff::1", Place::reserved},
      {"3fff:1000::1", Place::internet},
      {"4000::1", Place::reserved},
      {"5f00::1", Place::reserved},
      {"fc00::1", Place::privateUse},
      {"fd00:ec2::254", Place::metadata},
      {"fd12:3456::1", Place::privateUse},
      {"fe80::1", Place::reserved},
      {"febf::1", Place::reserved},
      {"fec0::1", Place::reserved},
      {"ff02::1", Place::nowhere},
      {"ffff::1", Place::nowhere},
  };
  for (const auto& [text, place] : cases) EXPECT_EQ(placeOf(text), place) << text;
}

TEST(Address, IsReadInOneSpellingOnly) {
  for (std::string_view text :
       {"",           "127.1",      "2130706433", "0177.0.0.1",   "0x7f.0.0.1", "0x7f000001", "127.0.0.01",
        "127.0.0.1.", " 127.0.0.1", "127.0.0.1 ", "256.0.0.1",    "1.2.3.4.5",  "[::1]",      "fe80::1%1",
        "::1%lo",     "1:2:3",      ":::",        "::ffff:127.1", "localhost",  "١٢٧.0.0.1"}) {
    EXPECT_FALSE(parseAddress(text)) << text;
  }
  EXPECT_FALSE(parseAddress(std::string_view("127.0.0.1\0.example.com", 21)));
}

TEST(Address, OfIPv4IsTheMappedOne) {
  EXPECT_EQ(parseAddress("::ffff:10.1.2.3"), parseAddress("10.1.2.3"));
  EXPECT_EQ(parseAddress("::ffff:a01:203")->text(), "10.1.2.3");
  EXPECT_EQ(parseAddress("2001:DB8:0::1")->text(), "2001:db8::1");
}

TEST(Network, IsReadWithItsPrefixAlone) {
  EXPECT_TRUE(parseNetwork("10.0.0.0/8")->contains(*parseAddress("10.255.0.1")));
  EXPECT_FALSE(parseNetwork("10.0.0.0/8")->contains(*parseAddress("11.0.0.1")));
  EXPECT_TRUE(parseNetwork("172.16.0.0/12")->contains(*parseAddress("172.31.0.1")));
  EXPECT_FALSE(parseNetwork("172.16.0.0/12")->contains(*parseAddress("172.32.0.1")));
  EXPECT_TRUE(parseNetwork("fd00::/8")->contains(*parseAddress("fdff::1")));
  EXPECT_TRUE(parseNetwork("::ffff:10.0.0.0/104")->contains(*parseAddress("10.9.9.9")));
  EXPECT_TRUE(parseNetwork("0.0.0.0/0")->contains(*parseAddress("8.8.8.8")));
  EXPECT_FALSE(parseNetwork("0.0.0.0/0")->contains(*parseAddress("2001:db8::1")));
  EXPECT_TRUE(parseNetwork("10.1.2.3")->contains(*parseAddress("10.1.2.3")));
  EXPECT_FALSE(parseNetwork("10.1.2.3")->contains(*parseAddress("10.1.2.2")));
  EXPECT_TRUE(parseNetwork("10.0.0.0/8")->contains(*parseNetwork("10.1.0.0/16")));
  EXPECT_FALSE(parseNetwork("10.1.0.0/16")->contains(*parseNetwork("10.0.0.0/8")));
  for (std::string_view text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.1/8",
                                "10/8", "fd00::/129", "fd00::1/8", "10.0.0.0/8/8"}) {
    EXPECT_FALSE(parseNetwork(text)) << text;
  }
}

}  // namespace
}  // namespace mayfly::egress
