// SPDX-License-Identifier: Apache-2.0
#include "sandbox/launch_policy.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <charconv>

namespace mayfly::sandbox {
namespace {

constexpr std::pair<std::string_view, int> kResourceNames[] = {
    {"core", RLIMIT_CORE},       {"fsize", RLIMIT_FSIZE},       {"nofile", RLIMIT_NOFILE}, {"nproc", RLIMIT_NPROC},
    {"memlock", RLIMIT_MEMLOCK}, {"msgqueue", RLIMIT_MSGQUEUE}, {"stack", RLIMIT_STACK},
};

std::pair<std::string_view, std::string_view> split(std::string_view text, char separator) {
  size_t at = text.find(separator);
  if (at == text.npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + 1)};
}

std::unexpected<Error> wrong(std::string_view argument, std::string_view right) {
  return fail(ErrorCode::invalid, fmt::format("{}: {}", argument, right));
}

Result<void> parseOption(std::string_view argument, LaunchPolicy& policy) {
  auto [option, value] = split(argument, '=');
  if (argument == "--check") {
    policy.check = true;
  } else if (option == "--layers") {
    while (!value.empty()) {
      auto [name, rest] = split(value, ',');
      auto layer = layerNamed(name);
      if (!layer) return wrong(argument, fmt::format("there is no layer \"{}\"", name));
      policy.layers.add(*layer);
      value = rest;
    }
  } else if (option == "--file") {
    auto [inside, source] = split(value, '=');
    if (!inside.starts_with('/') || inside.find("..") != inside.npos || source.empty()) {
      return wrong(argument, "a file is given as /INSIDE=SOURCE");
    }
    policy.files.emplace_back(std::string(inside), std::string(source));
  } else if (option == "--limit") {
    auto [name, number] = split(value, '=');
    ResourceLimit limit{std::string(name), 0};
    auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), limit.value);
    if (resourceNamed(name) < 0 || error != std::errc{} || end != number.data() + number.size()) {
      return wrong(argument, "a limit is given as NAME=NUMBER");
    }
    policy.limits.push_back(std::move(limit));
  } else {
    return wrong(argument, "there is no such option");
  }
  return {};
}

}  // namespace

std::vector<std::string> toArguments(const LaunchPolicy& policy) {
  std::vector<std::string> arguments;
  if (policy.check) arguments.emplace_back("--check");
  std::string layers;
  for (const LayerInfo& info : kLayers) {
    if (policy.layers.has(info.layer)) layers += (layers.empty() ? "" : ",") + std::string(info.name);
  }
  arguments.push_back("--layers=" + layers);
  for (const auto& file : policy.files) arguments.push_back(fmt::format("--file={}={}", file.inside, file.source));
  for (const auto& limit : policy.limits) arguments.push_back(fmt::format("--limit={}={}", limit.name, limit.value));
  arguments.emplace_back("--");
  arguments.insert(arguments.end(), policy.command.begin(), policy.command.end());
  return arguments;
}

Result<LaunchPolicy> parseLaunchPolicy(std::span<const char* const> arguments) {
  LaunchPolicy policy;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string_view argument = arguments[i];
    if (argument == "--") {
      policy.command.assign(arguments.begin() + static_cast<ptrdiff_t>(i) + 1, arguments.end());
      break;
    }
    if (auto parsed = parseOption(argument, policy); !parsed) return std::unexpected(parsed.error());
  }
  if (policy.command.empty() && !policy.check) return fail(ErrorCode::invalid, "there is no command after --");
  return policy;
}

int resourceNamed(std::string_view name) {
  for (const auto& [known, resource] : kResourceNames) {
    if (known == name) return static_cast<int>(resource);
  }
  return -1;
}

std::string insideArgument(std::span<const FileMapping> files, std::string_view argument) {
  auto [option, value] = split(argument, '=');
  bool isOption = argument.starts_with("--");
  for (const FileMapping& file : files) {
    if (argument == file.source) return file.inside;
    if (isOption && value == file.source) return fmt::format("{}={}", option, file.inside);
  }
  return std::string(argument);
}

}  // namespace mayfly::sandbox
