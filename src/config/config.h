// SPDX-License-Identifier: Apache-2.0
// From what stands on the command line to what a cell is told to run. loadProject() reads the wrangler configuration of
// each worker (wrangler.jsonc, wrangler.json, wrangler.toml) or takes a plain module file, checks every key, and checks
// that the workers refer to one another by names that exist. bundleWorker() then turns one worker's main module into
// the modules that are compiled (bundle.cc, tools/bundle.mjs).
//
// Nothing is ignored in silence: a key is understood, or accepted with a notice because it concerns Cloudflare's own
// deployment alone, or refused naming file, line, column and the nearest known key. docs/configuration.md lists them.
//
// Everything here is plain data and plain functions, without state; they may be called from any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/isolation.h"
#include "base/limits.h"
#include "base/module.h"
#include "base/result.h"
#include "config/network.h"

namespace mayfly::config {

struct Variable {
  std::string name;
  std::string json;       // JSON text: a string or any other JSON value
  bool fromFile = false;  // of variables, where another deployment has another value
};

struct LoaderBinding {
  std::string binding;
  std::optional<std::string> id;  // loaders with the same id share their cache; without one the cache is private
};

struct ServiceBinding {
  std::string binding;
  std::string service;     // name of a worker of this project; may be the worker's own
  std::string entrypoint;  // "default" unless another is named
  std::string propsJson;   // JSON text of an object; "{}" when none are given
};

struct GlobalOutbound {
  std::string service;
  std::string entrypoint;  // "default" unless another is named
};

// A binding that Mayfly does not have, kept because LoadOptions::allowMissingBindings was given. env[binding] throws
// when it is used.
struct MissingBinding {
  std::string binding;
  std::string kind;  // the wrangler key: "kv_namespaces"
};

// How many distinct dynamic workers one request may have in flight, and whether a call to one more waits or fails.
struct InFlight {
  std::optional<uint32_t> max;  // absent: any number
  bool waits = false;
};

// Static files, served in front of the worker or instead of one.
// https://developers.cloudflare.com/workers/static-assets/
struct AssetsConfig {
  enum class Html : uint8_t { autoTrailingSlash, forceTrailingSlash, dropTrailingSlash, none };
  enum class NotFound : uint8_t { none, singlePage, page404 };
  std::filesystem::path directory;  // absolute, an existing directory
  std::string binding;              // empty: none
  Html html = Html::autoTrailingSlash;
  NotFound notFound = NotFound::none;
  bool workerFirst = false;                   // every request goes to the worker
  std::vector<std::string> workerFirstPaths;  // these requests do: "/api/*", and "!/api/docs/*" does not
};

// Which files that are imported become modules of which kind. Matched in order, the default rules last; a rule
// without `fallthrough` ends the search for its kind.
struct Rule {
  ModuleKind kind = ModuleKind::esModule;
  std::vector<std::string> globs;
  bool fallthrough = false;  // later rules of the same kind apply too
};

// A substitution made while bundling: name -> JavaScript expression (define) or module specifier (alias).
struct Substitution {
  std::string name;
  std::string value;
};

struct WorkerConfig {
  std::string name;
  std::string environment;           // the env.<name> that was applied; empty: the top level alone
  std::filesystem::path configPath;  // absolute; empty when a plain module was given
  std::filesystem::path rootDir;     // absolute: where the configuration file or the module stands
  std::filesystem::path mainPath;    // absolute; exists and is a file. Empty: there are assets alone
  std::string compatibilityDate;     // YYYY-MM-DD, valid, not in the future
  std::vector<std::string> compatibilityFlags;

  std::vector<Variable> vars;
  std::vector<std::filesystem::path> envFiles;  // absolute: what of `vars` was read from
  std::vector<LoaderBinding> loaders;
  std::vector<ServiceBinding> services;
  std::vector<MissingBinding> missingBindings;
  std::string versionBinding;  // version_metadata; empty: none
  std::optional<AssetsConfig> assets;
  std::optional<GlobalOutbound> globalOutbound;  // mayfly.globalOutbound; absent: the network
  Limits limits;                                 // mayfly.limits: its own, and those of its dynamic workers
  InFlight inFlight;                             // mayfly.loader
  bool spread = false;                           // mayfly.loader.placement: dynamic workers go to other shards
  Isolation isolation = Isolation::tenant;       // mayfly.loader.isolation
  NetworkConfig network;                         // mayfly.network, mayfly.loader.network, mayfly.hosts, mayfly.secrets

  std::vector<Rule> rules;
  std::vector<Substitution> define;
  std::vector<Substitution> alias;
  std::filesystem::path tsconfigPath;  // absolute, or empty: found by the bundler
  std::string jsxFactory;              // empty: the bundler's default
  std::string jsxFragment;
  bool minify = false;
  bool keepNames = true;
  bool bundle = true;                  // false with "no_bundle": main and what the rules match are taken as they are
  bool findAdditionalModules = false;  // files below baseDir that match a rule become modules too
  bool preserveFileNames = false;      // such modules keep their names, without a hash
  std::filesystem::path baseDir;       // absolute: where rules are matched from

  // Sentences with file and line. Warnings are for every start; notices, about keys that concern Cloudflare's own
  // deployment alone, for --verbose.
  std::vector<std::string> warnings;
  std::vector<std::string> notices;
};

struct LoadOptions {
  std::string environment;           // --env; empty: the top level
  bool environmentOptional = false;  // a worker without that environment is read at its top level, with a warning
  bool allowMissingBindings = false;
  std::vector<std::filesystem::path>
      envFiles;                      // files of variables, which go before "vars"; a later one before an earlier
  bool developmentEnvFiles = false;  // .dev.vars and the like beside the configuration too
  std::string today;                 // YYYY-MM-DD; empty: the clock's date in UTC
};

// Reads one worker. `dirOrFile` is a directory that holds a wrangler configuration, such a file itself, or a module
// (.js, .mjs, .cjs, .ts, .mts, .jsx, .tsx), which then gets its name from the file name and today's compatibility date.
Result<WorkerConfig> loadWorkerConfig(const std::filesystem::path& dirOrFile, const LoadOptions& options);

// Reads all workers of one command line and checks them against each other: no name twice, and every service and
// globalOutbound names one of them. Of several workers, those without options.environment are read at their top level,
// as long as one has it.
Result<std::vector<WorkerConfig>> loadProject(const std::vector<std::filesystem::path>& paths,
                                              const LoadOptions& options);

// The code of one worker.
struct Bundle {
  std::string mainModule;                     // name of the module in `modules` that is evaluated
  std::vector<ModuleSource> modules;          // the main module first
  std::string sourceMap;                      // of the main module, as JSON text; empty when it is the source itself
  std::vector<std::filesystem::path> inputs;  // every file the bundle was made of, absolute: what to watch
  std::vector<std::string> warnings;
};

// Where the bundler is: Node and tools/bundle.mjs (which finds esbuild in the node_modules above it).
struct BundleTools {
  std::filesystem::path nodePath;
  std::filesystem::path scriptPath;
  std::string nodeEnv = "production";  // what process.env.NODE_ENV becomes; the variable NODE_ENV goes before it
  uint32_t deadlineMs = 60'000;
};

// Blocks until the bundle is made or the deadline is over. A module without imports and without TypeScript is read
// as it is; all else goes through esbuild. Fails with `path:line:column: message` and the source line.
Result<Bundle> bundleWorker(const WorkerConfig& config, const BundleTools& tools);

}  // namespace mayfly::config
