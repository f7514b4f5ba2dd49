// SPDX-License-Identifier: Apache-2.0
#include "supervisor/project.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/json.hpp>
#include <chrono>
#include <iterator>

#include "supervisor/asset_tree.h"
#include "supervisor/digest.h"

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

// Names of configurations have no colon.
std::string assetsWorkerName(const config::WorkerConfig& config) { return "mayfly:assets:" + config.name; }

// The worker that answers with static files and hands on what it has none for. Its code is built in
// (api/platform/assets).
protocol::WorkerSpec assetsWorker(const config::WorkerConfig& config, const AssetTree& tree) {
  protocol::WorkerSpec worker;
  worker.name = assetsWorkerName(config);
  worker.compatibilityDate = config.compatibilityDate;
  worker.compatibilityFlags = config.compatibilityFlags;
  worker.mainModule = "assets.js";
  worker.modules.push_back(
      {worker.mainModule, ModuleKind::esModule, "export { default, Files } from \"mayfly:assets\";"});
  worker.variables.push_back({"ASSETS", describeAssets(*config.assets, tree)});
  if (!config.mainPath.empty()) worker.services.push_back({"WORKER", config.name, "", ""});
  return worker;
}

// For those who call a worker by its name where there are files alone.
config::Bundle filesAlone() {
  config::Bundle bundle;
  bundle.mainModule = "files.js";
  bundle.modules.push_back({bundle.mainModule, ModuleKind::esModule,
                            "export default { fetch: (request, env) => env.ASSETS.fetch(request) };"});
  return bundle;
}

// What env has of version_metadata: an id that is the code's, as a UUID.
std::string versionJson(const protocol::WorkerSpec& worker) {
  Sha256 hash;
  for (const ModuleSource& module : worker.modules) {
    hash.add({module.name.c_str(), module.name.size() + 1});
    hash.add(module.body);
  }
  auto digest = hash.finish();
  digest[6] = (digest[6] & 0x0f) | 0x80;  // version 8: made by a rule of one's own
  digest[8] = (digest[8] & 0x3f) | 0x80;
  std::string id;
  for (size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) id += '-';
    id += fmt::format("{:02x}", digest[i]);
  }
  auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  return boost::json::serialize(
      boost::json::object{{"id", id}, {"tag", ""}, {"timestamp", fmt::format("{:%FT%T}Z", now)}});
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
  if (!config.versionBinding.empty()) spec.variables.push_back({config.versionBinding, versionJson(spec)});
  for (const auto& missing : config.missingBindings) spec.missingBindings.push_back({missing.binding, missing.kind});
  if (const auto& outbound = config.globalOutbound) {
    spec.globalOutbound = protocol::ServiceSpec{"", outbound->service, entrypointName(outbound->entrypoint), ""};
  }
  spec.limits = spec.dynamicLimits = config.limits;
  spec.isolation = config.isolation;
  spec.inFlightMax = config.inFlight.max.value_or(0);
  spec.inFlightWaits = config.inFlight.waits;
  spec.dynamicSpread = config.spread;
  return spec;
}

// Before the worker itself: requests come to the files first.
Result<void> addAssets(const config::WorkerConfig& config, protocol::WorkerSpec& worker, Project& project) {
  auto tree = readAssets(config.assets->directory);
  if (!tree) return std::unexpected(tree.error());
  append(project.inputs, tree->folders);
  for (const AssetFile& file : tree->files) project.inputs.push_back(tree->directory / file.path.substr(1));
  std::error_code error;
  for (const char* rules : {"_redirects", "_headers"}) {
    if (std::filesystem::exists(tree->directory / rules, error)) project.inputs.push_back(tree->directory / rules);
  }
  std::string binding = config.mainPath.empty() ? "ASSETS" : config.assets->binding;
  if (!binding.empty()) worker.services.push_back({binding, assetsWorkerName(config), "Files", ""});
  project.workers.push_back(assetsWorker(config, *tree));
  project.networks.push_back({assetsWorkerName(config), {}, {}, std::make_shared<AssetTree>(std::move(*tree))});
  return {};
}

Result<Project> buildProject(const ProjectOptions& options) {
  auto configs = config::loadProject(options.paths, options.load);
  if (!configs) return std::unexpected(configs.error());
  Project project;
  for (config::WorkerConfig& config : *configs) {
    auto bundle =
        config.mainPath.empty() ? Result<config::Bundle>(filesAlone()) : config::bundleWorker(config, options.tools);
    if (!bundle) return std::unexpected(bundle.error());
    if (!config.configPath.empty()) project.inputs.push_back(config.configPath);
    append(project.inputs, std::move(config.envFiles));
    append(project.inputs, std::move(bundle->inputs));
    append(project.notices, std::move(config.notices));
    append(project.warnings, std::move(config.warnings));
    append(project.warnings, std::move(bundle->warnings));
    project.networks.push_back(workerNetwork(config));
    auto worker = workerSpec(config, std::move(*bundle), project.networks.back());
    if (config.assets) {
      if (auto added = addAssets(config, worker, project); !added) return std::unexpected(added.error());
    }
    project.workers.push_back(std::move(worker));
  }
  if (configs->front().assets && configs->front().assets->workerFirst)
    std::swap(project.workers[0], project.workers[1]);
  return project;
}

}  // namespace mayfly::supervisor
