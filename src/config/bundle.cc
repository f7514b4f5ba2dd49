// SPDX-License-Identifier: Apache-2.0
// One worker's code: read as it is where that is all there is to do, otherwise made by esbuild through
// tools/bundle.mjs, whose header says how the two talk.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/compatibility.h"
#include "config/command.h"
#include "config/config.h"
#include "config/document.h"

namespace mayfly::config {
namespace {

constexpr size_t kCodeBytesMax = 64 << 20;

constexpr std::pair<std::string_view, ModuleKind> kKindNames[] = {
    {"esModule", ModuleKind::esModule}, {"commonJs", ModuleKind::commonJs}, {"text", ModuleKind::text},
    {"data", ModuleKind::data},         {"json", ModuleKind::json},         {"wasm", ModuleKind::wasm}};

std::string_view kindNameOf(ModuleKind kind) {
  return std::ranges::find(kKindNames, kind, [](const auto& entry) { return entry.second; })->first;
}

// The text without its static imports of "cloudflare:workers" and the like, which no bundler resolves. (Those of Node's
// modules stay: whether a worker may have them is checked by the bundling script.)
std::string withoutRuntimeImports(std::string_view source) {
  constexpr std::string_view kImport = "import";
  std::string rest;
  while (!source.empty()) {
    size_t at = source.find(kImport);
    rest += source.substr(0, at);
    if (at == std::string_view::npos) break;
    source.remove_prefix(at);
    // Names, braces, `* as x`, `from`: whatever may stand before the specifier of a static import.
    size_t quote =
        source.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$,{}* \t\r\n");
    size_t end = std::string_view::npos;
    if (quote != std::string_view::npos && (source[quote] == '"' || source[quote] == '\'')) {
      auto specifier = source.substr(quote + 1);
      if (specifier.starts_with("cloudflare:") || specifier.starts_with("mayfly:")) {
        end = source.find(source[quote], quote + 1);
      }
    }
    if (end == std::string_view::npos) {
      rest += kImport;
      source.remove_prefix(kImport.size());
    } else {
      source.remove_prefix(end + 1);
    }
  }
  return rest;
}

// True when the text may need a bundler: it imports, or holds JSX, or something that a definition replaces. It may
// err on the side of the bundler (these words in a comment), never on the other.
bool needsBundler(std::string_view text) {
  std::string source = withoutRuntimeImports(text);
  for (std::string_view word : {"import", "require", "</", "/>", "process.env.NODE_ENV"}) {
    if (source.find(word) != std::string::npos) return true;
  }
  for (size_t at = source.find("from"); at != std::string::npos; at = source.find("from", at + 4)) {
    size_t next = source.find_first_not_of(" \t\r\n", at + 4);
    if (next != std::string::npos && (source[next] == '"' || source[next] == '\'' || source[next] == '/')) {
      return true;
    }
  }
  return false;
}

std::string moduleNameOf(const WorkerConfig& config) {
  auto name = config.mainPath.lexically_relative(config.rootDir);
  return name.empty() || *name.begin() == ".." ? config.mainPath.filename().string() : name.generic_string();
}

// The bundle without a bundler, or nothing when one is needed.
Result<std::optional<Bundle>> readPlain(const WorkerConfig& config) {
  auto extension = config.mainPath.extension();
  bool script = extension == ".js" || extension == ".mjs";
  if (!script || config.minify || !config.define.empty() || config.findAdditionalModules) return std::nullopt;
  auto source = readFile(config.mainPath, kCodeBytesMax);
  if (!source) return std::unexpected(source.error());
  if (config.bundle && needsBundler(*source)) return std::nullopt;
  if (size_t bad = findBadUtf8(*source); bad != std::string::npos) {
    return fail(ErrorCode::invalid,
                fmt::format("{}:{}: is not UTF-8 here", config.mainPath.string(),
                            std::count(source->begin(), source->begin() + static_cast<ptrdiff_t>(bad), '\n') + 1));
  }
  Bundle bundle;
  bundle.mainModule = moduleNameOf(config);
  bundle.modules.push_back({bundle.mainModule, ModuleKind::esModule, std::move(*source)});
  bundle.inputs.push_back(config.mainPath);
  return bundle;
}

struct JobRule {
  Rule rule;
  bool hidden = false;  // an earlier rule of the same kind ended the search
};

std::vector<JobRule> effectiveRules(const WorkerConfig& config) {
  auto rules = config.rules;
  rules.push_back({ModuleKind::text, {"**/*.txt", "**/*.html", "**/*.sql"}, false});
  rules.push_back({ModuleKind::data, {"**/*.bin"}, false});
  rules.push_back({ModuleKind::wasm, {"**/*.wasm", "**/*.wasm?module"}, false});
  std::vector<JobRule> effective, hidden;  // the hidden ones last: they matter for what no other rule takes
  std::vector<ModuleKind> ended;
  for (Rule& rule : rules) {
    bool late = std::ranges::find(ended, rule.kind) != ended.end();
    if (!rule.fallthrough) ended.push_back(rule.kind);
    (late ? hidden : effective).push_back({std::move(rule), late});
  }
  effective.insert(effective.end(), hidden.begin(), hidden.end());
  return effective;
}

std::string jsonObject(const std::vector<Substitution>& substitutions) {
  std::string json = "{";
  for (const auto& [name, value] : substitutions) {
    json += fmt::format("{}{}:{}", json.size() > 1 ? "," : "", quoteJson(name), quoteJson(value));
  }
  return json + "}";
}

Result<std::string> jobOf(const WorkerConfig& config, const BundleTools& tools) {
  auto flags = resolveCompatibility(config.compatibilityDate, config.compatibilityFlags,
                                    {.today = config.compatibilityDate, .allowExperimental = true});
  if (!flags) return std::unexpected(flags.error());
  std::string rules;
  for (const auto& [rule, hidden] : effectiveRules(config)) {
    std::vector<std::string> globs;
    for (const std::string& glob : rule.globs) globs.push_back(quoteJson(glob));
    rules += fmt::format(R"({}{{"kind":"{}","globs":[{}],"hidden":{}}})", rules.empty() ? "" : ",",
                         kindNameOf(rule.kind), fmt::join(globs, ","), hidden);
  }
  return fmt::format(
      R"({{"root":{},"main":{},"baseDir":{},"tsconfig":{},"jsxFactory":{},"jsxFragment":{},"nodeEnv":{},"rules":[{}],)"
      R"("define":{},"alias":{},"minify":{},"keepNames":{},"bundle":{},"findAdditionalModules":{},)"
      R"("preserveFileNames":{},"nodejsCompat":{},"nodejsAls":{}}})",
      quoteJson(config.rootDir.string()), quoteJson(config.mainPath.string()), quoteJson(config.baseDir.string()),
      quoteJson(config.tsconfigPath.string()), quoteJson(config.jsxFactory), quoteJson(config.jsxFragment),
      quoteJson(tools.nodeEnv), rules, jsonObject(config.define), jsonObject(config.alias), config.minify,
      config.keepNames, config.bundle, config.findAdditionalModules, config.preserveFileNames, flags->nodejsCompat,
      flags->nodejsAls);
}

// What bundle.mjs wrote: a header line and the bodies behind it.
class OutputReader {
 public:
  explicit OutputReader(std::string_view output) : rest_(output) {}

