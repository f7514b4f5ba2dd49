// SPDX-License-Identifier: Apache-2.0
// JSON as RFC 8259 has it, with // and /* */ comments and a comma before a closing bracket. Written as a plain descent
// because each value must know its line and column, and each error what was expected there.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "config/document.h"

namespace mayfly::config {
namespace {

constexpr int kDepthMax = 100;

class JsoncParser {
 public:
  JsoncParser(std::string_view text, Document& document) : text_(text), document_(document) {
    if (text_.starts_with("\xEF\xBB\xBF")) index_ = lineStart_ = 3;
  }

  Result<void> parse() {
    if (auto skipped = skipSpace(); !skipped) return skipped;
    if (atEnd()) return error("the file is empty; at least {\"name\": ..., \"main\": ...} is needed");
    if (peek() != '{') return error(fmt::format("expected '{{', found {}", found()));
    if (auto parsed = parseValue(document_.root, 0); !parsed) return parsed;
    if (auto skipped = skipSpace(); !skipped) return skipped;
    if (!atEnd()) return error(fmt::format("expected the end of the file, found {}", found()));
    return {};
  }

 private:
  bool atEnd() const { return index_ >= text_.size(); }
  char peek() const { return text_[index_]; }
  Position position() const { return {line_, static_cast<uint32_t>(index_ - lineStart_ + 1)}; }

  void advance() {
    if (text_[index_++] == '\n') {
      ++line_;
      lineStart_ = index_;
    }
  }

  std::unexpected<Error> errorAt(Position at, std::string_view message) const {
    return fail(ErrorCode::invalid, fmt::format("{}: {}", document_.where(at), message));
  }
  std::unexpected<Error> error(std::string_view message) const { return errorAt(position(), message); }

  std::string found() const {
    if (atEnd()) return "the end of the file";
    unsigned char c = static_cast<unsigned char>(peek());
    return c > 0x20 && c < 0x7f ? fmt::format("'{}'", peek()) : fmt::format("byte 0x{:02x}", c);
  }

  Result<void> skipSpace() {
    while (!atEnd()) {
      char c = peek();
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        advance();
      } else if (text_.substr(index_).starts_with("//")) {
        while (!atEnd() && peek() != '\n') advance();
      } else if (text_.substr(index_).starts_with("/*")) {
        Position start = position();
        size_t end = text_.find("*/", index_ + 2);
        if (end == std::string_view::npos) return errorAt(start, "this comment has no end: expected */");
        while (index_ < end + 2) advance();
      } else {
        break;
      }
    }
    return {};
  }

  Result<void> parseValue(Value& value, int depth) {
    value.at = position();
    if (depth > kDepthMax) return error(fmt::format("nested deeper than {} levels", kDepthMax));
    if (atEnd()) return error("expected a value, found the end of the file");
    char c = peek();
    if (c == '{') return parseObject(value, depth);
    if (c == '[') return parseArray(value, depth);
    if (c == '"') {
      value.kind = Value::Kind::string;
      return parseString(value.text);
    }
    if (c == '-' || (c >= '0' && c <= '9')) return parseNumber(value);
    if (takeWord("null")) return {};
    if (takeWord("true") || takeWord("false")) {
      value.kind = Value::Kind::boolean;
      value.boolean = text_[index_ - 2] == 'u';
      return {};
    }
    if (c == '\'') return error("expected a value, found a single quote: strings stand in double quotes");
    return error(fmt::format("expected a value, found {}", found()));
  }

  bool takeWord(std::string_view word) {
    if (!text_.substr(index_).starts_with(word)) return false;
    index_ += word.size();
    return true;
  }

