// SPDX-License-Identifier: Apache-2.0
// Finding what a path of the command line means, and putting workers together.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <system_error>

#include "base/compatibility.h"
#include "base/nearest.h"
#include "config/config.h"
#include "config/worker_reader.h"

namespace mayfly::config {
namespace {

namespace fs = std::filesystem;

// In the order in which wrangler prefers them.
constexpr std::array<std::string_view, 3> kConfigNames = {"wrangler.json", "wrangler.jsonc", "wrangler.toml"};
constexpr std::array<std::string_view, 7> kModuleExtensions = {".js", ".mjs", ".cjs", ".ts", ".mts", ".jsx", ".tsx"};

bool isModulePath(const fs::path& path) {
  return std::ranges::find(kModuleExtensions, path.extension().string()) != kModuleExtensions.end();
}

bool isConfigPath(const fs::path& path) {
  auto extension = path.extension().string();
  return extension == ".json" || extension == ".jsonc" || extension == ".toml";
}

LoadedWorker loadPlainModule(const fs::path& path, const LoadOptions& options) {
  LoadedWorker loaded;
  WorkerConfig& config = loaded.config;
  std::error_code error;
  config.mainPath = fs::absolute(path, error).lexically_normal();
  config.rootDir = config.mainPath.parent_path();
  config.baseDir = config.rootDir;
  config.name = workerNameFrom(path.stem().string());
  config.compatibilityDate = options.today.empty() ? todayUtc() : options.today;
  return loaded;
}

Result<LoadedWorker> loadDocument(const fs::path& path, const LoadOptions& options) {
  auto document = readDocument(path);
  if (!document) return std::unexpected(document.error());
  Report report(*document);
  auto loaded = WorkerReader(report, options).read();
  if (report.failed()) return std::unexpected(report.failure());
  return loaded;
}

Result<LoadedWorker> loadDirectory(const fs::path& path, const LoadOptions& options) {
  std::vector<fs::path> found;
  for (std::string_view name : kConfigNames) {
    std::error_code error;
    auto status = fs::symlink_status(path / name, error);
    if (status.type() != fs::file_type::not_found) found.push_back((path / name).lexically_normal());
  }
  if (found.empty()) {
    return fail(ErrorCode::notFound, fmt::format("{}: there is no wrangler configuration here; looked for {}",
                                                 path.string(), fmt::join(kConfigNames, ", ")));
  }
  auto loaded = loadDocument(found[0], options);
  for (size_t i = 1; loaded && i < found.size(); ++i) {
    loaded->config.warnings.push_back(
        fmt::format("{}: is not read, because {} is there too", found[i].string(), found[0].string()));
  }
  return loaded;
}

Result<LoadedWorker> loadOne(const fs::path& given, const LoadOptions& options) {
  auto path = given.lexically_normal();
  std::error_code error;
  auto status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) {
    return fail(ErrorCode::notFound, fmt::format("{}: there is no such file or directory", given.string()));
  }
  if (error) return fail(ErrorCode::invalid, fmt::format("{}: {}", given.string(), error.message()));
  if (fs::is_directory(status)) return loadDirectory(path, options);
  if (!fs::is_regular_file(status)) {
    return fail(ErrorCode::invalid, fmt::format("{}: is neither a file nor a directory", given.string()));
  }
  if (isConfigPath(path)) return loadDocument(path, options);
  if (!isModulePath(path)) {
    return fail(
        ErrorCode::invalid,
        fmt::format("{}: expected a directory, a wrangler configuration (.jsonc, .json, .toml) or a module ({})",
                    given.string(), fmt::join(kModuleExtensions, ", ")));
  }
  if (!options.environment.empty() && !options.environmentOptional) {
    return fail(ErrorCode::notFound, fmt::format("{}: there is no environment \"{}\": a plain module has none",
                                                 given.string(), options.environment));
  }
  return loadPlainModule(path, options);
}

std::string describe(const WorkerConfig& config) {
  return (config.configPath.empty() ? config.mainPath : config.configPath).string();
}

// Looks up the workers that `worker` names.
Result<void> resolveReferences(LoadedWorker& worker, std::span<const std::string_view> names,
                               const LoadOptions& options) {
  for (const ServiceReference& reference : worker.references) {
    if (std::ranges::find(names, reference.service) != names.end()) continue;
    bool isBinding = reference.use == ServiceReference::Use::binding;
    if (isBinding && options.allowMissingBindings) {
      auto& services = worker.config.services;
      std::erase_if(services, [&](const auto& service) { return service.binding == reference.binding; });
      worker.config.missingBindings.push_back({reference.binding, "services"});
      worker.config.warnings.push_back(
          fmt::format("{}: binding \"{}\": there is no worker \"{}\" on this command line; it throws when used",
                      reference.where, reference.binding, reference.service));
      continue;
    }
    auto hint = didYouMean(reference.service, names);
    if (hint.empty()) hint = fmt::format(" (there is {})", fmt::join(names, ", "));
    auto what = isBinding ? fmt::format("service binding \"{}\"", reference.binding) : "globalOutbound";
    return fail(ErrorCode::notFound, fmt::format("{}: {}: there is no worker \"{}\" on this command line{}",
                                                 reference.where, what, reference.service, hint));
  }
  return {};
}

}  // namespace

Result<WorkerConfig> loadWorkerConfig(const fs::path& dirOrFile, const LoadOptions& options) {
  auto loaded = loadOne(dirOrFile, options);
  if (!loaded) return std::unexpected(loaded.error());
  return std::move(loaded->config);
}

Result<std::vector<WorkerConfig>> loadProject(const std::vector<fs::path>& paths, const LoadOptions& given) {
  LoadOptions options = given;
  options.environmentOptional |= paths.size() > 1;
  std::vector<LoadedWorker> workers;
  for (const fs::path& path : paths) {
    auto loaded = loadOne(path, options);
    if (!loaded) return std::unexpected(loaded.error());
    workers.push_back(std::move(*loaded));
  }
  if (!options.environment.empty() &&
      std::ranges::all_of(workers, [](const LoadedWorker& worker) { return worker.config.environment.empty(); })) {
    return fail(ErrorCode::notFound,
                fmt::format("no worker of this command line has an environment \"{}\"", options.environment));
  }
  std::vector<std::string_view> names;
  for (const LoadedWorker& worker : workers) {
    auto twin = std::ranges::find(names, worker.config.name);
    if (twin != names.end()) {
      return fail(ErrorCode::invalid, fmt::format("two workers are named \"{}\": {} and {}", worker.config.name,
                                                  describe(workers[static_cast<size_t>(twin - names.begin())].config),
                                                  describe(worker.config)));
    }
    names.push_back(worker.config.name);
  }
  std::vector<WorkerConfig> configs;
  for (LoadedWorker& worker : workers) {
    if (auto resolved = resolveReferences(worker, names, options); !resolved) return std::unexpected(resolved.error());
  }
  for (LoadedWorker& worker : workers) configs.push_back(std::move(worker.config));
  return configs;
}

}  // namespace mayfly::config
