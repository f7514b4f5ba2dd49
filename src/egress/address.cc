// SPDX-License-Identifier: Apache-2.0
#include "egress/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <initializer_list>

namespace mayfly::egress {
namespace {

constexpr std::array<uint8_t, 12> kV4Prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int kV4PrefixBits = 96;

Address fromV4(const void* four) {
  Address address;
  std::ranges::copy(kV4Prefix, address.bytes.begin());
  std::memcpy(address.bytes.data() + kV4Prefix.size(), four, 4);
  return address;
}

// a.b.c.d/bits
constexpr Network four(uint8_t a, uint8_t b, uint8_t c, uint8_t d, int bits) {
  Network network;
  for (size_t i = 0; i < kV4Prefix.size(); ++i) network.base.bytes[i] = kV4Prefix[i];
  network.base.bytes[12] = a;
  network.base.bytes[13] = b;
  network.base.bytes[14] = c;
  network.base.bytes[15] = d;
  network.bits = kV4PrefixBits + bits;
  return network;
}

// The first groups and the last one: {0xfd00, 0xec2}, 0x254 is fd00:ec2::254.
constexpr Network six(std::initializer_list<uint16_t> groups, uint16_t last, int bits) {
  Network network;
  size_t at = 0;
  for (uint16_t group : groups) {
    network.base.bytes[at++] = static_cast<uint8_t>(group >> 8);
    network.base.bytes[at++] = static_cast<uint8_t>(group);
  }
  network.base.bytes[14] = static_cast<uint8_t>(last >> 8);
  network.base.bytes[15] = static_cast<uint8_t>(last);
  network.bits = bits;
  return network;
}

struct Block {
  Network network;
  Place place;
  std::string_view what;
};

// The registries of special purpose addresses (RFC 6890 and what came after it), the most specific block first. IPv6 is
// the internet within 2000::/3 alone.
constexpr Block kBlocks[] = {
    {four(169, 254, 169, 254, 32), Place::metadata, "a cloud metadata address"},
    {four(169, 254, 170, 2, 32), Place::metadata, "a cloud metadata address"},
    {four(168, 63, 129, 16, 32), Place::metadata, "a cloud metadata address"},
    {four(100, 100, 100, 200, 32), Place::metadata, "a cloud metadata address"},
    {four(192, 0, 0, 192, 32), Place::metadata, "a cloud metadata address"},
    {six({0xfd00, 0xec2}, 0x254, 128), Place::metadata, "a cloud metadata address"},
    {six({0xfd20, 0xce}, 0x254, 128), Place::metadata, "a cloud metadata address"},
    {four(127, 0, 0, 0, 8), Place::loopback, "a loopback address"},
    {six({}, 0x1, 128), Place::loopback, "a loopback address"},
    {four(10, 0, 0, 0, 8), Place::privateUse, "a private address"},
    {four(100, 64, 0, 0, 10), Place::privateUse, "a shared (carrier) address"},
    {four(172, 16, 0, 0, 12), Place::privateUse, "a private address"},
    {four(192, 168, 0, 0, 16), Place::privateUse, "a private address"},
    {six({0xfc00}, 0, 7), Place::privateUse, "a private address"},
    {four(0, 0, 0, 0, 8), Place::nowhere, "an address of \"this network\""},
    {four(224, 0, 0, 0, 4), Place::nowhere, "a multicast address"},
    {four(255, 255, 255, 255, 32), Place::nowhere, "the broadcast address"},
    {six({}, 0, 128), Place::nowhere, "the unspecified address"},
    {six({0xff00}, 0, 8), Place::nowhere, "a multicast address"},
    {four(169, 254, 0, 0, 16), Place::reserved, "a link-local address"},
    {four(192, 0, 0, 0, 24), Place::reserved, "a reserved address"},
    {four(192, 0, 2, 0, 24), Place::reserved, "an address for documentation"},
    {four(192, 88, 99, 0, 24), Place::reserved, "a 6to4 relay address"},
    {four(198, 18, 0, 0, 15), Place::reserved, "an address for benchmarks"},
    {four(198, 51, 100, 0, 24), Place::reserved, "an address for documentation"},
    {four(203, 0, 113, 0, 24), Place::reserved, "an address for documentation"},
    {four(240, 0, 0, 0, 4), Place::reserved, "a reserved address"},
    {four(0, 0, 0, 0, 0), Place::internet, ""},
    {six({0x64, 0xff9b, 0x1}, 0, 48), Place::reserved, "a translation address"},
    {six({}, 0, 8), Place::reserved, "a reserved address"},
    {six({0x100}, 0, 64), Place::reserved, "a discard address"},
    {six({0x2001}, 0, 23), Place::reserved, "a reserved address"},
    {six({0x2001, 0xdb8}, 0, 32), Place::reserved, "an address for documentation"},
    {six({0x2002}, 0, 16), Place::reserved, "a 6to4 address"},
    {six({0x3fff}, 0, 20), Place::reserved, "an address for documentation"},
    {six({0x2000}, 0, 3), Place::internet, ""},
    {six({0x5f00}, 0, 16), Place::reserved, "a segment routing address"},
    {six({0xfe80}, 0, 10), Place::reserved, "a link-local address"},
    {six({0xfec0}, 0, 10), Place::reserved, "a site-local address"},
    {six({}, 0, 0), Place::reserved, "a reserved address"},
};
constexpr Network kNat64 = six({0x64, 0xff9b}, 0, 96);

}  // namespace

bool Address::isV4() const { return std::equal(kV4Prefix.begin(), kV4Prefix.end(), bytes.begin()); }

std::string Address::text() const {
  char text[INET6_ADDRSTRLEN];
  if (isV4()) return inet_ntop(AF_INET, bytes.data() + kV4Prefix.size(), text, sizeof text);
  return inet_ntop(AF_INET6, bytes.data(), text, sizeof text);
}

std::optional<Address> parseAddress(std::string_view text) {
  std::string copy(text);
  if (copy.size() != std::strlen(copy.c_str())) return std::nullopt;
  in_addr four;
  // inet_pton() takes dotted decimal alone, without leading zeros: no octal, hexadecimal or short forms.
  if (inet_pton(AF_INET, copy.c_str(), &four) == 1) return fromV4(&four);
  Address address;
  if (inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

std::optional<Address> addressOf(const sockaddr* socketAddress) {
  if (socketAddress->sa_family == AF_INET) {
    return fromV4(&reinterpret_cast<const sockaddr_in*>(socketAddress)->sin_addr);
  }
  if (socketAddress->sa_family != AF_INET6) return std::nullopt;
  Address address;
  std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in6*>(socketAddress)->sin6_addr, 16);
  return address;
}

bool Network::contains(const Address& address) const {
  int whole = bits / 8;
  if (!std::equal(base.bytes.begin(), base.bytes.begin() + whole, address.bytes.begin())) return false;
  int rest = bits % 8;
  return rest == 0 || ((base.bytes[whole] ^ address.bytes[whole]) >> (8 - rest)) == 0;
}

std::optional<Network> parseNetwork(std::string_view text) {
  size_t slash = text.find('/');
  auto base = parseAddress(text.substr(0, slash));
  if (!base) return std::nullopt;
  Network network{*base, 128};
  if (slash == text.npos) return network;
  std::string_view length = text.substr(slash + 1);
  int bits = 0;
  auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bits);
  // A mapped address is written with the prefix length of IPv6 (::ffff:10.0.0.0/104), a dotted one with its own.
  bool dotted = text.substr(0, slash).find(':') == text.npos;
  int bitsMax = dotted ? 32 : 128;
  if (error != std::errc() || end != length.data() + length.size() || length[0] == '-' || bits > bitsMax) {
    return std::nullopt;
  }
  network.bits = bits + (dotted ? kV4PrefixBits : 0);
  for (int bit = network.bits; bit < 128; ++bit) {
    if (network.base.bytes[bit / 8] & (0x80 >> (bit % 8))) return std::nullopt;
  }
  return network;
}

Address destinationOf(const Address& address) {
  return kNat64.contains(address) ? fromV4(address.bytes.data() + 12) : address;
}

Located locate(const Address& address) {
  Address destination = destinationOf(address);
  for (const Block& block : kBlocks) {
    if (block.network.contains(destination)) return {block.place, block.what, block.network};
  }
  return {Place::nowhere, "an address of no kind", std::nullopt};
}

}  // namespace mayfly::egress
