// SPDX-License-Identifier: Apache-2.0
// The character classes of HTTP/1 (RFC 9110, 5.5 and 5.6.2), as tables.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace mayfly::http {

// The lower-case form of a token character, 0 for any other byte.
inline constexpr std::array<char, 256> kTokenLower = [] {
  std::array<char, 256> table{};
  for (char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")) table[uint8_t(c)] = c;
  for (char c = 'A'; c <= 'Z'; c++) table[uint8_t(c)] = char(c + 32);
  return table;
}();

// Bytes of a field value: visible ASCII, space, tab and what lies beyond ASCII.
inline constexpr std::array<bool, 256> kFieldByte = [] {
  std::array<bool, 256> table{};
  for (int c = 0x20; c < 256; c++) table[c] = c != 0x7f;
  table['\t'] = true;
  return table;
}();

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; }

constexpr bool equalsIgnoringCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); i++) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

constexpr bool isFieldValue(std::string_view text) {
  bool good = true;
  for (char c : text) good &= kFieldByte[uint8_t(c)];
  return good;
}

constexpr bool isToken(std::string_view text) {
  for (char c : text) {
    if (kTokenLower[uint8_t(c)] == 0) return false;
  }
  return !text.empty();
}

// Calls `visit` with each element of a comma-separated list, without the white space around it.
template <typename Visit>
void eachListElement(std::string_view list, Visit visit) {
  while (!list.empty()) {
    size_t comma = list.find(',');
    std::string_view element = list.substr(0, comma);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    size_t first = element.find_first_not_of(" \t");
    if (first == std::string_view::npos) continue;
    visit(element.substr(first, element.find_last_not_of(" \t") - first + 1));
  }
}

}  // namespace mayfly::http
