// SPDX-License-Identifier: Apache-2.0
// Small ways with text that several layers need.
#pragma once

#include <string_view>
#include <vector>

namespace mayfly {

// Without the white space (space, tab, CR, LF) at both ends.
constexpr std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  size_t begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

// What stands before, between and after the line feeds: one more piece than there are of them.
inline std::vector<std::string_view> splitLines(std::string_view text) {
  std::vector<std::string_view> lines;
  for (;;) {
    size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == text.npos) return lines;
    text.remove_prefix(end + 1);
  }
}

}  // namespace mayfly
