// SPDX-License-Identifier: Apache-2.0
#include "supervisor/asset_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <functional>

#include "base/text.h"
#include "config/document.h"
#include "http/characters.h"

namespace mayfly::supervisor {
namespace {

constexpr size_t kRedirectLineMax = 1'000;
constexpr size_t kHeaderLineMax = 2'000;
constexpr size_t kStaticRedirectsMax = 2'000;
constexpr size_t kDynamicRedirectsMax = 100;
constexpr size_t kHeaderRulesMax = 100;
constexpr std::array kStatuses = {200, 301, 302, 303, 307, 308};
constexpr std::string_view kSpaces = " \t\r";

std::vector<std::string_view> wordsOf(std::string_view line) {
  std::vector<std::string_view> words;
  for (size_t at = line.find_first_not_of(kSpaces); at != std::string_view::npos;
       at = line.find_first_not_of(kSpaces, at)) {
    size_t end = std::min(line.find_first_of(kSpaces, at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

bool isAddress(std::string_view text) { return text.starts_with("https://") || text.starts_with("http://"); }

// Whether it is more than one path: it has a "*" or a ":name".
bool isDynamic(std::string_view path) {
  for (size_t at = path.find(':'); at != std::string_view::npos; at = path.find(':', at + 1)) {
    if (at + 1 < path.size() && std::isalpha(static_cast<unsigned char>(path[at + 1])) != 0) return true;
  }
  return path.contains('*');
}

// Calls `take` with every line that says something; its error gets the number of the line.
Result<void> eachLine(std::string_view text, size_t lineMax,
                      const std::function<Result<void>(std::string_view, bool indented)>& take) {
  if (config::findBadUtf8(text) < text.size()) return fail(ErrorCode::invalid, "1: the file is not UTF-8");
  size_t number = 0;
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size());
    std::string_view whole = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    std::string_view line = trim(whole);
    if (line.empty() || line.front() == '#') continue;
    Result<void> taken;
    if (line.size() > lineMax) {
      taken = fail(ErrorCode::invalid, fmt::format("the line has more than {} characters", lineMax));
    } else {
      taken = take(line, whole.front() == ' ' || whole.front() == '\t');
    }
    if (!taken) return fail(ErrorCode::invalid, fmt::format("{}: {}", number, taken.error().message));
  }
  return {};
}

Result<void> checkPattern(std::string_view from) {
  if (std::ranges::count(from, '*') > 1) return fail(ErrorCode::invalid, "a path can have one \"*\"");
  return {};
}

Result<RedirectRule> parseRedirect(std::string_view line) {
  auto words = wordsOf(line);
  if (words.size() < 2 || words.size() > 3) {
    return fail(ErrorCode::invalid, "a redirect is written as: /from /to 302");
  }
  RedirectRule rule{std::string(words[0]), std::string(words[1]), 302};
  if (words[0].front() != '/') {
    return fail(ErrorCode::invalid, fmt::format("\"{}\" must be a path: it must begin with a slash", words[0]));
  }
  if (words[0].contains('?') || words[0].contains('#')) {
    return fail(ErrorCode::invalid, fmt::format("\"{}\" must be a path alone, without \"?\" and \"#\"", words[0]));
  }
  if (auto checked = checkPattern(words[0]); !checked) return std::unexpected(checked.error());
  if (words[1].front() != '/' && !isAddress(words[1])) {
    return fail(ErrorCode::invalid, fmt::format("\"{}\" must be a path or an address of http or https", words[1]));
  }
  if (words.size() == 3) {
    auto [end, error] = std::from_chars(words[2].data(), words[2].data() + words[2].size(), rule.status);
    if (error != std::errc() || end != words[2].data() + words[2].size() ||
        std::ranges::find(kStatuses, rule.status) == kStatuses.end()) {
      return fail(ErrorCode::invalid,
                  fmt::format("the status {} is none of 200, 301, 302, 303, 307 and 308", words[2]));
    }
  }
  if (rule.status == 200 && isAddress(words[1])) {
    return fail(ErrorCode::invalid, "what is answered with status 200 must be a path, not another address");
  }
  return rule;
}

Result<void> addHeader(HeaderRule& rule, std::string_view line) {
  if (line.front() == '!') {
    std::string_view name = trim(line.substr(1));
    if (!http::isToken(name)) return fail(ErrorCode::invalid, fmt::format("\"{}\" is not the name of a header", name));
    rule.unset.emplace_back(name);
    return {};
  }
  size_t colon = line.find(':');
  if (colon == std::string_view::npos) return fail(ErrorCode::invalid, "a header is written as: name: value");
  std::string_view name = trim(line.substr(0, colon));
  std::string_view value = trim(line.substr(colon + 1));
  if (!http::isToken(name)) return fail(ErrorCode::invalid, fmt::format("\"{}\" is not the name of a header", name));
  if (value.empty()) return fail(ErrorCode::invalid, fmt::format("the header {} has no value", name));
  bool plain = std::ranges::all_of(value, [](unsigned char c) { return c == '\t' || (c >= 0x20 && c < 0x7f); });
  if (!plain) return fail(ErrorCode::invalid, fmt::format("the value of {} must consist of ASCII characters", name));
  rule.set.emplace_back(name, value);
  return {};
}

}  // namespace

Result<std::vector<RedirectRule>> parseRedirectRules(std::string_view text) {
  std::vector<RedirectRule> rules;
  size_t dynamicCount = 0;
  auto read = eachLine(text, kRedirectLineMax, [&](std::string_view line, bool) -> Result<void> {
    auto rule = parseRedirect(line);
    if (!rule) return std::unexpected(rule.error());
    if (isDynamic(rule->from) && ++dynamicCount > kDynamicRedirectsMax) {
      return fail(ErrorCode::invalid,
                  fmt::format("there are more than {} redirects with \"*\" or \":name\"", kDynamicRedirectsMax));
    }
    if (rules.size() + 1 - dynamicCount > kStaticRedirectsMax) {
      return fail(ErrorCode::invalid, fmt::format("there are more than {} redirects", kStaticRedirectsMax));
    }
    rules.push_back(std::move(*rule));
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return rules;
}

Result<std::vector<HeaderRule>> parseHeaderRules(std::string_view text) {
  std::vector<HeaderRule> rules;
  auto read = eachLine(text, kHeaderLineMax, [&](std::string_view line, bool indented) -> Result<void> {
    bool isPath = !indented && (line.front() == '/' || line.starts_with("https://"));
    if (!isPath) {
      if (rules.empty()) {
        return fail(ErrorCode::invalid,
                    "before headers, a line must have the path that they are for: /path, or https://host/path");
      }
      return addHeader(rules.back(), line);
    }
    if (auto checked = checkPattern(line); !checked) return checked;
    if (rules.size() == kHeaderRulesMax) {
      return fail(ErrorCode::invalid, fmt::format("there are more than {} rules", kHeaderRulesMax));
    }
    rules.push_back({std::string(line), {}, {}});
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return rules;
}

}  // namespace mayfly::supervisor
