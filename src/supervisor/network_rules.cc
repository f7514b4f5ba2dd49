// SPDX-License-Identifier: Apache-2.0
#include "supervisor/network_rules.h"

#include <fmt/format.h>

#include <charconv>

namespace mayfly::supervisor {
namespace {

Result<std::shared_ptr<const egress::Policy>> makePolicy(const egress::PolicyText& text, std::string owner) {
  auto policy = egress::parsePolicy(text, std::move(owner));
  if (!policy) return std::unexpected(policy.error());
  return std::make_shared<const egress::Policy>(std::move(*policy));
}

}  // namespace

Result<NetworkRules::Worker> NetworkRules::read(const WorkerNetwork& network) const {
  const config::NetworkConfig& config = network.config;
  auto owner = [&](std::string_view key) { return fmt::format("\"{}\" of worker \"{}\"", key, network.worker); };
  egress::PolicyText byDefault;
  if (local_ == Local::loopback) byDefault.allow = {"loopback"};
  auto own = makePolicy(config.own.value_or(byDefault), owner("mayfly.network"));
  if (!own) return std::unexpected(own.error());

  Worker worker;
  worker.own = *own;
  if (config.loader) {
    auto loader = makePolicy(*config.loader, owner("mayfly.loader.network"));
    if (!loader) return std::unexpected(loader.error());
    worker.forDynamic = {*loader};
  } else {
    auto floor = makePolicy(
        {}, fmt::format("the default for dynamic workers ({} can say otherwise)", owner("mayfly.loader.network")));
    if (!floor) return std::unexpected(floor.error());
    worker.forDynamic = {*own, *floor};
  }
  auto secrets = egress::parseSecrets(network.secrets);
  if (!secrets) return std::unexpected(secrets.error());
  worker.secrets = std::make_shared<const egress::Secrets>(std::move(*secrets));
  HostTable hosts;
  for (const auto& [name, addresses] : config.hosts) hosts.emplace(name, addresses);
  worker.hosts = std::make_shared<const HostTable>(std::move(hosts));
  return worker;
}

Result<void> NetworkRules::add(uint32_t generation, const std::vector<WorkerNetwork>& networks) {
  Workers workers;
  for (const WorkerNetwork& network : networks) {
    auto worker = read(network);
    if (!worker) return std::unexpected(worker.error());
    workers.emplace(network.worker, std::move(*worker));
  }
  generations_[generation] = std::move(workers);
  return {};
}

void NetworkRules::serves(uint32_t generation) {
  if (generation == serves_) return;
  // Requests of the generation before end on its workers.
  std::erase_if(generations_, [&](const auto& entry) { return entry.first < generation && entry.first != serves_; });
  serves_ = generation;
}

void NetworkRules::failed(uint32_t generation) {
  if (generation != serves_) generations_.erase(generation);
}

Result<const NetworkRules::Worker*> NetworkRules::find(uint32_t generation, std::string_view name) const {
  auto workers = generations_.find(generation);
  if (workers != generations_.end()) {
    if (auto worker = workers->second.find(name); worker != workers->second.end()) return &worker->second;
  }
  return fail(ErrorCode::notFound, fmt::format("there is no worker named \"{}\" of generation {}", name, generation));
}

Result<EgressAccess> NetworkRules::access(std::string_view what, Opener opener) const {
  constexpr std::string_view kGrant = "grant ";
  constexpr std::string_view kWorker = "worker ";
  if (what.starts_with(kGrant)) return granted(what.substr(kGrant.size()));
  uint32_t generation = 0;
  size_t slash = what.find('/');
  if (!what.starts_with(kWorker) || slash == what.npos) {
    return fail(ErrorCode::notFound, "egress is opened for a worker, or with a grant");
  }
  std::from_chars(what.data() + kWorker.size(), what.data() + slash, generation);
  std::string name(what.substr(slash + 1));
  if (opener != Opener::hostCell) return fail(ErrorCode::denied, "a guest cell has no network but by a grant");
  auto worker = find(generation, name);
  if (!worker) return std::unexpected(worker.error());
  const Worker& found = **worker;
  return EgressAccess{name, "worker " + name, false, {found.own}, {found.secrets}, found.hosts};
}

Result<EgressAccess> NetworkRules::granted(std::string_view sealed) const {
  auto grant = egress::openGrant(key_, sealed);
  if (!grant) return std::unexpected(grant.error());
  auto loader = find(grant->generation, grant->loader);
  if (!loader) return std::unexpected(loader.error());
  const Worker& found = **loader;
  EgressAccess access{grant->worker, "dynamic " + grant->tenant, true, found.forDynamic, {found.secrets}, found.hosts};
  if (grant->policy) {
    auto policy = makePolicy(*grant->policy, "\"network\" of the worker's code");
    if (!policy) return std::unexpected(policy.error());
    access.layers.push_back(*policy);
  }
  if (!grant->secrets.empty()) {
    auto secrets = egress::parseSecrets(std::move(grant->secrets));
    if (!secrets) return std::unexpected(secrets.error());
    access.secrets.insert(access.secrets.begin(), std::make_shared<const egress::Secrets>(std::move(*secrets)));
  }
  return access;
}

}  // namespace mayfly::supervisor
