// SPDX-License-Identifier: Apache-2.0
// Texts of the egress policy, as the code of a dynamic worker and its requests bring them: patterns, destinations,
// addresses, secrets, grants.
#include <algorithm>
#include <string>
#include <vector>

#include "egress/grant.h"
#include "egress/policy.h"
#include "egress/secrets.h"
#include "fuzz/target.h"

namespace {

using namespace mayfly::egress;
using mayfly::fuzz::require;

void checkAddress(std::string_view text) {
  if (auto address = parseAddress(text)) {
    require(parseAddress(address->text()) == address, "an address is written as it is read");
    require(parseNetwork(text).has_value(), "an address is a network of one");
    locate(*address);
  }
  if (auto network = parseNetwork(text)) require(network->contains(network->base), "a network contains its base");
}

// Without a rule for it, only an address of the internet is ever reached.
void checkPolicy(std::string_view pattern, const Destination& destination) {
  PolicyText text{.allowByDefault = true, .allow = {}, .deny = {std::string(pattern)}};
  auto closing = parsePolicy(text, "fuzz");
  std::swap(text.allow, text.deny);
  auto opening = parsePolicy(text, "fuzz");
  text.allow.clear();
  auto open = parsePolicy(text, "fuzz");
  require(open.has_value(), "an empty policy is one");
  require(closing.has_value() == opening.has_value() || !closing || !opening, "a policy is read");
  for (std::string_view where :
       {"93.184.216.34", "127.0.0.1", "169.254.169.254", "::1", "10.1.2.3", "64:ff9b::a9fe:a9fe"}) {
    Address address = destination.literal.value_or(*parseAddress(where));
    bool internet = locate(address).place == Place::internet;
    auto verdict = [&](const Policy& policy) {
      Layers layers{std::make_shared<const Policy>(policy)};
      judgeName(layers, destination);
      return judge(layers, destination, std::span(&address, 1), Here{}).allowed;
    };
    bool byDefault = verdict(*open);
    require(internet || !byDefault, "what is not the internet is closed by default");
    if (closing) require(byDefault || !verdict(*closing), "a denial opens nothing");
  }
}

void checkGrant(std::string_view one, std::string_view two) {
  static const std::string key = makeGrantKey();
  require(!openGrant(key, one).has_value(), "a grant cannot be made up");
  Grant grant;
  grant.loader = one;
  grant.policy = PolicyText{.allowByDefault = false, .allow = {std::string(two)}, .deny = {}};
  grant.secrets.push_back({std::string(one), "placeholder", std::string(two), {std::string(one)}});
  auto sealed = sealGrant(key, grant);
  if (!sealed) return;
  auto opened = openGrant(key, *sealed);
  require(opened && opened->loader == one && opened->policy && opened->policy->allow[0] == two &&
              opened->secrets.size() == 1 && opened->secrets[0].value == two,
          "a grant is opened as it was sealed");
  (*sealed)[one.size() % sealed->size()] ^= 1;
  require(!openGrant(key, *sealed).has_value(), "a grant that was changed is refused");
}

void checkSecrets(std::string_view name, std::string_view host, std::string_view header, const Destination& to) {
  std::string placeholder = makePlaceholder();
  std::string value = makePlaceholder();  // nothing that the input could hold
  auto parsed = parseSecrets({{std::string(name), placeholder, value, {std::string(host)}}});
  if (!parsed) return require(!parsed.error().message.contains(value), "a message holds no value");
  bool goesThere = std::ranges::any_of(parsed->front().hosts, [&](const Pattern& p) { return p.names(to); });
  SecretLayers layers{std::make_shared<const Secrets>(std::move(*parsed))};
  auto put = putSecretsIn(layers, to, "authorization", std::string(header) + placeholder);
  require(put.has_value() == goesThere, "a secret goes where it may go");
  if (put) require(put->ends_with(value) && !put->contains(placeholder), "a placeholder is replaced");
}

}  // namespace

MAYFLY_FUZZ_TARGET(egress) {
  mayfly::fuzz::Input in(input);
  std::string_view pattern = in.word();
  std::string_view host = in.word();
  std::string_view scheme = in.word();
  std::string_view rest = in.text();
  checkAddress(pattern);
  checkAddress(host);
  checkGrant(pattern, rest);
  (void)Pattern::parse(pattern);
  auto destination = makeDestination(scheme.empty() ? "https" : scheme, host, 443);
  if (!destination) return;
  require(!destination->text().empty(), "a destination has a text");
  checkPolicy(pattern, *destination);
  checkSecrets(rest.substr(0, 16), pattern, rest, *destination);
}
