// SPDX-License-Identifier: Apache-2.0
#include "base/source_map.h"

#include <algorithm>

namespace mayfly {

namespace {

int base64Digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

// One variable-length quantity; false at the end of the segment or at a malformed digit.
bool readVlq(std::string_view& text, int64_t& value) {
  uint64_t bits = 0;
  for (int shift = 0; shift < 35; shift += 5) {
    if (text.empty()) return false;
    int digit = base64Digit(text.front());
    if (digit < 0) return false;
    text.remove_prefix(1);
    bits |= static_cast<uint64_t>(digit & 31) << shift;
    if ((digit & 32) == 0) {
      value = (bits & 1) != 0 ? -static_cast<int64_t>(bits >> 1) : static_cast<int64_t>(bits >> 1);
      return true;
    }
  }
  return false;
}

}  // namespace

SourceMap::SourceMap(std::vector<std::string> sources, std::string_view mappings) : sources_(std::move(sources)) {
  int64_t source = 0;
  int64_t sourceLine = 0;
  int64_t sourceColumn = 0;
  for (;;) {
    auto end = mappings.find(';');
    std::string_view line = mappings.substr(0, end);
    auto& segments = lines_.emplace_back();
    int64_t column = 0;
    while (!line.empty()) {
      auto comma = line.find(',');
      std::string_view segment = line.substr(0, comma);
      line = comma == std::string_view::npos ? std::string_view() : line.substr(comma + 1);
      int64_t delta = 0;
      if (!readVlq(segment, delta)) break;
      column += delta;
      int64_t sourceDelta = 0;
      int64_t lineDelta = 0;
      int64_t columnDelta = 0;
      if (!readVlq(segment, sourceDelta) || !readVlq(segment, lineDelta) || !readVlq(segment, columnDelta)) continue;
      source += sourceDelta;
      sourceLine += lineDelta;
      sourceColumn += columnDelta;
      if (column < 0 || source < 0 || sourceLine < 0 || sourceColumn < 0) break;
      segments.push_back({static_cast<uint32_t>(column), static_cast<uint32_t>(source),
                          static_cast<uint32_t>(sourceLine), static_cast<uint32_t>(sourceColumn)});
    }
    if (end == std::string_view::npos) return;
    mappings.remove_prefix(end + 1);
  }
}

std::optional<SourceMap::Position> SourceMap::find(uint32_t line, uint32_t column) const {
  if (line == 0 || line > lines_.size() || column == 0) return std::nullopt;
  const auto& segments = lines_[line - 1];
  auto after = std::upper_bound(segments.begin(), segments.end(), column - 1,
                                [](uint32_t wanted, const Segment& segment) { return wanted < segment.column; });
  if (after == segments.begin()) return std::nullopt;
  const Segment& segment = *(after - 1);
  if (segment.source >= sources_.size()) return std::nullopt;
  return Position{sources_[segment.source], segment.sourceLine + 1, segment.sourceColumn + 1};
}

}  // namespace mayfly
