// SPDX-License-Identifier: Apache-2.0
#include "supervisor/project.h"

#include <fmt/format.h>

#include <iterator>

namespace mayfly::supervisor {
namespace {

// The configuration says "default" and "{}" where the protocol says nothing.
std::string entrypointName(const std::string& entrypoint) { return entrypoint == "default" ? "" : entrypoint; }
std::string propsText(const std::string& json) { return json == "{}" ? "" : json; }

// Two loaders share their cache when they were given the same id, and never otherwise.
std::string loaderId(const config::WorkerConfig& config, const config::LoaderBinding& loader) {
  return loader.id ? "shared:" + *loader.id : fmt::format("own:{}/{}", config.name, loader.binding);
}

template <typename T>
void append(std::vector<T>& to, std::vector<T> from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

WorkerNetwork workerNetwork(const config::WorkerConfig& config) {
  WorkerNetwork network{config.name, config.network, {}};
  for (config::SecretConfig& secret : network.config.secrets) {
    network.secrets.push_back({secret.name, egress::makePlaceholder(), std::move(secret.value), secret.hosts});
  }
  return network;
}

protocol::WorkerSpec workerSpec(const config::WorkerConfig& config, config::Bundle bundle,
                                const WorkerNetwork& network) {
  protocol::WorkerSpec spec;
  spec.name = config.name;
  spec.compatibilityDate = config.compatibilityDate;
  spec.compatibilityFlags = config.compatibilityFlags;
  spec.mainModule = std::move(bundle.mainModule);
  spec.modules = std::move(bundle.modules);
  spec.sourceMap = std::move(bundle.sourceMap);
  for (const auto& variable : config.vars) spec.variables.push_back({variable.name, variable.json});
  for (const auto& secret : network.secrets) spec.variables.push_back({secret.name, '"' + secret.placeholder + '"'});
  for (const auto& loader : config.loaders) spec.loaders.push_back({loader.binding, loaderId(config, loader)});
  for (const auto& service : config.services) {
    spec.services.push_back(
        {service.binding, service.service, entrypointName(service.entrypoint), propsText(service.propsJson)});
  }
  for (const auto& missing : config.missingBindings) spec.missingBindings.push_back({missing.binding, missing.kind});
  if (const auto& outbound = config.globalOutbound) {
    spec.globalOutbound = protocol::ServiceSpec{"", outbound->service, entrypointName(outbound->entrypoint), ""};
  }
  spec.cpuMs = config.limits.cpuMs.value_or(0);
  spec.memoryMb = config.limits.memoryMb.value_or(0);
  spec.dynamicCpuMs = spec.cpuMs;
  spec.dynamicMemoryMb = spec.memoryMb;
  spec.isolation = config.isolation;
  spec.inFlightMax = config.inFlight.max.value_or(0);
  spec.inFlightWaits = config.inFlight.waits;
  spec.dynamicSpread = config.spread;
  return spec;
}

Result<Project> buildProject(const ProjectOptions& options) {
  auto configs = config::loadProject(options.paths, options.load);
  if (!configs) return std::unexpected(configs.error());
  Project project;
  for (config::WorkerConfig& config : *configs) {
    auto bundle = config::bundleWorker(config, options.tools);
    if (!bundle) return std::unexpected(bundle.error());
    if (!config.configPath.empty()) project.inputs.push_back(config.configPath);
    append(project.inputs, std::move(bundle->inputs));
    append(project.notices, std::move(config.notices));
    append(project.warnings, std::move(config.warnings));
    append(project.warnings, std::move(bundle->warnings));
    project.networks.push_back(workerNetwork(config));
    project.workers.push_back(workerSpec(config, std::move(*bundle), project.networks.back()));
  }
  return project;
}

}  // namespace mayfly::supervisor
