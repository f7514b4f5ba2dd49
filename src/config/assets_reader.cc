// SPDX-License-Identifier: Apache-2.0
// The part of WorkerReader that reads "assets".
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <system_error>

#include "base/nearest.h"
#include "config/worker_reader.h"

namespace mayfly::config {
namespace {

template <typename T>
struct Choice {
  std::string_view name;
  T value;
};

constexpr Choice<AssetsConfig::Html> kHtml[] = {{"auto-trailing-slash", AssetsConfig::Html::autoTrailingSlash},
                                                {"force-trailing-slash", AssetsConfig::Html::forceTrailingSlash},
                                                {"drop-trailing-slash", AssetsConfig::Html::dropTrailingSlash},
                                                {"none", AssetsConfig::Html::none}};
constexpr Choice<AssetsConfig::NotFound> kNotFound[] = {{"none", AssetsConfig::NotFound::none},
                                                        {"single-page-application", AssetsConfig::NotFound::singlePage},
                                                        {"404-page", AssetsConfig::NotFound::page404}};

template <typename T>
void readChoice(Report& report, const Value* value, const std::string& place, std::span<const Choice<T>> choices,
                T& to) {
  auto name = readNonEmptyString(report, value, place);
  if (!name) return;
  auto found = std::ranges::find(choices, *name, &Choice<T>::name);
  if (found != choices.end()) {
    to = found->value;
    return;
  }
  std::vector<std::string_view> names;
  for (const auto& choice : choices) names.push_back(choice.name);
  report.error(value->at, fmt::format("\"{}\" must be {}, but is {}{}", place, fmt::join(names, ", "), quoteJson(*name),
                                      didYouMean(*name, names)));
}

}  // namespace

void WorkerReader::readAssets() {
  const Value* value = get("assets");
  if (value == nullptr) return;
  ObjectReader reader(report_, *value, where("assets"));
  AssetsConfig assets;
  const Value* directory = value->find("directory");
  auto path = reader.required("directory");
  auto binding = reader.string("binding");
  readChoice<AssetsConfig::Html>(report_, reader.take("html_handling"), reader.where("html_handling"), kHtml,
                                 assets.html);
  readChoice<AssetsConfig::NotFound>(report_, reader.take("not_found_handling"), reader.where("not_found_handling"),
                                     kNotFound, assets.notFound);
  if (const Value* first = reader.take("run_worker_first")) {
    readWorkerFirst(*first, reader.where("run_worker_first"), assets);
  }
  reader.finish();
  if (binding && claim(*binding, "assets", value->at)) {
    assets.binding = *binding;
    if (loaded_.config.mainPath.empty() && get("main") == nullptr) {
      report_.error(value->at, fmt::format("\"{}\" is for a worker, and there is none: add \"main\", or leave it out",
                                           reader.where("binding")));
    }
  }
  if (!path) return;
  assets.directory = (loaded_.config.rootDir / *path).lexically_normal();
  std::error_code error;
  if (!std::filesystem::is_directory(assets.directory, error)) {
    report_.error(directory->at, fmt::format("\"{}\": there is no directory {}", reader.where("directory"),
                                             assets.directory.string()));
  }
  loaded_.config.assets = std::move(assets);
}

void WorkerReader::readWorkerFirst(const Value& value, const std::string& place, AssetsConfig& assets) {
  if (value.kind == Value::Kind::array) {
    assets.workerFirstPaths = readStrings(report_, &value, place);
    for (size_t i = 0; i < assets.workerFirstPaths.size(); ++i) {
      const std::string& path = assets.workerFirstPaths[i];
      if (path.starts_with('/') || path.starts_with("!/")) continue;
      report_.error(value.items[i].at, fmt::format("\"{}[{}]\" must begin with \"/\", or with \"!/\" for what is "
                                                   "taken out again, but is {}",
                                                   place, i, quoteJson(path)));
    }
  } else if (value.kind == Value::Kind::boolean) {
    assets.workerFirst = readBoolean(report_, &value, place).value_or(false);
  } else {
    report_.wrongType(value, place, "a boolean or an array of paths");
    return;
  }
  bool any = assets.workerFirst || !assets.workerFirstPaths.empty();
  if (any && get("main") == nullptr) {
    report_.error(value.at, fmt::format("\"{}\" needs a worker: add \"main\"", place));
  }
}

}  // namespace mayfly::config
