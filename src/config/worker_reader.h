// SPDX-License-Identifier: Apache-2.0
// One wrangler configuration file and one environment of it -> WorkerConfig. Used by loadWorkerConfig and loadProject.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/keys.h"
#include "config/reader.h"

namespace mayfly::config {

// A worker named by another, to be looked up when all are read.
struct ServiceReference {
  enum class Use : uint8_t { binding, globalOutbound };
  Use use = Use::binding;
  std::string service;
  std::string binding;  // of a service binding
  std::string where;    // file:line:column
};

struct LoadedWorker {
  WorkerConfig config;
  std::vector<ServiceReference> references;
};

// A worker name made of a file or folder name: "My Worker" -> "my-worker"; "worker" when nothing is left.
std::string workerNameFrom(std::string_view fileName);

class WorkerReader {
 public:
  WorkerReader(Report& report, const LoadOptions& options) : report_(report), options_(options) {}

  LoadedWorker read();

 private:
  void readEnvironmentChoice();
  void checkKeys(const Value& object, std::string_view environment);
  void checkNotInherited();

  // worker_reader.cc
  void readIdentity();
  void readMain();
  void readCompatibility();
  void readModuleRules();
  void readBuild();
  void readLimits();
  void readLimit(ObjectReader& reader, std::string_view key, Limit limit);
  void readMayfly(const Value& value, std::string place);
  std::vector<Substitution> readSubstitutions(std::string_view key);

  // network_reader.cc
  std::optional<egress::PolicyText> readNetwork(const Value& value, std::string place);
  void readHosts(const Value& value, const std::string& place);
  void readMayflySecrets(const Value& value, const std::string& place);

  // assets_reader.cc
  void readAssets();
  void readWorkerFirst(const Value& value, const std::string& place, AssetsConfig& assets);

  // bindings_reader.cc
  void readVars();
  void readEnvFiles();
  void readVersionMetadata();
  void readServices();
  void readLoaders();
  void readSecrets();
  void readMissing(const Key& key, const Value& value);
  void missing(const Key& key, std::string_view binding, Position at);
  void unsupported(std::string_view what, std::string_view feature, std::string_view consequence, Position at);
  // False, with an error, when `binding` is taken.
  bool claim(const std::string& binding, std::string_view key, Position at);

  // What holds for the chosen environment, by wrangler's rules of inheritance; null when absent.
  const Value* get(std::string_view key) const;
  // "vars" or "env.staging.vars": for messages.
  std::string where(std::string_view key) const;

  struct Claim {
    std::string key;
    Position at;
  };

  Report& report_;
  const LoadOptions& options_;
  const Value* environment_ = nullptr;
  std::map<std::string, Claim> claims_;
  LoadedWorker loaded_;
};

}  // namespace mayfly::config
