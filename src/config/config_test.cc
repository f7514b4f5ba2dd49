// SPDX-License-Identifier: Apache-2.0
#include "config/config.h"

#include <algorithm>

#include "config/document.h"
#include "config/keys.h"
#include "config/test_files.h"

namespace mayfly::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHead = R"("name": "app", "main": "main.js", "compatibility_date": "2026-11-01")";

class Config : public FilesTest {
 protected:
  Config() {
    options_.today = "2026-11-20";
    write("main.js", "export default {}");
  }

  Result<WorkerConfig> load(std::string_view jsonc) {
    write("wrangler.jsonc", jsonc);
    return loadWorkerConfig(directory_, options_);
  }
  // Members beside name, main and compatibility_date, from line 2 on.
  Result<WorkerConfig> loadWith(std::string_view members) {
    return load("{" + std::string(kHead) + ",\n" + std::string(members) + "}");
  }
  // The message without the directory in front.
  std::string shorten(std::string message) {
    auto prefix = directory_.string() + "/";
    for (size_t at; (at = message.find(prefix)) != std::string::npos;) message.erase(at, prefix.size());
    return message;
  }
  std::string errorOf(const Result<WorkerConfig>& result) {
    return result ? "no error" : shorten(result.error().message);
  }
  std::string errorWith(std::string_view members) { return errorOf(loadWith(members)); }
  std::string firstWarning(const Result<WorkerConfig>& result) {
    if (!result) return result.error().message;
    return result->warnings.empty() ? "no warning" : shorten(result->warnings[0]);
  }

  LoadOptions options_;
};

TEST_F(Config, ReadsEveryKeyThatIsSupported) {
  write("tsconfig.worker.json", "{}");
  auto config = loadWith(R"(
    "compatibility_flags": ["nodejs_compat", "disable_ctx_exports"],
    "vars": {"TEXT": "a\"b", "NUMBER": 1.50, "OBJECT": {"a": [1, null]}},
    "worker_loaders": [{"binding": "LOADER"}, {"binding": "SHARED", "id": "all"}],
    "services": [{"binding": "SELF", "service": "app", "entrypoint": "Tool", "props": {"user": 1}},
                 {"binding": "OTHER", "service": "other"}],
    "rules": [{"type": "Text", "globs": ["**/*.md"], "fallthrough": true}],
    "define": {"VERSION": "\"1\""}, "alias": {"a": "b"},
    "tsconfig": "tsconfig.worker.json", "jsx_factory": "h", "jsx_fragment": "F", "minify": true, "keep_names": false,
    "limits": {"cpu_ms": 50, "subrequests": 7},
    "mayfly": {"globalOutbound": {"service": "gate", "entrypoint": "Out"}, "limits": {"memoryMb": 64, "wallMs": 900, "timers": 12},
               "loader": {"inFlightMax": 4, "inFlightExcess": "wait", "placement": "spread", "network": {"allow": ["loopback"]}},
               "network": {"default": "deny", "allow": ["https://a.b"], "deny": ["c.d"]},
               "hosts": {"DB.internal": ["10.0.0.1", "::1"]},
               "secrets": {"KEY": {"value": "v", "hosts": ["a.b"]}}}
  )");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->name, "app");
  EXPECT_EQ(config->rootDir, directory_);
  EXPECT_EQ(config->configPath, directory_ / "wrangler.jsonc");
  EXPECT_EQ(config->mainPath, directory_ / "main.js");
  EXPECT_EQ(config->compatibilityDate, "2026-11-01");
  EXPECT_EQ(config->compatibilityFlags, (std::vector<std::string>{"nodejs_compat", "disable_ctx_exports"}));
  ASSERT_EQ(config->vars.size(), 3u);
  EXPECT_EQ(config->vars[0].json, R"("a\"b")");
  EXPECT_EQ(config->vars[1].json, "1.50");
  EXPECT_EQ(config->vars[2].json, R"({"a":[1,null]})");
  ASSERT_EQ(config->loaders.size(), 2u);
  EXPECT_EQ(config->loaders[0].id, std::nullopt);
  EXPECT_EQ(config->loaders[1].id, "all");
  ASSERT_EQ(config->services.size(), 2u);
  EXPECT_EQ(config->services[0].entrypoint, "Tool");
  EXPECT_EQ(config->services[0].propsJson, R"({"user":1})");
  EXPECT_EQ(config->services[1].entrypoint, "default");
  EXPECT_EQ(config->services[1].propsJson, "{}");
  ASSERT_EQ(config->rules.size(), 1u);
  EXPECT_EQ(config->rules[0].kind, ModuleKind::text);
  EXPECT_TRUE(config->rules[0].fallthrough);
  EXPECT_EQ(config->define[0].value, "\"1\"");
  EXPECT_EQ(config->alias[0].name, "a");
  EXPECT_EQ(config->tsconfigPath, directory_ / "tsconfig.worker.json");
  EXPECT_EQ(config->jsxFactory, "h");
  EXPECT_TRUE(config->minify);
  EXPECT_FALSE(config->keepNames);
  EXPECT_EQ(config->globalOutbound->service, "gate");
  EXPECT_EQ(config->globalOutbound->entrypoint, "Out");
  EXPECT_EQ(config->limits[Limit::cpuMs], 50u);
  EXPECT_EQ(config->limits[Limit::memoryMb], 64u);
  EXPECT_EQ(config->limits[Limit::subRequests], 7u);
  EXPECT_EQ(config->limits[Limit::wallMs], 900u);
  EXPECT_EQ(config->limits[Limit::timers], 12u);
  EXPECT_FALSE(config->limits.has(Limit::startupMs));
  EXPECT_EQ(config->inFlight.max, 4u);
  EXPECT_TRUE(config->inFlight.waits);
  EXPECT_TRUE(config->spread);
  EXPECT_FALSE(config->network.own->allowByDefault);
  EXPECT_EQ(config->network.own->allow, std::vector<std::string>{"https://a.b"});
  EXPECT_EQ(config->network.own->deny, std::vector<std::string>{"c.d"});
  EXPECT_TRUE(config->network.loader->allowByDefault);
  EXPECT_EQ(config->network.hosts.at("db.internal").size(), 2u);
  ASSERT_EQ(config->network.secrets.size(), 1u);
  EXPECT_EQ(config->network.secrets[0].value, "v");
  EXPECT_TRUE(config->warnings.empty());
}

