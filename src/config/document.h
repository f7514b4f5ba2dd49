// SPDX-License-Identifier: Apache-2.0
// A configuration file as a tree of values that know where they stand, so that validation is written once for JSONC and
// TOML and every message can name file, line and column.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace mayfly::config {

// Both count from 1; columns are bytes.
struct Position {
  uint32_t line = 1;
  uint32_t column = 1;
};

struct Member;

struct Value {
  enum class Kind : uint8_t { null, boolean, number, string, array, object };

  Kind kind = Kind::null;
  Position at;
  bool boolean = false;
  std::string text;             // string: its characters; number: as JSON writes it
  std::vector<Value> items;     // array
  std::vector<Member> members;  // object, in the order of the file (TOML: by name); no key twice

  const Value* find(std::string_view key) const;
};

struct Member {
  std::string key;
  Position at;
  Value value;
};

struct Document {
  std::filesystem::path path;
  Value root;  // an object

  // "wrangler.jsonc:3:5", with the path as the user gave it.
  std::string where(Position position) const;
};

// Reads a file of at most kDocumentBytesMax; the name's end (.toml or not) chooses the language.
inline constexpr size_t kDocumentBytesMax = 1 << 20;
Result<Document> readDocument(const std::filesystem::path& path);

// JSON with comments and trailing commas. A key that stands twice in an object is an error.
Result<Document> parseJsonc(std::string_view text, const std::filesystem::path& path);
// TOML 1.0. Dates, times, nan and inf have no JSON counterpart and are errors.
Result<Document> parseToml(std::string_view text, const std::filesystem::path& path);

// "a string", "an object": for messages.
std::string_view kindName(Value::Kind kind);

std::string toJson(const Value& value);
std::string quoteJson(std::string_view text);

// The byte where `text` stops being UTF-8, or npos.
size_t findBadUtf8(std::string_view text);

// Reads a whole file, or says why not (missing, a directory, too large, a symlink loop).
Result<std::string> readFile(const std::filesystem::path& path, size_t bytesMax);

}  // namespace mayfly::config
