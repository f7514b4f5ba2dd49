// SPDX-License-Identifier: Apache-2.0
#include "config/worker_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <system_error>

#include "base/compatibility.h"
#include "base/nearest.h"

namespace mayfly::config {
namespace {

std::filesystem::path absolutePath(const std::filesystem::path& path) {
  std::error_code error;
  auto absolute = std::filesystem::absolute(path, error);
  return (error ? path : absolute).lexically_normal();
}

bool isWorkerName(std::string_view name) {
  return !name.empty() && name.size() <= 255 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

// How a key and a string would be written in this file.
std::string assignment(const Document& document, std::string_view key, std::string_view value) {
  return document.path.extension() == ".toml" ? fmt::format("{} = \"{}\"", key, value)
                                              : fmt::format("\"{}\": \"{}\"", key, value);
}

}  // namespace

std::string workerNameFrom(std::string_view fileName) {
  std::string name;
  for (char c : fileName) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (kept) {
      name += c;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  name.resize(std::min<size_t>(name.size(), 63));
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name.empty() ? "worker" : name;
}

LoadedWorker WorkerReader::read() {
  const Document& document = report_.document();
  WorkerConfig& config = loaded_.config;
  config.configPath = absolutePath(document.path);
  config.rootDir = config.configPath.parent_path();

  checkKeys(document.root, "");
  readEnvironmentChoice();
  if (report_.failed()) return std::move(loaded_);

  readIdentity();
  readMain();
  readCompatibility();
  readModuleRules();
  readBuild();
  config.define = readSubstitutions("define");
  config.alias = readSubstitutions("alias");
  readVars();
  readServices();
  readLoaders();
  readVersionMetadata();
  readAssets();
  readLimits();
  if (const Value* own = document.root.find("mayfly")) readMayfly(*own, "mayfly");
  if (environment_ != nullptr) {
    if (const Value* own = environment_->find("mayfly")) readMayfly(*own, where("mayfly"));
  }
  readEnvFiles();
  readSecrets();  // which "vars" and "mayfly.secrets" may hold
  for (const Key& key : wranglerKeys()) {
    const Value* value = get(key.name);
    if (value != nullptr && key.use >= KeyUse::ineffective) readMissing(key, *value);
  }
  config.warnings = report_.takeWarnings();
  config.notices = report_.takeNotices();
  return std::move(loaded_);
}

void WorkerReader::checkKeys(const Value& object, std::string_view environment) {
  std::vector<std::string_view> known;
  for (const Key& key : wranglerKeys()) {
    if (environment.empty() || key.scope != KeyScope::topLevel) known.push_back(key.name);
  }
  for (const Member& member : object.members) {
    const Key* key = findKey(member.key);
    if (key == nullptr) {
      auto place = environment.empty() ? std::string() : fmt::format(" in \"env.{}\"", environment);
      report_.error(member.at, fmt::format("unknown key \"{}\"{}{}", member.key, place, didYouMean(member.key, known)));
    } else if (!environment.empty() && key->scope == KeyScope::topLevel) {
      report_.error(member.at,
                    fmt::format("\"{}\" may stand at the top level only, not in \"env.{}\"", member.key, environment));
    } else if (key->use == KeyUse::deployment && (environment.empty() || environment == options_.environment)) {
      report_.notice(member.at,
                     fmt::format("\"{}\" concerns Cloudflare's own deployment and changes nothing here", member.key));
    }
  }
}

void WorkerReader::readEnvironmentChoice() {
  std::vector<std::string_view> names;
  const Value* environments = report_.document().root.find("env");
  for (const Member& member : readObject(report_, environments, "env")) {
    names.push_back(member.key);
    if (member.value.kind != Value::Kind::object) {
      report_.wrongType(member.value, fmt::format("env.{}", member.key), "an object");
      continue;
    }
    checkKeys(member.value, member.key);
    if (member.key == options_.environment) environment_ = &member.value;
  }
  if (environment_ != nullptr) {
    loaded_.config.environment = options_.environment;
    checkNotInherited();
  }
  if (options_.environment.empty() || std::ranges::find(names, options_.environment) != names.end()) return;
  if (options_.environmentOptional) {
    report_.warning({}, fmt::format("there is no environment \"{}\" here: the top level holds", options_.environment));
    return;
  }
  report_.error(environments != nullptr ? environments->at : Position{},
                names.empty() ? fmt::format("there is no environment \"{}\": \"env\" has none", options_.environment)
                              : fmt::format("there is no environment \"{}\"{}; there is {}", options_.environment,
                                            didYouMean(options_.environment, names), fmt::join(names, ", ")));
}

void WorkerReader::checkNotInherited() {
  for (const Member& member : report_.document().root.members) {
    const Key* key = findKey(member.key);
    if (key == nullptr || key->scope != KeyScope::notInherited || environment_->find(member.key) != nullptr) continue;
    report_.warning(member.at, fmt::format("\"{0}\" stands at the top level but not in \"env.{1}\", which does not "
                                           "inherit it: add it to \"env.{1}\" if it is wanted there",
                                           member.key, options_.environment));
  }
}

const Value* WorkerReader::get(std::string_view key) const {
  const Key* known = findKey(key);
  if (environment_ != nullptr) {
    if (const Value* own = environment_->find(key)) return own;
    if (known->scope == KeyScope::notInherited) return nullptr;
  }
  return report_.document().root.find(key);
}

std::string WorkerReader::where(std::string_view key) const {
  bool own = environment_ != nullptr && environment_->find(key) != nullptr;
  return own ? fmt::format("env.{}.{}", options_.environment, key) : std::string(key);
}

void WorkerReader::readIdentity() {
  WorkerConfig& config = loaded_.config;
  const Value* value = get("name");
  auto name = readString(report_, value, where("name"));
  if (value == nullptr) name = workerNameFrom(config.rootDir.filename().string());
  if (!name) return;
  if (!isWorkerName(*name)) {
    report_.error(value->at, fmt::format("\"{}\" must consist of lower case letters, digits, '-' and '_', but is {}",
                                         where("name"), quoteJson(*name)));
    return;
  }
  bool ownName = environment_ != nullptr && environment_->find("name") != nullptr;
  config.name = environment_ != nullptr && !ownName ? fmt::format("{}-{}", *name, options_.environment) : *name;
}

void WorkerReader::readMain() {
  WorkerConfig& config = loaded_.config;
  const Value* value = get("main");
  if (value == nullptr) {
    if (get("assets") != nullptr) return;
    report_.error({}, fmt::format("\"main\" is missing: add {}, the worker's main module",
                                  assignment(report_.document(), "main", "src/index.js")));
    return;
  }
  auto main = readNonEmptyString(report_, value, where("main"));
  if (!main) return;
  config.mainPath = (config.rootDir / *main).lexically_normal();
  std::error_code error;
  auto status = std::filesystem::status(config.mainPath, error);
  if (config.mainPath.extension() == ".py") {
    report_.error(value->at, fmt::format("\"{}\" is {}: Mayfly runs no Python", where("main"), quoteJson(*main)));
  } else if (status.type() == std::filesystem::file_type::not_found) {
    auto build = get("build") != nullptr ? " (\"build\" is not run: run it first)" : "";
    report_.error(value->at,
                  fmt::format("\"{}\": there is no file {}{}", where("main"), config.mainPath.string(), build));
  } else if (error) {
    report_.error(value->at, fmt::format("\"{}\": {}: {}", where("main"), config.mainPath.string(), error.message()));
  } else if (!std::filesystem::is_regular_file(status)) {
    report_.error(value->at, fmt::format("\"{}\": {} is not a file", where("main"), config.mainPath.string()));
  }
}

void WorkerReader::readCompatibility() {
  WorkerConfig& config = loaded_.config;
  std::string today = options_.today.empty() ? todayUtc() : options_.today;
  const Value* date = get("compatibility_date");
  if (date == nullptr) {
    report_.error({}, fmt::format("\"compatibility_date\" is missing: add {}",
                                  assignment(report_.document(), "compatibility_date", today)));
  } else if (auto text = readString(report_, date, where("compatibility_date"))) {
    config.compatibilityDate = *text;
    if (auto checked = checkCompatibilityDate(*text, today); !checked) {
      report_.error(date->at, fmt::format("{} (a date such as \"{}\" is expected)", checked.error().message, today));
    }
  }

  const Value* flags = get("compatibility_flags");
  config.compatibilityFlags = readStrings(report_, flags, where("compatibility_flags"));
  if (report_.failed()) return;
  auto names = compatibilityFlagNames();
  for (size_t i = 0; i < config.compatibilityFlags.size(); ++i) {
    const std::string& flag = config.compatibilityFlags[i];
    if (std::ranges::find(names, flag) == names.end()) {
      report_.error(flags->items[i].at, fmt::format("No such compatibility flag: {}{}", flag, didYouMean(flag, names)));
    }
  }
  if (report_.failed()) return;
  auto resolved = resolveCompatibility(config.compatibilityDate, config.compatibilityFlags,
                                       {.today = today, .allowExperimental = true});
  if (!resolved) {
    report_.error(flags != nullptr ? flags->at : Position{}, resolved.error().message);
    return;
  }
  for (const std::string& flag : resolved->withoutEffect) {
    report_.notice(flags->at, fmt::format("compatibility flag \"{}\" changes nothing here", flag));
  }
}

void WorkerReader::readModuleRules() {
  static constexpr std::pair<std::string_view, ModuleKind> kTypes[] = {{"ESModule", ModuleKind::esModule},
                                                                       {"CommonJS", ModuleKind::commonJs},
                                                                       {"CompiledWasm", ModuleKind::wasm},
                                                                       {"Text", ModuleKind::text},
                                                                       {"Data", ModuleKind::data}};
  const Value* rules = get("rules");
  size_t index = 0;
  for (const Value& item : readArray(report_, rules, where("rules"))) {
    ObjectReader reader(report_, item, fmt::format("{}[{}]", where("rules"), index++));
    Rule rule;
    const Value* type = item.find("type");
    if (auto name = reader.required("type")) {
      auto found = std::ranges::find(kTypes, *name, [](const auto& entry) { return entry.first; });
      if (found != std::end(kTypes)) {
        rule.kind = found->second;
      } else if (name->starts_with("Python")) {
        report_.error(type->at, fmt::format("rule type \"{}\": Mayfly runs no Python", *name));
      } else {
        report_.error(type->at, fmt::format("\"{}\" must be ESModule, CommonJS, CompiledWasm, Text or Data, but is {}",
                                            reader.where("type"), quoteJson(*name)));
      }
    }
    const Value* globs = reader.take("globs");
    if (globs == nullptr && item.kind == Value::Kind::object) {
      report_.error(item.at, fmt::format("\"{}[{}]\" needs \"globs\"", where("rules"), index - 1));
    }
    rule.globs = readStrings(report_, globs, reader.where("globs"));
    rule.fallthrough = reader.boolean("fallthrough").value_or(false);
    reader.finish();
    loaded_.config.rules.push_back(std::move(rule));
  }
}

void WorkerReader::readBuild() {
  WorkerConfig& config = loaded_.config;
  auto boolean = [&](std::string_view key, bool otherwise) {
    return readBoolean(report_, get(key), where(key)).value_or(otherwise);
  };
  config.minify = boolean("minify", false);
  config.keepNames = boolean("keep_names", true);
  config.bundle = !boolean("no_bundle", false);
  config.findAdditionalModules = boolean("find_additional_modules", !config.bundle);
  config.preserveFileNames = boolean("preserve_file_names", false);
  config.jsxFactory = readNonEmptyString(report_, get("jsx_factory"), where("jsx_factory")).value_or("");
  config.jsxFragment = readNonEmptyString(report_, get("jsx_fragment"), where("jsx_fragment")).value_or("");
  auto baseDir = readNonEmptyString(report_, get("base_dir"), where("base_dir"));
  config.baseDir = baseDir ? (config.rootDir / *baseDir).lexically_normal() : config.mainPath.parent_path();
  if (auto tsconfig = readNonEmptyString(report_, get("tsconfig"), where("tsconfig"))) {
    config.tsconfigPath = (config.rootDir / *tsconfig).lexically_normal();
    std::error_code error;
    if (!std::filesystem::is_regular_file(config.tsconfigPath, error)) {
      report_.error(get("tsconfig")->at,
                    fmt::format("\"{}\": there is no file {}", where("tsconfig"), config.tsconfigPath.string()));
    }
  }
}

std::vector<Substitution> WorkerReader::readSubstitutions(std::string_view key) {
  std::vector<Substitution> substitutions;
  for (const Member& member : readObject(report_, get(key), where(key))) {
    if (auto value = readString(report_, &member.value, fmt::format("{}.{}", where(key), member.key))) {
      substitutions.push_back({member.key, std::move(*value)});
    }
  }
  return substitutions;
}

// wrangler's own "limits"; mayfly.limits goes before it.
void WorkerReader::readLimits() {
  const Value* value = get("limits");
  if (value == nullptr) return;
  ObjectReader reader(report_, *value, where("limits"));
  readLimit(reader, "cpu_ms", Limit::cpuMs);
  readLimit(reader, "subrequests", Limit::subRequests);
  reader.finish();
}

void WorkerReader::readLimit(ObjectReader& reader, std::string_view key, Limit limit) {
  const LimitDetails& details = kLimits[static_cast<size_t>(limit)];
  if (auto value = readInteger(report_, reader.take(key), reader.where(key), details.least)) {
    loaded_.config.limits[limit] = *value;
  }
}

void WorkerReader::readMayfly(const Value& value, std::string place) {
  WorkerConfig& config = loaded_.config;
  ObjectReader reader(report_, value, std::move(place));
  if (const Value* outbound = reader.take("globalOutbound")) {
    ObjectReader fields(report_, *outbound, reader.where("globalOutbound"));
    auto service = fields.required("service");
    auto entrypoint = fields.string("entrypoint").value_or("default");
    fields.finish();
    if (service) {
      std::erase_if(loaded_.references,
                    [](const auto& earlier) { return earlier.use == ServiceReference::Use::globalOutbound; });
      loaded_.references.push_back({ServiceReference::Use::globalOutbound, *service, "",
                                    report_.document().where(outbound->find("service")->at)});
      config.globalOutbound = GlobalOutbound{*service, entrypoint};
    }
  }
  if (const Value* limits = reader.take("limits")) {
    ObjectReader fields(report_, *limits, reader.where("limits"));
    for (size_t i = 0; i < std::size(kLimits); ++i) readLimit(fields, kLimits[i].name, static_cast<Limit>(i));
    fields.finish();
  }
  if (const Value* loader = reader.take("loader")) {
    ObjectReader fields(report_, *loader, reader.where("loader"));
    if (auto max = readInteger(report_, fields.take("inFlightMax"), fields.where("inFlightMax"), 1)) {
      config.inFlight.max = max;
    }
    // One of two words, the first of which is the default; absent or wrong (which is reported): no value.
    auto choose = [&](std::string_view key, std::string_view first, std::string_view second) -> std::optional<bool> {
      const Value* value = fields.take(key);
      if (value == nullptr) return {};
      auto choice = readString(report_, value, fields.where(key));
      if (!choice) return {};
      if (*choice == first || *choice == second) return *choice == second;
      report_.error(value->at, fmt::format("\"{}\" must be {} or {}, but is {}", fields.where(key), first, second,
                                           quoteJson(*choice)));
      return {};
    };
    if (auto waits = choose("inFlightExcess", "fail", "wait")) config.inFlight.waits = *waits;
    if (auto spread = choose("placement", "near", "spread")) config.spread = *spread;
    if (const Value* isolation = fields.take("isolation")) {
      std::string where = fields.where("isolation");
      if (auto choice = readString(report_, isolation, where)) {
        auto named = isolationNamed(*choice);
        config.isolation = named.value_or(config.isolation);
        if (!named) {
          report_.error(isolation->at,
                        fmt::format("\"{}\" must be tenant, worker or isolate, but is {}", where, quoteJson(*choice)));
        }
      }
    }
    if (const Value* network = fields.take("network")) {
      config.network.loader = readNetwork(*network, fields.where("network"));
    }
    fields.finish();
  }
  if (const Value* network = reader.take("network"))
    config.network.own = readNetwork(*network, reader.where("network"));
  if (const Value* hosts = reader.take("hosts")) readHosts(*hosts, reader.where("hosts"));
  if (const Value* secrets = reader.take("secrets")) readMayflySecrets(*secrets, reader.where("secrets"));
  reader.finish();
}

}  // namespace mayfly::config