TEST_F(Config, ReadsToml) {
  write("wrangler.toml", R"(name = "app"
main = "main.js"
compatibility_date = "2026-11-01"
[vars]
A = "x"
B = { deep = [1, 2.5] }
[[worker_loaders]]
binding = "LOADER"
[env.staging.vars]
A = "y"
)");
  options_.environment = "staging";
  auto config = loadWorkerConfig(directory_, options_);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->name, "app-staging");
  ASSERT_EQ(config->vars.size(), 1u);
  EXPECT_EQ(config->vars[0].json, "\"y\"");
  write("wrangler.toml", "name = \"app\"\nmian = \"main.js\"\n");
  EXPECT_EQ(errorOf(loadWorkerConfig(directory_, options_)).substr(0, 70),
            "wrangler.toml:2:1: unknown key \"mian\" (did you mean \"main\"?)\nwrangler.");
}

TEST_F(Config, RefusesAnUnknownKeyAndNamesTheNearest) {
  EXPECT_EQ(errorWith(R"("worker_loader": [])"),
            "wrangler.jsonc:2:1: unknown key \"worker_loader\" (did you mean \"worker_loaders\"?)");
  EXPECT_EQ(errorWith(R"("compatibilityFlags": [])"),
            "wrangler.jsonc:2:1: unknown key \"compatibilityFlags\" (did you mean \"compatibility_flags\"?)");
  EXPECT_EQ(errorWith(R"("globalOutbound": {})"), "wrangler.jsonc:2:1: unknown key \"globalOutbound\"");
  EXPECT_EQ(errorWith(R"("mayfly": {"globalOutBound": {}})"),
            "wrangler.jsonc:2:12: unknown key \"globalOutBound\" in \"mayfly\" (did you mean \"globalOutbound\"?)");
  EXPECT_EQ(errorWith(R"("mayfly": {"limits": {"cpu_ms": 1}})"),
            "wrangler.jsonc:2:23: unknown key \"cpu_ms\" in \"mayfly.limits\" (did you mean \"cpuMs\"?)");
  EXPECT_EQ(errorWith(R"("services": [{"binding": "A", "service": "app", "entry_point": "B"}])"),
            "wrangler.jsonc:2:49: unknown key \"entry_point\" in \"services[0]\" (did you mean \"entrypoint\"?)");
  EXPECT_EQ(errorWith(R"("worker_loaders": [{"binding": "A", "colour": 1}])"),
            "wrangler.jsonc:2:37: unknown key \"colour\" in \"worker_loaders[0]\" (known: binding, id)");
  EXPECT_EQ(errorWith(R"("env": {"a": {"var": {}}})"),
            "wrangler.jsonc:2:15: unknown key \"var\" in \"env.a\" (did you mean \"vars\"?)");
}

