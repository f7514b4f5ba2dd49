// SPDX-License-Identifier: Apache-2.0
// What a worker may reach: "mayfly.network", "mayfly.loader.network", "mayfly.hosts", "mayfly.secrets".
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "config/worker_reader.h"
#include "egress/secrets.h"

namespace mayfly::config {

std::optional<egress::PolicyText> WorkerReader::readNetwork(const Value& value, std::string place) {
  ObjectReader reader(report_, value, std::move(place));
  egress::PolicyText text;
  if (const Value* otherwise = reader.take("default")) {
    std::string where = reader.where("default");
    if (auto choice = readString(report_, otherwise, where)) {
      text.allowByDefault = *choice == "allow";
      if (*choice != "allow" && *choice != "deny") {
        report_.error(otherwise->at, fmt::format("\"{}\" must be allow or deny, but is {}", where, quoteJson(*choice)));
      }
    }
  }
  auto readPatterns = [&](std::string_view key) {
    const Value* list = reader.take(key);
    auto patterns = readStrings(report_, list, reader.where(key));
    for (size_t i = 0; list != nullptr && i < patterns.size(); ++i) {
      if (auto pattern = egress::Pattern::parse(patterns[i]); !pattern) {
        report_.error(list->items[i].at, fmt::format("\"{}[{}]\": {}", reader.where(key), i, pattern.error().message));
      }
    }
    if (patterns.size() > egress::kPatternsMax) {
      report_.error(list->at, fmt::format("\"{}\" has {} entries; at most {} are possible", reader.where(key),
                                          patterns.size(), egress::kPatternsMax));
    }
    return patterns;
  };
  text.allow = readPatterns("allow");
  text.deny = readPatterns("deny");
  reader.finish();
  return text;
}

void WorkerReader::readHosts(const Value& value, const std::string& place) {
  loaded_.config.network.hosts.clear();
  for (const Member& member : readObject(report_, &value, place)) {
    std::string where = fmt::format("{}.{}", place, member.key);
    auto host = egress::makeDestination("http", member.key, 80);
    if (!host || host->literal) {
      report_.error(member.at, fmt::format("\"{}\": the key must be a host name", where));
      continue;
    }
    std::vector<egress::Address> addresses;
    for (const std::string& text : readStrings(report_, &member.value, where)) {
      auto address = egress::parseAddress(text);
      if (address)
        addresses.push_back(*address);
      else
        report_.error(member.value.at, fmt::format("\"{}\": {} is not an IP address", where, quoteJson(text)));
    }
    if (addresses.empty() && !report_.failed()) {
      report_.error(member.value.at, fmt::format("\"{}\" must be an array of at least one IP address", where));
    }
    loaded_.config.network.hosts[host->host] = std::move(addresses);
  }
}

void WorkerReader::readMayflySecrets(const Value& value, const std::string& place) {
  auto& secrets = loaded_.config.network.secrets;
  for (const Member& member : readObject(report_, &value, place)) {
    ObjectReader reader(report_, member.value, fmt::format("{}.{}", place, member.key));
    auto plain = reader.string("value");
    auto variable = reader.string("fromEnv");
    SecretConfig secret{member.key, plain.value_or(""), {}};
    const Value* hosts = reader.take("hosts");
    secret.hosts = readStrings(report_, hosts, reader.where("hosts"));
    reader.finish();
    if (plain.has_value() == variable.has_value()) {
      report_.error(member.at,
                    fmt::format("\"{}.{}\" needs either \"fromEnv\", the name of an environment variable, or "
                                "\"value\"",
                                place, member.key));
      continue;
    }
    if (variable) {
      const char* found = std::getenv(variable->c_str());
      if (found == nullptr) {
        report_.error(member.at,
                      fmt::format("\"{}.{}\": there is no environment variable {}", place, member.key, *variable));
        continue;
      }
      secret.value = found;
    }
    // The placeholder comes later; what is wrong here is wrong with any.
    auto checked = egress::parseSecrets({{secret.name, "", secret.value, secret.hosts}}, place);
    if (!checked) {
      report_.error(member.at, checked.error().message);
      continue;
    }
    // An environment's secret stands in for the top level's of the same name.
    if (std::erase_if(secrets, [&](const SecretConfig& earlier) { return earlier.name == secret.name; }) > 0 ||
        claim(secret.name, "mayfly.secrets", member.at)) {
      secrets.push_back(std::move(secret));
    }
  }
}

}  // namespace mayfly::config
