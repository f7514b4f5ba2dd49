// SPDX-License-Identifier: Apache-2.0
// Reading typed fields out of positioned values. A Report collects everything that is wrong with a file, so that a
// user sees all of it at once; an ObjectReader reads one object and complains about the keys nobody asked for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.h"

namespace mayfly::config {

class Report {
 public:
  explicit Report(const Document& document) : document_(document) {}

  void error(Position at, std::string_view message);
  void warning(Position at, std::string_view message);
  void notice(Position at, std::string_view message);
  // `where` was expected to be `expected`, "a string" say.
  void wrongType(const Value& value, std::string_view where, std::string_view expected);

  const Document& document() const { return document_; }
  bool failed() const { return !errors_.empty(); }
  // All errors, a line each.
  Error failure() const;
  std::vector<std::string> takeWarnings() { return std::move(warnings_); }
  std::vector<std::string> takeNotices() { return std::move(notices_); }

 private:
  const Document& document_;
  std::vector<std::string> errors_;
  std::vector<std::string> warnings_;
  std::vector<std::string> notices_;
};

// Typed reads of one value; nothing and an error in the report when the type is wrong. A null `value` is absence.
std::optional<std::string> readString(Report& report, const Value* value, std::string_view where);
std::optional<std::string> readNonEmptyString(Report& report, const Value* value, std::string_view where);
std::optional<bool> readBoolean(Report& report, const Value* value, std::string_view where);
std::optional<uint32_t> readInteger(Report& report, const Value* value, std::string_view where, uint32_t least);
std::vector<std::string> readStrings(Report& report, const Value* value, std::string_view where);
// The elements or members, or nothing when it is absent or something else.
const std::vector<Value>& readArray(Report& report, const Value* value, std::string_view where);
const std::vector<Member>& readObject(Report& report, const Value* value, std::string_view where);

class ObjectReader {
 public:
  // `where` names the object in messages: "services[0]".
  ObjectReader(Report& report, const Value& value, std::string where);

  // The value under `key`, or null; either way the key is known from now on.
  const Value* take(std::string_view key);
  std::optional<std::string> string(std::string_view key);    // non-empty
  std::optional<std::string> required(std::string_view key);  // non-empty, an error when absent
  std::optional<bool> boolean(std::string_view key);
  std::string where(std::string_view key) const;

  // Complains about the members that were not taken.
  void finish();

 private:
  Report& report_;
  const Value& value_;
  std::string where_;
  std::vector<std::string_view> known_;
};

}  // namespace mayfly::config