TEST_F(Config, TellsEverythingThatIsWrongAtOnce) {
  EXPECT_EQ(errorWith("\"vars\": 1,\n\"services\": {},\n\"worker_loaders\": [1]"),
            "wrangler.jsonc:2:9: \"vars\" must be an object, but is a number\n"
            "wrangler.jsonc:3:13: \"services\" must be an array, but is an object\n"
            "wrangler.jsonc:4:20: \"worker_loaders[0]\" must be an object, but is a number");
}

TEST_F(Config, RefusesWrongTypesNamingWhatIsExpected) {
  EXPECT_EQ(errorWith(R"("services": [{"binding": "", "service": null}])"),
            "wrangler.jsonc:2:26: \"services[0].binding\" must not be empty\n"
            "wrangler.jsonc:2:41: \"services[0].service\" must be a string, but is null");
  EXPECT_EQ(errorWith(R"("services": [{"binding": "A"}])"), "wrangler.jsonc:2:14: \"services[0]\" needs \"service\"");
  EXPECT_EQ(errorWith(R"("services": [{"binding": "A", "service": "app", "props": [1]}])"),
            "wrangler.jsonc:2:58: \"services[0].props\" must be an object, but is an array");
  EXPECT_EQ(errorWith(R"("compatibility_flags": "nodejs_compat")"),
            "wrangler.jsonc:2:24: \"compatibility_flags\" must be an array, but is a string");
  EXPECT_EQ(errorWith(R"("define": {"A": 1})"), "wrangler.jsonc:2:17: \"define.A\" must be a string, but is a number");
  EXPECT_EQ(errorWith(R"("minify": "yes")"), "wrangler.jsonc:2:11: \"minify\" must be true or false, but is a string");
  EXPECT_EQ(errorWith(R"("mayfly": {"limits": {"cpuMs": 0}})"),
            "wrangler.jsonc:2:32: \"mayfly.limits.cpuMs\" must be a whole number from 1 to 1000000000, but is 0");
  EXPECT_EQ(errorWith(R"("mayfly": {"limits": {"cpuMs": 1.5}})"),
            "wrangler.jsonc:2:32: \"mayfly.limits.cpuMs\" must be a whole number from 1 to 1000000000, but is 1.5");
  EXPECT_EQ(errorWith(R"("mayfly": {"loader": {"inFlightMax": 0}})"),
            "wrangler.jsonc:2:38: \"mayfly.loader.inFlightMax\" must be a whole number from 1 to 1000000000, but is 0");
  EXPECT_EQ(errorWith(R"("mayfly": {"loader": {"inFlightExcess": "block"}})"),
            "wrangler.jsonc:2:41: \"mayfly.loader.inFlightExcess\" must be fail or wait, but is \"block\"");
  EXPECT_EQ(errorWith(R"("mayfly": {"loader": {"placement": "far"}})"),
            "wrangler.jsonc:2:36: \"mayfly.loader.placement\" must be near or spread, but is \"far\"");
  EXPECT_EQ(errorWith(R"("mayfly": {"globalOutbound": null})"),
            "wrangler.jsonc:2:30: \"mayfly.globalOutbound\" must be an object, but is null");
  EXPECT_EQ(
      errorWith(R"("rules": [{"type": "Txt", "globs": ["*"]}])"),
      "wrangler.jsonc:2:20: \"rules[0].type\" must be ESModule, CommonJS, CompiledWasm, Text or Data, but is \"Txt\"");
  EXPECT_EQ(errorWith(R"("rules": [{"type": "Text"}])"), "wrangler.jsonc:2:11: \"rules[0]\" needs \"globs\"");
}

