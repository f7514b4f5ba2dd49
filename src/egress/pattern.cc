// SPDX-License-Identifier: Apache-2.0
#include "egress/pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace mayfly::egress {
namespace {

constexpr size_t kNameBytesMax = 253;
constexpr size_t kLabelBytesMax = 63;

std::string lowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return lower;
}

bool isDigit(char c) { return c >= '0' && c <= '9'; }

std::string_view lastLabel(std::string_view name) { return name.substr(name.rfind('.') + 1); }

// In lower case, without a trailing dot. A last label that is a number is an address in a spelling of its own.
bool isName(std::string_view name) {
  if (name.empty() || name.size() > kNameBytesMax) return false;
  for (size_t at = 0; at <= name.size();) {
    size_t end = std::min(name.find('.', at), name.size());
    if (end == at || end - at > kLabelBytesMax) return false;
    at = end + 1;
  }
  if (!std::ranges::all_of(
          name, [](char c) { return (c >= 'a' && c <= 'z') || isDigit(c) || c == '-' || c == '_' || c == '.'; }))
    return false;
  std::string_view last = lastLabel(name);
  return !std::ranges::all_of(last, isDigit) && !last.starts_with("0x");
}

uint16_t defaultPort(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

std::optional<uint16_t> readPort(std::string_view text) {
  uint16_t port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

std::optional<Range> readRange(std::string_view text) {
  if (text == "loopback") return Range{std::nullopt, Place::loopback};
  if (text == "private") return Range{std::nullopt, Place::privateUse};
  std::string bare(text);
  if (text.starts_with('[') && text.find(']') != text.npos) {
    bare.erase(text.find(']'), 1);
    bare.erase(0, 1);
  }
  auto network = parseNetwork(bare);
  if (!network) return std::nullopt;
  return Range{network, Place::internet};
}

}  // namespace

bool isLocalhost(std::string_view host) { return host == "localhost" || host.ends_with(".localhost"); }

std::string Destination::text() const {
  bool brackets = literal && host.find(':') != host.npos;
  std::string text = fmt::format("{}://{}{}{}", scheme, brackets ? "[" : "", host, brackets ? "]" : "");
  if (isRaw() || port != defaultPort(scheme)) text += fmt::format(":{}", port);
  return text;
}

Result<Destination> makeDestination(std::string_view scheme, std::string_view host, uint16_t port) {
  if (scheme != "http" && scheme != "https" && scheme != "tcp") {
    return fail(ErrorCode::denied, fmt::format("\"{}:\" is not supported, only http and https", scheme));
  }
  Destination destination{std::string(scheme), lowerCase(host), std::nullopt, port};
  if (host.starts_with('[') && host.ends_with(']')) {
    destination.host = destination.host.substr(1, host.size() - 2);
    destination.literal =
        destination.host.find(':') == std::string::npos ? std::nullopt : parseAddress(destination.host);
  } else {
    if (destination.host.ends_with('.')) destination.host.pop_back();
    destination.literal =
        destination.host.find(':') == std::string::npos ? parseAddress(destination.host) : std::nullopt;
    if (!destination.literal && isName(destination.host)) return destination;
  }
  if (destination.literal) return destination;
  return fail(ErrorCode::denied,
              fmt::format("\"{}\" is neither a host name nor an address in its usual spelling", host));
}

bool Range::covers(const Address& destination, const Located& located) const {
  return network ? network->contains(destination) : located.place == place;
}

bool Range::opens(const Address& destination, const Located& located) const {
  if (located.place == Place::nowhere || !covers(destination, located)) return false;
  if (located.place == Place::internet || !network) return true;
  return located.block && located.block->contains(*network);
}

Result<Pattern> Pattern::parse(std::string_view text) {
  auto wrong = [&](std::string_view why) {
    return fail(ErrorCode::invalid,
                fmt::format("\"{}\" {}; right would be \"https://api.example.com\", \"*.example.org:443\", "
                            "\"10.0.0.0/8\", \"loopback\", \"private\" or \"db.internal:5432 at private\"",
                            text, why));
  };
  Pattern pattern;
  pattern.text_ = text;
  std::string_view rest = text;
  if (size_t at = rest.find(" at "); at != rest.npos) {
    pattern.range_ = readRange(rest.substr(at + 4));
    if (!pattern.range_) return wrong("names no range of addresses behind \" at \"");
    rest = rest.substr(0, at);
  }
  if (rest.empty()) return wrong("is empty");
  if (rest.find(' ') != rest.npos) return wrong("holds a space");
  if (size_t scheme = rest.find("://"); scheme != rest.npos) {
    pattern.scheme_ = lowerCase(rest.substr(0, scheme));
    if (pattern.scheme_ != "http" && pattern.scheme_ != "https")
      return wrong("is of a scheme other than http and https");
    rest = rest.substr(scheme + 3);
    if (rest.ends_with('/')) rest.remove_suffix(1);
    if (rest.find('@') != rest.npos) return wrong("holds a user name or password");
    if (rest.find_first_of("/?#") != rest.npos) return wrong("holds a path, and only whole origins can be told apart");
    pattern.port_ = defaultPort(pattern.scheme_);
  }
  // The port is behind the last colon, unless that is inside of an IPv6 address.
  size_t colon = rest.rfind(':');
  bool bare = colon != rest.npos && rest.find(':') != colon && !rest.starts_with('[');
  if (colon != rest.npos && !bare && rest.find(']', colon) == rest.npos) {
    if (std::string_view port = rest.substr(colon + 1); port == "*") {
      pattern.port_.reset();
    } else {
      pattern.port_ = readPort(port);
      if (!pattern.port_) return wrong("has a port that is not a number from 1 to 65535");
    }
    rest = rest.substr(0, colon);
  }
  if (auto range = readRange(rest)) {
    if (pattern.range_) return wrong("has a range of addresses on both sides of \" at \"");
    pattern.range_ = range;
    return pattern;
  }
  if (rest.find('/') != rest.npos) return wrong("is not a range of addresses (bits behind the prefix must be 0)");
  std::string name = lowerCase(rest);
  if (name.ends_with('.')) name.pop_back();
  bool below = name.starts_with("*.");
  if (name != "*" && !isName(below ? std::string_view(name).substr(2) : std::string_view(name))) {
    return wrong(name.find('*') != name.npos ? "has a \"*\" that is not its first label" : "is no host name");
  }
  pattern.name_ = below ? name.substr(1) : name;
  if (!pattern.range_ && isLocalhost(below ? std::string_view(name).substr(2) : std::string_view(name))) {
    pattern.range_ = Range{std::nullopt, Place::loopback};
  }
  return pattern;
}

bool Pattern::fits(const Destination& destination) const {
  return fitsScheme(destination, false) && fitsHost(destination);
}

bool Pattern::fitsScheme(const Destination& destination, bool rawIsAny) const {
  return scheme_.empty() || scheme_ == destination.scheme || (rawIsAny && destination.isRaw());
}

bool Pattern::fitsHost(const Destination& destination) const {
  if (port_ && *port_ != destination.port) return false;
  if (name_.empty() || name_ == "*") return true;
  if (name_.starts_with('.')) return destination.host.size() > name_.size() && destination.host.ends_with(name_);
  return destination.host == name_;
}

bool Pattern::names(const Destination& destination) const {
  if (!fits(destination) || (scheme_.empty() && destination.scheme != "https")) return false;
  if (!name_.empty()) return true;
  return destination.literal && range_->covers(*destination.literal, locate(*destination.literal));
}

bool Pattern::opens(const Destination& destination, const Address& address, const Located& located) const {
  if (!fits(destination)) return false;
  return range_ ? range_->opens(address, located) : located.place == Place::internet;
}

bool Pattern::covers(const Address& address, const Located& located) const {
  return !range_ || range_->covers(address, located);
}

}  // namespace mayfly::egress
