// SPDX-License-Identifier: Apache-2.0
// The part of WorkerReader that fills env: variables, services, loaders, and the bindings that Mayfly does not have.
#include <fmt/format.h>

#include "base/nearest.h"
#include "config/env_file.h"
#include "config/worker_reader.h"

namespace mayfly::config {

bool WorkerReader::claim(const std::string& binding, std::string_view key, Position at) {
  auto [entry, fresh] = claims_.try_emplace(binding, Claim{std::string(key), at});
  if (fresh) return true;
  report_.error(at, fmt::format("\"{}\" is bound twice: here by \"{}\", and by \"{}\" in line {}", binding, key,
                                entry->second.key, entry->second.at.line));
  return false;
}

void WorkerReader::readVars() {
  for (const Member& member : readObject(report_, get("vars"), where("vars"))) {
    if (member.key.empty()) {
      report_.error(member.at, fmt::format("\"{}\": a variable needs a name", where("vars")));
    } else if (claim(member.key, "vars", member.at)) {
      loaded_.config.vars.push_back({member.key, toJson(member.value)});
    }
  }
}

// Under their own names, in place of what "vars" says.
void WorkerReader::readEnvFiles() {
  WorkerConfig& config = loaded_.config;
  if (options_.developmentEnvFiles) config.envFiles = developmentEnvFiles(config.rootDir, config.environment);
  for (const auto& file : options_.envFiles) {
    std::error_code error;
    config.envFiles.push_back(std::filesystem::absolute(file, error));
  }
  for (const auto& file : config.envFiles) {
    auto variables = readEnvFile(file);
    if (!variables) return report_.error({}, variables.error().message);
    for (auto& [name, value] : *variables) {
      auto claimed = claims_.find(name);
      if (claimed != claims_.end() && claimed->second.key != "vars") {
        report_.error(claimed->second.at, fmt::format("\"{}\" is bound twice: by \"{}\", and in {}", name,
                                                      claimed->second.key, file.string()));
        continue;
      }
      claims_.try_emplace(name, Claim{"vars", {}});
      std::erase_if(config.vars, [&](const Variable& variable) { return variable.name == name; });
      config.vars.push_back({name, quoteJson(value), /*fromFile=*/true});
    }
  }
}

void WorkerReader::readServices() {
  size_t index = 0;
  for (const Value& item : readArray(report_, get("services"), where("services"))) {
    ObjectReader reader(report_, item, fmt::format("{}[{}]", where("services"), index++));
    ServiceBinding service;
    auto binding = reader.required("binding");
    auto name = reader.required("service");
    service.entrypoint = reader.string("entrypoint").value_or("default");
    service.propsJson = "{}";
    if (const Value* props = reader.take("props")) {
      if (props->kind == Value::Kind::object) {
        service.propsJson = toJson(*props);
      } else {
        report_.wrongType(*props, reader.where("props"), "an object");
      }
    }
    if (reader.boolean("remote").value_or(false)) {
      report_.error(item.find("remote")->at,
                    fmt::format("\"{}\": a service is a worker of the same command line; it cannot be remote",
                                reader.where("remote")));
    }
    reader.finish();
    if (!binding || !name || !claim(*binding, "services", item.at)) continue;
    service.binding = *binding;
    service.service = *name;
    loaded_.references.push_back(
        {ServiceReference::Use::binding, *name, *binding, report_.document().where(item.find("service")->at)});
    loaded_.config.services.push_back(std::move(service));
  }
}

void WorkerReader::readLoaders() {
  size_t index = 0;
  for (const Value& item : readArray(report_, get("worker_loaders"), where("worker_loaders"))) {
    ObjectReader reader(report_, item, fmt::format("{}[{}]", where("worker_loaders"), index++));
    auto binding = reader.required("binding");
    auto id = reader.string("id");
    reader.finish();
    if (binding && claim(*binding, "worker_loaders", item.at)) loaded_.config.loaders.push_back({*binding, id});
  }
}

void WorkerReader::readVersionMetadata() {
  const Value* value = get("version_metadata");
  if (value == nullptr) return;
  ObjectReader reader(report_, *value, where("version_metadata"));
  auto binding = reader.required("binding");
  reader.finish();
  if (binding && claim(*binding, "version_metadata", value->at)) loaded_.config.versionBinding = *binding;
}

// "secrets": {"required": [...]} names variables that must come from somewhere; here that is "vars" or "mayfly.secrets".
void WorkerReader::readSecrets() {
  const Value* value = get("secrets");
  if (value == nullptr) return;
  ObjectReader reader(report_, *value, where("secrets"));
  const Value* required = reader.take("required");
  auto names = readStrings(report_, required, reader.where("required"));
  reader.finish();
  for (size_t i = 0; i < names.size(); ++i) {
    if (claims_.contains(names[i])) continue;
    missing({"secrets",
             KeyUse::listBinding,
             KeyScope::notInherited,
             {},
             "secrets (put it into \"mayfly.secrets\" or \"vars\")"},
            names[i], required->items[i].at);
  }
}

void WorkerReader::unsupported(std::string_view what, std::string_view feature, std::string_view consequence,
                               Position at) {
  if (options_.allowMissingBindings) {
    report_.warning(at, fmt::format("{} is not supported yet: Mayfly has no {}; {}", what, feature, consequence));
    return;
  }
  report_.error(at, fmt::format("{} is not supported yet: Mayfly has no {}; pass --allow-missing-bindings to start "
                                "anyway, {}",
                                what, feature, consequence));
}

void WorkerReader::missing(const Key& key, std::string_view binding, Position at) {
  if (!claim(std::string(binding), key.name, at)) return;
  unsupported(fmt::format("binding \"{}\" ({})", binding, key.name), key.feature, "it then throws when used", at);
  if (options_.allowMissingBindings) {
    loaded_.config.missingBindings.push_back({std::string(binding), std::string(key.name)});
  }
}

void WorkerReader::readMissing(const Key& key, const Value& value) {
  auto place = where(key.name);
  auto readList = [&](const Value* list, std::string_view name, std::string_view listPlace) {
    size_t index = 0;
    for (const Value& item : readArray(report_, list, listPlace)) {
      ObjectReader reader(report_, item, fmt::format("{}[{}]", listPlace, index++));
      if (auto binding = reader.required(name)) missing(key, *binding, item.at);
    }
  };

  switch (key.use) {
    case KeyUse::supported:
    case KeyUse::deployment: return;
    case KeyUse::ineffective: {
      const Value* crons = key.name == "triggers" ? value.find("crons") : nullptr;
      if (value.kind == Value::Kind::array && value.items.empty()) return;
      if (crons != nullptr && crons->items.empty()) return;
      report_.warning(value.at, fmt::format("\"{}\": {}", place, key.detail));
      return;
    }
    case KeyUse::refused:
      if (value.kind >= Value::Kind::array && value.items.empty() && value.members.empty()) return;
      unsupported(fmt::format("\"{}\"", place), key.detail, "without what it asks for", value.at);
      return;
    case KeyUse::listBinding: return readList(&value, key.detail, place);
    case KeyUse::nestedBinding: {
      size_t dot = key.detail.find('.');
      auto listName = key.detail.substr(0, dot);
      if (value.kind != Value::Kind::object) return report_.wrongType(value, place, "an object");
      readList(value.find(listName), key.detail.substr(dot + 1), fmt::format("{}.{}", place, listName));
      if (const Value* consumers = value.find("consumers");
          key.name == "queues" && consumers != nullptr && !consumers->items.empty()) {
        unsupported(fmt::format("\"{}.consumers\"", place), key.feature, "queue() is then never called", consumers->at);
      }
      return;
    }
    case KeyUse::objectBinding: {
      if (value.kind == Value::Kind::object && value.members.empty()) return;
      ObjectReader reader(report_, value, place);
      if (auto binding = reader.required("binding")) missing(key, *binding, value.at);
      return;
    }
    case KeyUse::mapBinding:
      for (const Member& member : readObject(report_, &value, place)) missing(key, member.key, member.at);
  }
}

}  // namespace mayfly::config