TEST_F(Config, NeedsMainAndSaysWhichFileIsNotThere) {
  EXPECT_EQ(errorOf(load(R"({"name": "app", "compatibility_date": "2026-11-01"})")),
            "wrangler.jsonc:1:1: \"main\" is missing: add \"main\": \"src/index.js\", the worker's main module");
  EXPECT_EQ(errorOf(load("{\"name\": \"app\", \"compatibility_date\": \"2026-11-01\",\n\"main\": \"src/index.ts\"}")),
            "wrangler.jsonc:2:9: \"main\": there is no file src/index.ts");
  fs::create_directory(directory_ / "src");
  EXPECT_EQ(errorOf(load(R"({"main": "src", "compatibility_date": "2026-11-01"})")),
            "wrangler.jsonc:1:10: \"main\": src is not a file");
  fs::create_symlink("loop.js", directory_ / "loop.js");
  EXPECT_EQ(errorOf(load(R"({"main": "loop.js", "compatibility_date": "2026-11-01"})")),
            "wrangler.jsonc:1:10: \"main\": loop.js: Too many levels of symbolic links");
}

TEST_F(Config, NeedsACompatibilityDateThatIsOne) {
  EXPECT_EQ(errorOf(load(R"({"main": "main.js"})")),
            "wrangler.jsonc:1:1: \"compatibility_date\" is missing: add \"compatibility_date\": \"2026-11-20\"");
  EXPECT_EQ(errorOf(load(R"({"main": "main.js", "compatibility_date": "2026-11-31"})")),
            "wrangler.jsonc:1:43: Invalid compatibility date: 2026-11-31 (a date such as \"2026-11-20\" is expected)");
  EXPECT_TRUE(errorOf(load(R"({"main": "main.js", "compatibility_date": "2026-11-21"})"))
                  .starts_with("wrangler.jsonc:1:43: Can't set compatibility date in the future: \"2026-11-21\"."));
  write("wrangler.toml", "main = \"main.js\"\n");
  EXPECT_EQ(errorOf(loadWorkerConfig(directory_ / "wrangler.toml", options_)),
            "wrangler.toml:1:1: \"compatibility_date\" is missing: add compatibility_date = \"2026-11-20\"");
}

TEST_F(Config, RefusesCompatibilityFlagsThatDoNotExist) {
  EXPECT_EQ(errorWith(R"("compatibility_flags": ["nodejs_compta"])"),
            "wrangler.jsonc:2:25: No such compatibility flag: nodejs_compta (did you mean \"nodejs_compat\"?)");
  EXPECT_EQ(errorWith(R"("compatibility_flags": ["nodejs_compat", "nodejs_compat"])"),
            "wrangler.jsonc:2:24: Compatibility flag specified multiple times: nodejs_compat");
  auto config = loadWith(R"("compatibility_flags": ["url_original"])");
  ASSERT_TRUE(config);
  EXPECT_EQ(shorten(config->notices[0]),
            "wrangler.jsonc:2:24: compatibility flag \"url_original\" changes nothing here");
}

TEST_F(Config, AcceptsWhatConcernsCloudflaresDeploymentWithANotice) {
  auto config = loadWith(
      "\"$schema\": \"x\",\n\"account_id\": \"a\", \"routes\": [], \"placement\": {\"mode\": \"smart\"},\n"
      "\"observability\": {\"enabled\": true}, \"workers_dev\": false");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_TRUE(config->warnings.empty());
  ASSERT_EQ(config->notices.size(), 6u);
  EXPECT_EQ(shorten(config->notices[0]),
            "wrangler.jsonc:2:1: \"$schema\" concerns Cloudflare's own deployment and changes nothing here");
}

TEST_F(Config, RefusesBindingsItDoesNotHaveUnlessTheyMayBeMissing) {
  constexpr std::string_view kMembers = R"("kv_namespaces": [{"binding": "KV", "id": "x"}])";
  EXPECT_EQ(errorWith(kMembers),
            "wrangler.jsonc:2:19: binding \"KV\" (kv_namespaces) is not supported yet: Mayfly has no KV; pass "
            "--allow-missing-bindings to start anyway, it then throws when used");
  options_.allowMissingBindings = true;
  auto config = loadWith(kMembers);
  ASSERT_TRUE(config) << config.error().message;
  ASSERT_EQ(config->missingBindings.size(), 1u);
  EXPECT_EQ(config->missingBindings[0].binding, "KV");
  EXPECT_EQ(config->missingBindings[0].kind, "kv_namespaces");
  EXPECT_EQ(config->warnings.size(), 1u);
}

