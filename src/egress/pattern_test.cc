// SPDX-License-Identifier: Apache-2.0
#include "egress/pattern.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace mayfly::egress {
namespace {

TEST(Pattern, FitsSchemeHostAndPort) {
  struct Case {
    std::string_view pattern, scheme, host;
    uint16_t port;
    bool fits;
  };
  const Case cases[] = {
      {"https://api.example.com", "https", "api.example.com", 443, true},
      {"https://api.example.com/", "https", "API.Example.com.", 443, true},
      {"HTTPS://API.example.com", "https", "api.example.com", 443, true},
      {"https://api.example.com", "http", "api.example.com", 443, false},
      {"https://api.example.com", "https", "api.example.com", 8443, false},
      {"https://api.example.com", "https", "x.api.example.com", 443, false},
      {"https://api.example.com:8443", "https", "api.example.com", 8443, true},
      {"https://api.example.com:*", "https", "api.example.com", 9, true},
      {"api.example.com", "http", "api.example.com", 80, true},
      {"api.example.com", "https", "api.example.com", 8443, true},
      {"api.example.com:443", "http", "api.example.com", 80, false},
      {"*.example.org", "https", "a.example.org", 443, true},
      {"*.example.org", "https", "a.b.example.org", 443, true},
      {"*.example.org", "https", "example.org", 443, false},
      {"*.example.org", "https", "notexample.org", 443, false},
      {"*.example.org", "https", "example.org.evil.net", 443, false},
      {"*.example.org:443", "http", "a.example.org", 80, false},
      {"https://*.example.org", "https", "a.example.org", 443, true},
      {"*", "https", "anything.net", 1, true},
      {"*:443", "http", "anything.net", 80, false},
      {"10.0.0.0/8:5432", "http", "name.net", 80, false},
      {"[fd00::]/8:5432", "http", "name.net", 5432, true},
      {"loopback:8080", "http", "127.0.0.1", 8080, true},
      {"loopback:8080", "http", "127.0.0.1", 8081, false},
      {"http://127.0.0.1:9000", "https", "127.0.0.1", 9000, false},
  };
  for (const Case& c : cases) {
    auto pattern = Pattern::parse(c.pattern);
    ASSERT_TRUE(pattern) << pattern.error().message;
    auto destination = makeDestination(c.scheme, c.host, c.port);
    ASSERT_TRUE(destination);
    EXPECT_EQ(pattern->fits(*destination), c.fits) << c.pattern << " for " << destination->text();
  }
}

TEST(Pattern, IsRefusedWithWhatIsWrongWithIt) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "is empty"},
      {" example.com", "holds a space"},
      {"ftp://example.com", "scheme other than http and https"},
      {"https://user:pw@example.com", "user name or password"},
      {"https://example.com/path", "holds a path"},
      {"https://example.com?q", "holds a path"},
      {"example.com:0", "port that is not a number from 1 to 65535"},
      {"example.com:65536", "port that is not a number from 1 to 65535"},
      {"example.com:http", "port that is not a number from 1 to 65535"},
      {"a.*.example.com", "\"*\" that is not its first label"},
      {"*example.com", "\"*\" that is not its first label"},
      {"**", "\"*\" that is not its first label"},
      {"10.0.0.0/33", "is not a range of addresses"},
      {"10.0.0.1/8", "is not a range of addresses"},
      {"10.0.0", "is no host name"},
      {"0x7f.1", "is no host name"},
      {"2130706433", "is no host name"},
      {"exa mple.com", "holds a space"},
      {"ex%61mple.com", "is no host name"},
      {"ex\xc3\xa4mple.com", "is no host name"},
      {"a..b", "is no host name"},
      {"example.com at home", "names no range of addresses behind"},
      {"10.0.0.0/8 at private", "has a range of addresses on both sides"},
      {"fe80::1%eth0", "is no host name"},
  };
  for (const auto& [text, why] : cases) {
    auto pattern = Pattern::parse(text);
    ASSERT_FALSE(pattern) << text;
    EXPECT_EQ(pattern.error().code, ErrorCode::invalid);
    EXPECT_NE(pattern.error().message.find(why), std::string::npos) << pattern.error().message;
    EXPECT_NE(pattern.error().message.find("right would be"), std::string::npos);
  }
}

TEST(Destination, HasAHostInOneSpelling) {
  auto host = [](std::string_view text) {
    auto destination = makeDestination("http", text, 80);
    return destination ? destination->host : "refused";
  };
  EXPECT_EQ(host("Example.COM."), "example.com");
  EXPECT_EQ(host("[::FFFF:127.0.0.1]"), "::ffff:127.0.0.1");
  EXPECT_EQ(host("xn--bcher-kva.example"), "xn--bcher-kva.example");
  for (std::string_view text : {"",
                                ".",
                                "a..b",
                                "127.1",
                                "2130706433",
                                "0177.0.0.1",
                                "0x7f.0.0.1",
                                "1.2.3.4.5",
                                "[127.0.0.1]",
                                "[::1%lo]",
                                "[fe80::1%251]",
                                "::1",
                                "[::1",
                                "a b",
                                "a%00b",
                                "a\\b",
                                "a\tb",
                                "a@b",
                                "127\xe3\x80\x82"
                                "0.0.1",
                                "\xef\xbc\x91"
                                "27.0.0.1",
                                "ex\xe4mple.com"}) {
    EXPECT_EQ(host(text), "refused") << text;
  }
  EXPECT_EQ(host(std::string(64, 'a') + ".com"), "refused");
}

TEST(Destination, HasATextWithItsPortWhereThatIsNotTheUsualOne) {
  EXPECT_EQ(makeDestination("https", "a.b", 443)->text(), "https://a.b");
  EXPECT_EQ(makeDestination("http", "a.b", 443)->text(), "http://a.b:443");
  EXPECT_EQ(makeDestination("http", "[::1]", 8080)->text(), "http://[::1]:8080");
}

}  // namespace
}  // namespace mayfly::egress
