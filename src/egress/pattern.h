// SPDX-License-Identifier: Apache-2.0
// One entry of a policy's `allow` or `deny` list. docs/operating/network.md describes the grammar:
//
//   https://api.example.com      one origin: scheme, host, port
//   api.example.com              a host, every port; api.example.com:8443 one port
//   *.example.org                every name below it (not example.org itself); * every host
//   10.0.0.0/8, 192.0.2.1, ::1   addresses, every port; 10.0.0.0/8:5432 and [::1]:80 one port
//   loopback, private            addresses of this machine, of the private ranges; loopback:8080 one port
//   db.internal:5432 at private  a host, if its addresses lie there
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "egress/address.h"

namespace mayfly::egress {

// What a request asks for, as the HTTP client parsed it out of the URL, or a connection of raw bytes.
struct Destination {
  std::string scheme;              // lower case; "tcp": raw bytes, of any protocol, with or without TLS
  std::string host;                // lower case, without a trailing dot and without brackets
  std::optional<Address> literal;  // the address that `host` is, if it is one
  uint16_t port = 0;

  bool isRaw() const { return scheme == "tcp"; }
  // "https://example.com:8443", without the port where it is the scheme's own.
  std::string text() const;
};

// Of the parts of a URL, an IPv6 host in brackets. Fails with ErrorCode::denied for other schemes than http, https
// and tcp, and for a host that is neither an address in its canonical spelling nor a name of letters, digits, '-' and
// '_'.
Result<Destination> makeDestination(std::string_view scheme, std::string_view host, uint16_t port);

// A part of the address space.
struct Range {
  std::optional<Network> network;
  Place place = Place::internet;  // without a network

  bool covers(const Address& destination, const Located& located) const;
  // Whether naming this range in `allow` opens the address. A network opens what is not the internet only if it lies
  // wholly within such a block: 0.0.0.0/0 does not mean 10.0.0.1, and metadata services must be named by themselves.
  bool opens(const Address& destination, const Located& located) const;
};

class Pattern {
 public:
  // Fails with ErrorCode::invalid, and what is wrong with it.
  static Result<Pattern> parse(std::string_view text);

  const std::string& text() const { return text_; }
  bool namesPort() const { return port_.has_value(); }
  // Whether it names hosts, not addresses alone.
  bool namesHosts() const { return !name_.empty(); }
  const std::optional<Range>& range() const { return range_; }
  // Whether scheme, port and name fit; of a pattern without a name, scheme and port.
  bool fits(const Destination& destination) const;
  // The same for an entry of `deny`. What a raw connection carries cannot be known, so it is refused where any scheme is
  // that has this port; an entry of `allow` with a scheme does not open one.
  bool denies(const Destination& destination) const { return fitsScheme(destination, true) && fitsHost(destination); }
  bool namesHost(std::string_view host) const { return name_ == host; }

  // Whether it means this destination without knowing its addresses, as the receiver of a secret is named: a pattern of
  // no scheme means https.
  bool names(const Destination& destination) const;
  bool isAnyHost() const { return name_ == "*"; }

  // As an entry of `allow`: whether it opens this address of the destination, which fits.
  bool opens(const Destination& destination, const Address& address, const Located& located) const;
  // As an entry of `deny`.
  bool covers(const Address& address, const Located& located) const;

 private:
  bool fitsScheme(const Destination& destination, bool rawIsAny) const;
  bool fitsHost(const Destination& destination) const;

  std::string text_;
  std::string scheme_;  // empty: any
  std::string name_;    // "example.com", ".example.com" (what is below), "*", or empty
  std::optional<uint16_t> port_;
  std::optional<Range> range_;
};

// localhost and the names below it, which always mean this machine.
bool isLocalhost(std::string_view host);

}  // namespace mayfly::egress