TEST_F(Config, FindsTheBindingsOfEveryKind) {
  options_.allowMissingBindings = true;
  auto config = loadWith(R"(
    "durable_objects": {"bindings": [{"name": "A", "class_name": "X"}]}, "migrations": [],
    "queues": {"producers": [{"binding": "B", "queue": "q"}], "consumers": [{"queue": "q"}]},
    "ai": {"binding": "C"}, "media": {"binding": "D"}, "send_email": [{"name": "E"}],
    "unsafe": {"bindings": [{"name": "F", "type": "x"}]}, "wasm_modules": {"G": "g.wasm"},
    "workflows": [{"binding": "H", "name": "h", "class_name": "X"}], "images": {"binding": "I"},
    "secrets": {"required": ["J"]}, "containers": [{"class_name": "X"}], "d1_databases": [], "browser": {}
  )");
  ASSERT_TRUE(config) << config.error().message;
  std::string names;
  for (const auto& missing : config->missingBindings) names += missing.binding;
  std::ranges::sort(names);
  EXPECT_EQ(names, "ABCDEFGHIJ");
}

TEST_F(Config, RefusesABindingOfAMissingKindWithoutAName) {
  EXPECT_EQ(errorWith(R"("r2_buckets": [{"bucket_name": "x"}])"),
            "wrangler.jsonc:2:16: \"r2_buckets[0]\" needs \"binding\"");
  EXPECT_EQ(errorWith(R"("durable_objects": [])"),
            "wrangler.jsonc:2:20: \"durable_objects\" must be an object, but is an array");
  EXPECT_TRUE(errorWith(R"("queues": {"consumers": [{"queue": "q"}]})")
                  .starts_with("wrangler.jsonc:2:25: \"queues.consumers\" is not supported yet: Mayfly has no queues"));
  EXPECT_TRUE(
      errorWith(R"("containers": [{}])").starts_with("wrangler.jsonc:2:15: \"containers\" is not supported yet"));
  EXPECT_TRUE(
      errorWith(R"("secrets": {"required": ["KEY"]})").starts_with("wrangler.jsonc:2:26: binding \"KEY\" (secrets)"));
  EXPECT_EQ(errorWith(R"("secrets": {"required": ["KEY"]}, "vars": {"KEY": "x"})"), "no error");
}

TEST_F(Config, WarnsOfWhatHasNoEffect) {
  EXPECT_EQ(firstWarning(loadWith(R"("triggers": {"crons": ["* * * * *"]})")),
            "wrangler.jsonc:2:13: \"triggers\": nothing is scheduled yet: scheduled() is never called");
  EXPECT_EQ(firstWarning(loadWith(R"("triggers": {"crons": []})")), "no warning");
  EXPECT_EQ(firstWarning(loadWith(R"("build": {"command": "make"})")),
            "wrangler.jsonc:2:10: \"build\": the build command is not run: run it before Mayfly starts");
}

TEST_F(Config, RefusesANameThatIsBoundTwice) {
  EXPECT_EQ(errorWith("\"vars\": {\"A\": 1},\n\"worker_loaders\": [{\"binding\": \"A\"}]"),
            "wrangler.jsonc:3:20: \"A\" is bound twice: here by \"worker_loaders\", and by \"vars\" in line 2");
}

TEST_F(Config, RefusesANameThatIsNone) {
  EXPECT_EQ(errorOf(load(R"({"name": "My App", "main": "main.js", "compatibility_date": "2026-11-01"})")),
            "wrangler.jsonc:1:10: \"name\" must consist of lower case letters, digits, '-' and '_', but is \"My App\"");
}