  Result<void> parseObject(Value& value, int depth) {
    value.kind = Value::Kind::object;
    advance();
    while (true) {
      if (auto skipped = skipSpace(); !skipped) return skipped;
      if (atEnd()) return errorAt(value.at, "this '{' has no '}'");
      if (peek() == '}') return advance(), Result<void>();
      if (peek() != '"') {
        return error(fmt::format("expected a key in double quotes or '}}', found {}", found()));
      }
      Member member;
      member.at = position();
      if (auto parsed = parseString(member.key); !parsed) return parsed;
      for (const Member& earlier : value.members) {
        if (earlier.key == member.key) {
          return errorAt(member.at,
                         fmt::format("key \"{}\" stands twice, first in line {}", member.key, earlier.at.line));
        }
      }
      if (auto skipped = skipSpace(); !skipped) return skipped;
      if (atEnd() || peek() != ':') {
        return error(fmt::format("expected ':' after key \"{}\", found {}", member.key, found()));
      }
      advance();
      if (auto skipped = skipSpace(); !skipped) return skipped;
      if (auto parsed = parseValue(member.value, depth + 1); !parsed) return parsed;
      auto after = fmt::format("the value of \"{}\"", member.key);
      value.members.push_back(std::move(member));
      if (auto separated = parseSeparator('}', value.at, after); !separated) return separated;
    }
  }

  Result<void> parseArray(Value& value, int depth) {
    value.kind = Value::Kind::array;
    advance();
    while (true) {
      if (auto skipped = skipSpace(); !skipped) return skipped;
      if (atEnd()) return errorAt(value.at, "this '[' has no ']'");
      if (peek() == ']') return advance(), Result<void>();
      if (auto parsed = parseValue(value.items.emplace_back(), depth + 1); !parsed) return parsed;
      if (auto separated = parseSeparator(']', value.at, "the element"); !separated) return separated;
    }
  }

  // A comma, or what closes (which stays for the caller).
  Result<void> parseSeparator(char close, Position open, std::string_view after) {
    if (auto skipped = skipSpace(); !skipped) return skipped;
    if (atEnd()) return errorAt(open, fmt::format("this '{}' has no '{}'", close == '}' ? '{' : '[', close));
    if (peek() == ',') return advance(), Result<void>();
    if (peek() == close) return {};
    return error(fmt::format("expected ',' or '{}' after {}, found {}", close, after, found()));
  }

  Result<void> parseNumber(Value& value) {
    value.kind = Value::Kind::number;
    size_t start = index_;
    auto digits = [&] {
      size_t first = index_;
      while (!atEnd() && peek() >= '0' && peek() <= '9') ++index_;
      return index_ > first;
    };
    if (peek() == '-') ++index_;
    bool leadingZero = !atEnd() && peek() == '0';
    size_t whole = index_;
    if (!digits()) return error(fmt::format("expected a digit, found {}", found()));
    if (leadingZero && index_ - whole > 1) return errorAt(value.at, "a number must not begin with 0");
    if (!atEnd() && peek() == '.') {
      ++index_;
      if (!digits()) return error(fmt::format("expected a digit after '.', found {}", found()));
    }
    if (!atEnd() && (peek() == 'e' || peek() == 'E')) {
      ++index_;
      if (!atEnd() && (peek() == '+' || peek() == '-')) ++index_;
      if (!digits()) return error(fmt::format("expected an exponent, found {}", found()));
    }
    value.text = text_.substr(start, index_ - start);
    return {};
  }

  Result<void> parseString(std::string& string) {
    Position start = position();
    advance();
    while (true) {
      if (atEnd() || peek() == '\n') return errorAt(start, "this string has no closing double quote");
      unsigned char c = static_cast<unsigned char>(peek());
      if (c == '"') return advance(), Result<void>();
      if (c == '\\') {
        if (auto parsed = parseEscape(string); !parsed) return parsed;
      } else if (c < 0x20) {
        return error(fmt::format("byte 0x{:02x} must be escaped in a string", c));
      } else {
        string += peek();
        advance();
      }
    }
  }