  Result<Bundle> read() {
    size_t end = rest_.find('\n');
    if (end == std::string_view::npos) return corrupt();
    auto header = parseJsonc(rest_.substr(0, end), "bundle");
    if (!header) return std::unexpected(header.error());
    rest_.remove_prefix(end + 1);

    if (const Value* errors = header->root.find("errors")) {
      return fail(ErrorCode::invalid, fmt::format("{}", fmt::join(texts(errors), "\n")));
    }
    Bundle bundle;
    bundle.mainModule = text(header->root.find("mainModule"));
    bundle.warnings = texts(header->root.find("warnings"));
    for (const std::string& input : texts(header->root.find("inputs"))) bundle.inputs.emplace_back(input);
    const Value* modules = header->root.find("modules");
    if (modules == nullptr || modules->items.empty()) return corrupt();
    for (const Value& module : modules->items) {
      auto name = text(module.find("name"));
      auto kind = std::ranges::find(kKindNames, text(module.find("kind")), [](const auto& it) { return it.first; });
      auto body = take(module.find("size"));
      if (kind == std::end(kKindNames) || !body) return corrupt();
      bundle.modules.push_back({name, kind->second, std::move(*body)});
    }
    auto sourceMap = take(header->root.find("sourceMapSize"));
    if (!sourceMap || !rest_.empty()) return corrupt();
    bundle.sourceMap = std::move(*sourceMap);
    return bundle;
  }

 private:
  static std::unexpected<Error> corrupt() {
    return fail(ErrorCode::corrupt, "the bundler's answer is not what it should be");
  }
  static std::string text(const Value* value) { return value == nullptr ? std::string() : value->text; }
  static std::vector<std::string> texts(const Value* value) {
    std::vector<std::string> texts;
    if (value != nullptr) std::ranges::transform(value->items, std::back_inserter(texts), &Value::text);
    return texts;
  }

  std::optional<std::string> take(const Value* size) {
    size_t count = 0;
    auto digits = text(size);
    auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (problem != std::errc() || count > rest_.size()) return std::nullopt;
    std::string taken(rest_.substr(0, count));
    rest_.remove_prefix(count);
    return taken;
  }

  std::string_view rest_;
};

}  // namespace

Result<Bundle> bundleWorker(const WorkerConfig& config, const BundleTools& tools) {
  auto plain = readPlain(config);
  if (!plain) return std::unexpected(plain.error());
  if (*plain) return std::move(**plain);

  auto job = jobOf(config, tools);
  if (!job) return std::unexpected(job.error());
  auto ended = runCommand({tools.nodePath.string(), tools.scriptPath.string()}, *job, tools.deadlineMs);
  if (!ended) {
    return fail(ended.error().code,
                fmt::format("{}: cannot be bundled: {}", config.mainPath.string(), ended.error().message));
  }
  if (ended->exitStatus != 0) {
    return fail(ErrorCode::internal, fmt::format("{}: the bundler ended with status {}:\n{}", config.mainPath.string(),
                                                 ended->exitStatus, ended->errors));
  }
  return OutputReader(ended->output).read();
}

}  // namespace mayfly::config
