// SPDX-License-Identifier: Apache-2.0
#include "config/reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "base/nearest.h"

namespace mayfly::config {

void Report::error(Position at, std::string_view message) {
  errors_.push_back(fmt::format("{}: {}", document_.where(at), message));
}

void Report::warning(Position at, std::string_view message) {
  warnings_.push_back(fmt::format("{}: {}", document_.where(at), message));
}

void Report::notice(Position at, std::string_view message) {
  notices_.push_back(fmt::format("{}: {}", document_.where(at), message));
}

void Report::wrongType(const Value& value, std::string_view where, std::string_view expected) {
  error(value.at, fmt::format("\"{}\" must be {}, but is {}", where, expected, kindName(value.kind)));
}

Error Report::failure() const { return {ErrorCode::invalid, fmt::format("{}", fmt::join(errors_, "\n"))}; }

std::optional<std::string> readString(Report& report, const Value* value, std::string_view where) {
  if (value == nullptr) return std::nullopt;
  if (value->kind == Value::Kind::string) return value->text;
  report.wrongType(*value, where, "a string");
  return std::nullopt;
}

std::optional<std::string> readNonEmptyString(Report& report, const Value* value, std::string_view where) {
  auto string = readString(report, value, where);
  if (string && string->empty()) {
    report.error(value->at, fmt::format("\"{}\" must not be empty", where));
    return std::nullopt;
  }
  return string;
}

std::optional<bool> readBoolean(Report& report, const Value* value, std::string_view where) {
  if (value == nullptr) return std::nullopt;
  if (value->kind == Value::Kind::boolean) return value->boolean;
  report.wrongType(*value, where, "true or false");
  return std::nullopt;
}

std::optional<uint32_t> readInteger(Report& report, const Value* value, std::string_view where, uint32_t least) {
  if (value == nullptr) return std::nullopt;
  constexpr uint32_t kMost = 1'000'000'000;
  if (value->kind == Value::Kind::number) {
    const std::string& text = value->text;
    uint32_t number = 0;
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem == std::errc() && end == text.data() + text.size() && number >= least && number <= kMost) {
      return number;
    }
    report.error(value->at,
                 fmt::format("\"{}\" must be a whole number from {} to {}, but is {}", where, least, kMost, text));
    return std::nullopt;
  }
  report.wrongType(*value, where, "a whole number");
  return std::nullopt;
}

const std::vector<Value>& readArray(Report& report, const Value* value, std::string_view where) {
  static const std::vector<Value> kNone;
  if (value == nullptr) return kNone;
  if (value->kind == Value::Kind::array) return value->items;
  report.wrongType(*value, where, "an array");
  return kNone;
}

const std::vector<Member>& readObject(Report& report, const Value* value, std::string_view where) {
  static const std::vector<Member> kNone;
  if (value == nullptr) return kNone;
  if (value->kind == Value::Kind::object) return value->members;
  report.wrongType(*value, where, "an object");
  return kNone;
}

std::vector<std::string> readStrings(Report& report, const Value* value, std::string_view where) {
  std::vector<std::string> strings;
  for (const Value& item : readArray(report, value, where)) {
    if (auto string = readNonEmptyString(report, &item, fmt::format("{}[{}]", where, strings.size()))) {
      strings.push_back(std::move(*string));
    }
  }
  return strings;
}

ObjectReader::ObjectReader(Report& report, const Value& value, std::string where)
    : report_(report), value_(value), where_(std::move(where)) {
  if (value.kind != Value::Kind::object) report.wrongType(value, where_, "an object");
}

const Value* ObjectReader::take(std::string_view key) {
  known_.push_back(key);
  return value_.find(key);
}

std::string ObjectReader::where(std::string_view key) const { return fmt::format("{}.{}", where_, key); }

std::optional<std::string> ObjectReader::string(std::string_view key) {
  return readNonEmptyString(report_, take(key), where(key));
}

std::optional<std::string> ObjectReader::required(std::string_view key) {
  const Value* value = take(key);
  if (value == nullptr && value_.kind == Value::Kind::object) {
    report_.error(value_.at, fmt::format("\"{}\" needs \"{}\"", where_, key));
  }
  return readNonEmptyString(report_, value, where(key));
}

std::optional<bool> ObjectReader::boolean(std::string_view key) { return readBoolean(report_, take(key), where(key)); }

void ObjectReader::finish() {
  for (const Member& member : value_.members) {
    if (std::ranges::find(known_, member.key) != known_.end()) continue;
    auto hint = didYouMean(member.key, known_);
    if (hint.empty()) hint = fmt::format(" (known: {})", fmt::join(known_, ", "));
    report_.error(member.at, fmt::format("unknown key \"{}\" in \"{}\"{}", member.key, where_, hint));
  }
}

}  // namespace mayfly::config
