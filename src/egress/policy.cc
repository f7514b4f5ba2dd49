// SPDX-License-Identifier: Apache-2.0
#include "egress/policy.h"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::egress {
namespace {

// https://fetch.spec.whatwg.org/#port-blocking: what listens there may take an HTTP request for something else.
constexpr uint16_t kBadPorts[] = {1,    7,    9,    11,   13,   15,   17,   19,   20,   21,   22,   23,   25,   37,
                                  42,   43,   53,   69,   77,   79,   87,   95,   101,  102,  103,  104,  109,  110,
                                  111,  113,  115,  117,  119,  123,  135,  137,  139,  143,  161,  179,  389,  427,
                                  465,  512,  513,  514,  515,  526,  530,  531,  532,  540,  548,  554,  556,  563,
                                  587,  601,  636,  989,  990,  993,  995,  1719, 1720, 1723, 2049, 3659, 4045, 4190,
                                  5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080};

constexpr uint16_t kMailPort = 25;

constexpr std::string_view kMetadataNames[] = {"metadata", "metadata.google.internal", "metadata.goog", "instance-data",
                                               "instance-data.ec2.internal"};

template <typename... Arguments>
Verdict denied(std::string rule, fmt::format_string<Arguments...> reason, Arguments&&... arguments) {
  return {false, std::move(rule), fmt::format(reason, std::forward<Arguments>(arguments)...)};
}

Verdict denyPort(const Destination& destination) {
  if (destination.isRaw()) {
    return denied("port", "port {} is closed to connections (the \"allow\" of a policy can name it)", destination.port);
  }
  return denied("port", "port {} is that of another protocol (the \"allow\" of a policy can name it)",
                destination.port);
}

Verdict denyByRule(const Policy& policy, const Pattern& pattern) {
  return denied(pattern.text(), "it is denied by \"{}\" in {}", pattern.text(), policy.owner);
}

Verdict denyByDefault(const Policy& policy) {
  return denied("default", "it is not among what {} allows", policy.owner);
}

// A raw connection speaks the protocol of its port; but mail to port 25 is what a stranger's code must not send.
bool isBadPort(const Destination& destination) {
  if (destination.isRaw()) return destination.port == 0 || destination.port == kMailPort;
  return destination.port == 0 || std::ranges::binary_search(kBadPorts, destination.port);
}

// The machine's own addresses are this machine, whatever range they are of.
Located locateFrom(const Here& here, const Address& address) {
  Located located = locate(address);
  if (located.place == Place::nowhere || located.place == Place::loopback) return located;
  if (std::ranges::find(here.addresses, address) == here.addresses.end()) return located;
  return {Place::loopback, "an address of this machine", Network{address, 128}};
}

Verdict judgeAddress(const Policy& policy, const Destination& destination, const Address& address,
                     const Located& located) {
  for (const Pattern& pattern : policy.deny) {
    if (pattern.denies(destination) && pattern.covers(address, located)) return denyByRule(policy, pattern);
  }
  auto opening = std::ranges::find_if(policy.allow, [&](const Pattern& pattern) {
    return pattern.opens(destination, address, located) && (!isBadPort(destination) || pattern.namesPort());
  });
  if (opening != policy.allow.end()) return {true, opening->text(), {}};
  if (located.place != Place::internet) {
    return denied(std::string(located.what), "{} {}, which {} does not allow", destination.host,
                  destination.literal ? fmt::format("is {}", located.what) : fmt::format("leads to {}", located.what),
                  policy.owner);
  }
  if (!policy.allowByDefault) return denyByDefault(policy);
  if (isBadPort(destination)) return denyPort(destination);
  return {true, "default", {}};
}

}  // namespace

Result<Policy> parsePolicy(const PolicyText& text, std::string owner, std::string_view where) {
  Policy policy;
  policy.owner = std::move(owner);
  policy.allowByDefault = text.allowByDefault;
  auto read = [&](const std::vector<std::string>& texts, std::string_view list,
                  std::vector<Pattern>& to) -> Result<void> {
    if (texts.size() > kPatternsMax) {
      return fail(ErrorCode::invalid, fmt::format("{}.{} has {} entries; at most {} are possible", where, list,
                                                  texts.size(), kPatternsMax));
    }
    for (size_t i = 0; i < texts.size(); ++i) {
      auto pattern = Pattern::parse(texts[i]);
      if (!pattern) {
        return fail(ErrorCode::invalid, fmt::format("{}.{}[{}]: {}", where, list, i, pattern.error().message));
      }
      to.push_back(std::move(*pattern));
    }
    return {};
  };
  if (auto done = read(text.allow, "allow", policy.allow); !done) return std::unexpected(done.error());
  if (auto done = read(text.deny, "deny", policy.deny); !done) return std::unexpected(done.error());
  return policy;
}

Verdict judgeName(const Layers& layers, const Destination& destination) {
  bool isMetadataName = std::ranges::find(kMetadataNames, destination.host) != std::end(kMetadataNames);
  for (const auto& policy : layers) {
    for (const Pattern& pattern : policy->deny) {
      if (!pattern.range() && pattern.denies(destination)) return denyByRule(*policy, pattern);
    }
    bool named = false;
    bool onlyPort = policy->allowByDefault;  // speaks against it
    bool possible = policy->allowByDefault && !isBadPort(destination);
    // Ranges say which addresses a host may have. They name no host, or code that may reach nothing else could still
    // tell the world what it knows by the names that it has looked up.
    bool rangesName = policy->allowByDefault || destination.literal || isLocalhost(destination.host);
    for (const Pattern& pattern : policy->allow) {
      if (!pattern.fits(destination)) continue;
      if (isBadPort(destination) && !pattern.namesPort()) {
        onlyPort = true;
        continue;
      }
      possible = possible || rangesName || pattern.namesHosts();
      named = named || pattern.namesHost(destination.host);
    }
    if (!possible) return onlyPort ? denyPort(destination) : denyByDefault(*policy);
    if (isMetadataName && !named) {
      return denied("a cloud metadata name", "{} is the name of a cloud metadata service, which {} does not allow",
                    destination.host, policy->owner);
    }
  }
  return {true, "name", {}};
}

Verdict judge(const Layers& layers, const Destination& destination, std::span<const Address> addresses,
              const Here& here) {
  Verdict verdict = judgeName(layers, destination);
  if (!verdict.allowed) return verdict;
  if (addresses.empty()) return denied("no address", "{} has no address", destination.host);
  for (const Address& address : addresses) {
    Located located = locateFrom(here, address);
    if (located.place == Place::loopback &&
        std::ranges::find(here.closedPorts, destination.port) != here.closedPorts.end()) {
      return denied("own listener", "port {} of this machine is this server's own", destination.port);
    }
    for (const auto& policy : layers) {
      verdict = judgeAddress(*policy, destination, destinationOf(address), located);
      if (!verdict.allowed) return verdict;
    }
  }
  return verdict;
}

}  // namespace mayfly::egress