  Result<void> parseEscape(std::string& string) {
    Position start = position();
    advance();
    if (atEnd()) return errorAt(start, "expected an escape, found the end of the file");
    char c = peek();
    advance();
    switch (c) {
      case '"':
      case '\\':
      case '/': string += c; return {};
      case 'b': string += '\b'; return {};
      case 'f': string += '\f'; return {};
      case 'n': string += '\n'; return {};
      case 'r': string += '\r'; return {};
      case 't': string += '\t'; return {};
      case 'u': break;
      default: return errorAt(start, "no such escape; \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX exist");
    }
    auto unit = parseHex();
    if (unit && *unit >= 0xD800 && *unit < 0xDC00 && text_.substr(index_).starts_with("\\u")) {
      index_ += 2;
      auto low = parseHex();
      if (!low || *low < 0xDC00 || *low > 0xDFFF) return errorAt(start, "half of a surrogate pair is missing");
      unit = 0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00);
    }
    if (!unit) return errorAt(start, "expected four hexadecimal digits after \\u");
    if (*unit >= 0xD800 && *unit <= 0xDFFF) return errorAt(start, "half of a surrogate pair is missing");
    appendUtf8(string, *unit);
    return {};
  }

  std::optional<uint32_t> parseHex() {
    uint32_t value = 0;
    for (int i = 0; i < 4; ++i, ++index_) {
      if (atEnd()) return std::nullopt;
      char c = peek();
      if (c >= '0' && c <= '9') {
        value = value * 16 + static_cast<uint32_t>(c - '0');
      } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
        value = value * 16 + static_cast<uint32_t>((c | 0x20) - 'a' + 10);
      } else {
        return std::nullopt;
      }
    }
    return value;
  }

  static void appendUtf8(std::string& string, uint32_t point) {
    auto byte = [&](uint32_t value) { string += static_cast<char>(value); };
    if (point < 0x80) return byte(point);
    if (point < 0x800) return byte(0xC0 | point >> 6), byte(0x80 | (point & 0x3F));
    if (point < 0x10000) {
      return byte(0xE0 | point >> 12), byte(0x80 | (point >> 6 & 0x3F)), byte(0x80 | (point & 0x3F));
    }
    byte(0xF0 | point >> 18), byte(0x80 | (point >> 12 & 0x3F)), byte(0x80 | (point >> 6 & 0x3F));
    byte(0x80 | (point & 0x3F));
  }

  std::string_view text_;
  Document& document_;
  size_t index_ = 0;
  size_t lineStart_ = 0;
  uint32_t line_ = 1;
};

}  // namespace

size_t findBadUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    unsigned char lead = static_cast<unsigned char>(text[i]);
    size_t length = lead < 0x80                   ? 1
                    : lead >= 0xC2 && lead < 0xE0 ? 2
                    : lead >= 0xE0 && lead < 0xF0 ? 3
                    : lead >= 0xF0 && lead < 0xF5 ? 4
                                                  : 0;
    if (length == 0 || i + length > text.size()) return i;
    for (size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return i;
    }
    unsigned char second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0;
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) ||
        (lead == 0xF4 && second > 0x8F)) {
      return i;
    }
    i += length;
  }
  return std::string_view::npos;
}

Result<Document> parseJsonc(std::string_view text, const std::filesystem::path& path) {
  Document document{path, {}};
  if (size_t bad = findBadUtf8(text); bad != std::string_view::npos) {
    auto before = text.substr(0, bad);
    size_t lineStart = before.rfind('\n') + 1;  // npos + 1 is 0
    Position at{static_cast<uint32_t>(std::count(before.begin(), before.end(), '\n') + 1),
                static_cast<uint32_t>(bad - lineStart + 1)};
    return fail(ErrorCode::invalid, fmt::format("{}: is not UTF-8 here", document.where(at)));
  }
  if (auto parsed = JsoncParser(text, document).parse(); !parsed) return std::unexpected(parsed.error());
  return document;
}

}  // namespace mayfly::config
