// SPDX-License-Identifier: Apache-2.0
#define TOML_HEADER_ONLY 1
#include <fmt/format.h>
#include <toml++/toml.h>

#include <cmath>

#include "config/document.h"

namespace mayfly::config {
namespace {

Position positionOf(const toml::source_region& source) {
  return {std::max<uint32_t>(source.begin.line, 1), std::max<uint32_t>(source.begin.column, 1)};
}

class TomlConverter {
 public:
  explicit TomlConverter(const Document& document) : document_(document) {}

  Result<void> convert(const toml::node& node, Value& value) {
    value.at = positionOf(node.source());
    if (const auto* table = node.as_table()) {
      value.kind = Value::Kind::object;
      for (const auto& [key, child] : *table) {
        auto& member = value.members.emplace_back(Member{std::string(key.str()), positionOf(key.source()), {}});
        if (auto converted = convert(child, member.value); !converted) return converted;
      }
    } else if (const auto* array = node.as_array()) {
      value.kind = Value::Kind::array;
      for (const auto& child : *array) {
        if (auto converted = convert(child, value.items.emplace_back()); !converted) return converted;
      }
    } else if (const auto* string = node.as_string()) {
      value.kind = Value::Kind::string;
      value.text = string->get();
    } else if (const auto* boolean = node.as_boolean()) {
      value.kind = Value::Kind::boolean;
      value.boolean = boolean->get();
    } else if (const auto* integer = node.as_integer()) {
      value.kind = Value::Kind::number;
      value.text = fmt::format("{}", integer->get());
    } else if (const auto* number = node.as_floating_point(); number && std::isfinite(number->get())) {
      value.kind = Value::Kind::number;
      value.text = fmt::format("{}", number->get());
    } else if (number) {
      return fail(ErrorCode::invalid, fmt::format("{}: nan and inf have no place here", document_.where(value.at)));
    } else {
      return fail(ErrorCode::invalid,
                  fmt::format("{}: dates and times must stand in quotes", document_.where(value.at)));
    }
    return {};
  }

 private:
  const Document& document_;
};

// toml++ bounds how deep values are nested, but not keys: a.a.a.a... is as many tables, and each takes stack.
constexpr size_t kLineDotsMax = 1000;

Result<void> checkDots(std::string_view text, const Document& document) {
  Position at;
  for (size_t dots = 0; char c : text) {
    if (c == '\n') {
      ++at.line;
      dots = 0;
    } else if (c == '.' && ++dots > kLineDotsMax) {
      return fail(ErrorCode::invalid, fmt::format("{}: a line may hold {} dots; write a long string in several lines, "
                                                  "between three quotes each",
                                                  document.where(at), kLineDotsMax));
    }
  }
  return {};
}

}  // namespace

Result<Document> parseToml(std::string_view text, const std::filesystem::path& path) {
  Document document{path, {}};
  if (auto good = checkDots(text, document); !good) return std::unexpected(good.error());
  try {
    toml::table table = toml::parse(text);
    if (table.empty()) {
      return fail(
          ErrorCode::invalid,
          fmt::format("{}: the file is empty; at least name = ... and main = ... are needed", document.where({})));
    }
    if (auto converted = TomlConverter(document).convert(table, document.root); !converted) {
      return std::unexpected(converted.error());
    }
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::invalid,
                fmt::format("{}: {}", document.where(positionOf(error.source())), error.description()));
  }
  return document;
}

}  // namespace mayfly::config
