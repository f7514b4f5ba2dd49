// SPDX-License-Identifier: Apache-2.0
// IP addresses and what kind of place each one is. An IPv4 address is held in its IPv6 form (::ffff:a.b.c.d), so that
// the two spellings of one address are one value, here and in every comparison.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;

namespace mayfly::egress {

struct Address {
  std::array<uint8_t, 16> bytes{};

  bool isV4() const;
  // As it would stand in a URL, without brackets.
  std::string text() const;
  auto operator<=>(const Address&) const = default;
};

// Dotted IPv4 of four decimal numbers, or IPv6 without brackets and without a zone; no other spelling.
std::optional<Address> parseAddress(std::string_view text);
// Of the families AF_INET and AF_INET6.
std::optional<Address> addressOf(const sockaddr* socketAddress);

struct Network {
  Address base;
  int bits = 128;  // of the 16 bytes: 10.0.0.0/8 has 104

  bool contains(const Address& address) const;
  bool contains(const Network& other) const { return other.bits >= bits && contains(other.base); }
};

// "10.0.0.0/8", "fd00::/8", or an address, which is a network of one. Bits after the prefix must be zero.
std::optional<Network> parseNetwork(std::string_view text);

enum class Place : uint8_t {
  internet,    // globally reachable
  loopback,    // this machine
  privateUse,  // the operator's own networks: RFC 1918, RFC 6598, unique local IPv6
  reserved,    // link-local, documentation, benchmarks, transition mechanisms, not assigned
  metadata,    // where clouds hand out credentials
  nowhere,     // unspecified, multicast, broadcast: no address of a server
};

struct Located {
  Place place = Place::internet;
  std::string_view what = {};      // "a loopback address"
  std::optional<Network> block{};  // the block that makes it so
};

// The kind of `address`, judged by the address that it leads to: an IPv4 one within NAT64.
Located locate(const Address& address);
// The IPv4 address that a NAT64 address (64:ff9b::/96) leads to; any other address itself.
Address destinationOf(const Address& address);

}  // namespace mayfly::egress
