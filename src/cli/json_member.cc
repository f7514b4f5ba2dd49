// SPDX-License-Identifier: Apache-2.0
#include "cli/json_member.h"

namespace mayfly::cli {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

size_t skipSpace(std::string_view json, size_t at) {
  size_t next = json.find_first_not_of(kSpace, at);
  return next == json.npos ? json.size() : next;
}

// From an opening quote to after the closing one.
size_t skipString(std::string_view json, size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return at + 1;
}

size_t skipValue(std::string_view json, size_t at) {
  int depth = 0;
  while (at < json.size()) {
    char c = json[at];
    if (c == '"') {
      at = skipString(json, at);
    } else {
      if (c == '{' || c == '[') ++depth;
      if (depth == 0 && (c == ',' || c == '}' || c == ']' || kSpace.find(c) != kSpace.npos)) return at;
      if (c == '}' || c == ']') --depth;
      ++at;
    }
    if (depth == 0 && (c == '"' || c == '}' || c == ']')) return at;
  }
  return at;
}

}  // namespace

std::optional<std::string_view> jsonMember(std::string_view json, std::string_view name) {
  size_t at = skipSpace(json, 0) + 1;  // past '{'
  while (at < json.size()) {
    at = skipSpace(json, at);
    if (at >= json.size() || json[at] != '"') return std::nullopt;
    size_t keyEnd = skipString(json, at);
    if (keyEnd > json.size()) return std::nullopt;
    std::string_view key = json.substr(at + 1, keyEnd - at - 2);
    size_t begin = skipSpace(json, skipSpace(json, keyEnd) + 1);  // past ':'
    size_t end = skipValue(json, begin);
    if (key == name && begin < json.size()) return json.substr(begin, end - begin);
    at = skipSpace(json, end) + 1;  // past ','
  }
  return std::nullopt;
}

}  // namespace mayfly::cli
