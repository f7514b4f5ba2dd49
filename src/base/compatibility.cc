// SPDX-License-Identifier: Apache-2.0
#include "base/compatibility.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/compatibility_table.h"

namespace mayfly {
namespace {

// -1 unless `text` is decimal digits alone.
int digits(std::string_view text) {
  int value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value;
}

bool isCalendarDate(std::string_view date) {
  if (date.size() != 10 || date[4] != '-' || date[7] != '-') return false;
  int year = digits(date.substr(0, 4)), month = digits(date.substr(5, 2)), day = digits(date.substr(8, 2));
  if (year < 0 || month < 0 || day < 0) return false;
  return std::chrono::year_month_day{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                     std::chrono::day{static_cast<unsigned>(day)}}
      .ok();
}

bool contains(std::span<const std::string> flags, std::string_view name) {
  return !name.empty() && std::ranges::find(flags, name) != flags.end();
}

bool isKnown(std::string_view name) {
  return std::ranges::any_of(kCompatibilityFlags, [&](const CompatibilityFlag& flag) {
    return flag.enable == name || (!flag.disable.empty() && flag.disable == name);
  });
}

// Flags that nodejs_compat brings along from a date on, unless they are turned off by name. nodejs_compat_v2 brings
// nodejs_compat, even where that is turned off.
void applyImplied(std::string_view date, std::span<const std::string> flags, CompatibilityFlags& resolved) {
  if (resolved.nodejsCompatV2) resolved.nodejsCompat = true;
  if (!resolved.nodejsCompat) return;
  if (date >= "2024-09-23" && !contains(flags, "no_nodejs_compat_v2")) resolved.nodejsCompatV2 = true;
  if (!contains(flags, "no_nodejs_als")) resolved.nodejsAls = true;
  if (date >= "2025-04-01" && !contains(flags, "nodejs_compat_do_not_populate_process_env")) {
    resolved.populateProcessEnv = true;
  }
}

}  // namespace

std::string todayUtc() {
  auto now = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  std::chrono::year_month_day day{now};
  auto text = fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                          static_cast<unsigned>(day.day()));
  return std::max(text, std::string(kNewestCompatibilityDate));
}

Result<void> checkCompatibilityDate(std::string_view date, std::string_view today) {
  if (!isCalendarDate(date)) return fail(ErrorCode::invalid, fmt::format("Invalid compatibility date: {}", date));
  if (date > today) {
    return fail(
        ErrorCode::invalid,
        fmt::format("Can't set compatibility date in the future: \"{}\". Today's date (UTC) is \"{}\".", date, today));
  }
  return {};
}

std::vector<std::string_view> compatibilityFlagNames() {
  std::vector<std::string_view> names;
  for (const CompatibilityFlag& flag : kCompatibilityFlags) {
    names.push_back(flag.enable);
    if (!flag.disable.empty()) names.push_back(flag.disable);
  }
  return names;
}

Result<CompatibilityFlags> resolveCompatibility(std::string_view date, std::span<const std::string> flags,
                                                const CompatibilityOptions& options) {
  std::string today = options.today.empty() ? todayUtc() : std::string(options.today);
  if (auto checked = checkCompatibilityDate(date, today); !checked) return std::unexpected(checked.error());

  for (size_t i = 0; i < flags.size(); ++i) {
    if (contains(flags.first(i), flags[i])) {
      return fail(ErrorCode::invalid, fmt::format("Compatibility flag specified multiple times: {}", flags[i]));
    }
  }

  CompatibilityFlags resolved;
  for (const CompatibilityFlag& flag : kCompatibilityFlags) {
    bool enabled = contains(flags, flag.enable), disabled = contains(flags, flag.disable);
    if (enabled && disabled) {
      return fail(ErrorCode::invalid,
                  fmt::format("Compatibility flags are mutually contradictory: {} vs {}", flag.enable, flag.disable));
    }
    if (enabled && flag.kind == CompatibilityFlag::Kind::unsupported) {
      return fail(
          ErrorCode::invalid,
          fmt::format("The compatibility flag {} is not supported: Mayfly runs JavaScript and WebAssembly only.",
                      flag.enable));
    }
    if (enabled && flag.kind == CompatibilityFlag::Kind::experimental && !options.allowExperimental) {
      return fail(ErrorCode::invalid, fmt::format("The compatibility flag {} is experimental and may break or be "
                                                  "removed in a future version. A dynamic worker may use it if it is "
                                                  "loaded with 'allowExperimental: true'.",
                                                  flag.enable));
    }
    if (flag.member != nullptr) {
      bool byDate = !flag.defaultFrom.empty() && date >= flag.defaultFrom;
      resolved.*flag.member = !disabled && (enabled || byDate);
    } else if (enabled || disabled) {
      resolved.withoutEffect.emplace_back(enabled ? flag.enable : flag.disable);
    }
  }

  for (const std::string& name : flags) {
    if (!isKnown(name)) return fail(ErrorCode::invalid, fmt::format("No such compatibility flag: {}", name));
  }
  applyImplied(date, flags, resolved);
  return resolved;
}

}  // namespace mayfly
