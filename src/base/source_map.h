// SPDX-License-Identifier: Apache-2.0
// A decoded source map (https://tc39.es/ecma426/): from a position in generated code to the source it was made from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mayfly {

class SourceMap {
 public:
  struct Position {
    std::string_view source;  // valid as long as the map
    uint32_t line = 0;        // from 1
    uint32_t column = 0;      // from 1
  };

  // Segments that are malformed end the decoding of their line; what was read before stands.
  SourceMap(std::vector<std::string> sources, std::string_view mappings);

  // Both from 1, as V8 counts them.
  std::optional<Position> find(uint32_t line, uint32_t column) const;

 private:
  struct Segment {
    uint32_t column;  // from 0, of the generated line
    uint32_t source;
    uint32_t sourceLine;
    uint32_t sourceColumn;
  };

  std::vector<std::string> sources_;
  std::vector<std::vector<Segment>> lines_;
};

}  // namespace mayfly