TEST_F(Config, AppliesAnEnvironmentAsWranglerDoes) {
  options_.environment = "staging";
  write("other.js", "export default {}");
  auto config = loadWith(R"(
    "vars": {"A": 1}, "worker_loaders": [{"binding": "L"}], "kv_namespaces": [{"binding": "KV"}],
    "compatibility_flags": ["nodejs_compat"], "mayfly": {"globalOutbound": {"service": "app"}, "limits": {"cpuMs": 5}},
    "env": {"staging": {"main": "other.js", "vars": {"B": 2}, "mayfly": {"limits": {"cpuMs": 7}}},
            "production": {"name": "live", "routes": []}}
  )");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->name, "app-staging");
  EXPECT_EQ(config->environment, "staging");
  EXPECT_EQ(config->mainPath.filename(), "other.js");
  EXPECT_EQ(config->compatibilityFlags.size(), 1u);
  ASSERT_EQ(config->vars.size(), 1u);
  EXPECT_EQ(config->vars[0].name, "B");
  EXPECT_TRUE(config->loaders.empty());
  EXPECT_EQ(config->globalOutbound->service, "app");
  EXPECT_EQ(config->limits[Limit::cpuMs], 7u);
  ASSERT_EQ(config->warnings.size(), 2u);
  EXPECT_EQ(
      shorten(config->warnings[0]),
      "wrangler.jsonc:3:23: \"worker_loaders\" stands at the top level but not in \"env.staging\", which does not "
      "inherit it: add it to \"env.staging\" if it is wanted there");

  options_.environment = "production";
  options_.allowMissingBindings = false;
  auto production = loadWorkerConfig(directory_, options_);
  ASSERT_TRUE(production) << production.error().message;
  EXPECT_EQ(production->name, "live");
  EXPECT_EQ(production->notices.size(), 1u);
}

TEST_F(Config, RefusesAnEnvironmentThatIsNotThere) {
  options_.environment = "stagin";
  EXPECT_EQ(errorWith(R"("env": {"staging": {}, "production": {}})"),
            "wrangler.jsonc:2:8: there is no environment \"stagin\" (did you mean \"staging\"?); there is staging, "
            "production");
  EXPECT_EQ(errorWith(R"("vras": {}, "env": {"stagin": {}})"),
            "wrangler.jsonc:2:1: unknown key \"vras\" (did you mean \"vars\"?)");
  EXPECT_EQ(errorWith(R"("vars": {})"), "wrangler.jsonc:1:1: there is no environment \"stagin\": \"env\" has none");
  EXPECT_EQ(errorWith(R"("env": {"stagin": {"alias": {}}})"),
            "wrangler.jsonc:2:20: \"alias\" may stand at the top level only, not in \"env.stagin\"");
}

TEST_F(Config, TakesAPlainModule) {
  auto config = loadWorkerConfig(write("My Tool.mts", "export default {}"), options_);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->name, "my-tool");
  EXPECT_EQ(config->compatibilityDate, "2026-11-20");
  EXPECT_EQ(config->mainPath, directory_ / "My Tool.mts");
  EXPECT_TRUE(config->configPath.empty());
}

TEST_F(Config, SaysWhatIsWrongWithAPath) {
  auto error = [&](const fs::path& path) { return errorOf(loadWorkerConfig(path, options_)); };
  EXPECT_EQ(error(directory_ / "nowhere"), "nowhere: there is no such file or directory");
  fs::create_directory(directory_ / "empty");
  EXPECT_EQ(error(directory_ / "empty"),
            "empty: there is no wrangler configuration here; looked for wrangler.json, wrangler.jsonc, wrangler.toml");
  EXPECT_EQ(error(write("notes.txt", "")),
            "notes.txt: expected a directory, a wrangler configuration (.jsonc, .json, .toml) or a module (.js, .mjs, "
            ".cjs, .ts, .mts, .jsx, .tsx)");
  fs::create_symlink("loop", directory_ / "loop");
  EXPECT_EQ(error(directory_ / "loop"), "loop: Too many levels of symbolic links");
  EXPECT_EQ(error(write("big.jsonc", std::string(kDocumentBytesMax + 1, ' '))),
            "big.jsonc: is larger than 1048576 bytes, the most that is read");
  fs::create_symlink("gone", directory_ / "empty" / "wrangler.toml");
  EXPECT_EQ(error(directory_ / "empty"), "empty/wrangler.toml: there is no such file");
}

TEST_F(Config, PrefersTheConfigurationThatWranglerPrefersAndSaysSo) {
  write("wrangler.json", "{" + std::string(kHead) + "}");
  write("wrangler.toml", "");
  auto config = loadWorkerConfig(directory_, options_);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(firstWarning(config).substr(0, 28), "wrangler.toml: is not read, ");
}

TEST_F(Config, KnowsEachKeyOnce) {
  for (const Key& key : wranglerKeys()) EXPECT_EQ(findKey(key.name), &key) << key.name;
}

TEST_F(Config, ExplainsEveryKeyInTheDocumentation) {
  auto manual = readFile(fs::absolute(__FILE__).parent_path() / "../../docs/configuration.md", 1 << 20);
  ASSERT_TRUE(manual) << manual.error().message;
  for (const Key& key : wranglerKeys()) {
    EXPECT_NE(manual->find("`" + std::string(key.name) + "`"), std::string::npos) << key.name;
  }
}

class Project : public Config {
 protected:
  void worker(std::string_view name, std::string_view members) {
    write(fs::path(name) / "main.js", "export default {}");
    write(fs::path(name) / "wrangler.jsonc", "{\"name\": \"" + std::string(name) +
                                                 "\", \"main\": \"main.js\", \"compatibility_date\": \"2026-11-01\"\n" +
                                                 std::string(members) + "}");
    paths_.push_back(directory_ / name);
  }
  Result<std::vector<WorkerConfig>> loadAll() { return loadProject(paths_, options_); }
  std::string error() {
    auto result = loadAll();
    return result ? "no error" : shorten(result.error().message);
  }

  std::vector<fs::path> paths_;
};

TEST_F(Project, LetsWorkersNameEachOtherAndThemselves) {
  worker("front", R"(, "services": [{"binding": "BACK", "service": "back"}, {"binding": "SELF", "service": "front"}])");
  worker("back", R"(, "mayfly": {"globalOutbound": {"service": "front"}})");
  auto configs = loadAll();
  ASSERT_TRUE(configs) << configs.error().message;
  EXPECT_EQ((*configs)[0].services.size(), 2u);
  EXPECT_EQ((*configs)[1].globalOutbound->entrypoint, "default");
}

TEST_F(Project, RefusesAServiceThatIsNotOnTheCommandLine) {
  worker("front", R"(, "services": [{"binding": "BACK", "service": "bakc"}])");
  EXPECT_EQ(error(),
            "front/wrangler.jsonc:2:47: service binding \"BACK\": there is no worker \"bakc\" on this command "
            "line (there is front)");
  worker("back", "");
  EXPECT_EQ(error(),
            "front/wrangler.jsonc:2:47: service binding \"BACK\": there is no worker \"bakc\" on this command "
            "line (did you mean \"back\"?)");
  options_.allowMissingBindings = true;
  auto configs = loadAll();
  ASSERT_TRUE(configs) << configs.error().message;
  EXPECT_TRUE((*configs)[0].services.empty());
  EXPECT_EQ((*configs)[0].missingBindings[0].kind, "services");
}

TEST_F(Project, NeverOpensTheNetworkBecauseAnOutboundWorkerIsMissing) {
  options_.allowMissingBindings = true;
  worker("front", R"(, "mayfly": {"globalOutbound": {"service": "gate"}})");
  EXPECT_EQ(error(),
            "front/wrangler.jsonc:2:44: globalOutbound: there is no worker \"gate\" on this command line (there "
            "is front)");
}

TEST_F(Project, RefusesTwoWorkersOfOneName) {
  worker("front", "");
  paths_.push_back(paths_[0] / "main.js");
  write("front/front.js", "");
  paths_.push_back(directory_ / "front" / "front.js");
  EXPECT_EQ(error(), "two workers are named \"front\": front/wrangler.jsonc and front/front.js");
}

TEST_F(Project, AppliesAnEnvironmentToTheWorkersThatHaveIt) {
  options_.environment = "staging";
  worker("front", R"(, "env": {"staging": {}})");
  worker("back", "");
  auto configs = loadAll();
  ASSERT_TRUE(configs) << configs.error().message;
  EXPECT_EQ((*configs)[0].name, "front-staging");
  EXPECT_EQ((*configs)[1].name, "back");
  EXPECT_EQ(shorten((*configs)[1].warnings[0]),
            "back/wrangler.jsonc:1:1: there is no environment \"staging\" here: the top level holds");
  options_.environment = "other";
  EXPECT_EQ(error(), "no worker of this command line has an environment \"other\"");
}

}  // namespace
}  // namespace mayfly::config
