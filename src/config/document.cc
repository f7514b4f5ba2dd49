// SPDX-License-Identifier: Apache-2.0
#include "config/document.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

namespace mayfly::config {

const Value* Value::find(std::string_view key) const {
  for (const Member& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

std::string Document::where(Position position) const {
  return fmt::format("{}:{}:{}", path.string(), position.line, position.column);
}

std::string_view kindName(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::null: return "null";
    case Value::Kind::boolean: return "a boolean";
    case Value::Kind::number: return "a number";
    case Value::Kind::string: return "a string";
    case Value::Kind::array: return "an array";
    case Value::Kind::object: return "an object";
  }
  return "a value";
}

std::string quoteJson(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    switch (c) {
      case '"': quoted += "\\\""; break;
      case '\\': quoted += "\\\\"; break;
      case '\n': quoted += "\\n"; break;
      case '\r': quoted += "\\r"; break;
      case '\t': quoted += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          quoted += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
          quoted += c;
        }
    }
  }
  return quoted + '"';
}

std::string toJson(const Value& value) {
  switch (value.kind) {
    case Value::Kind::null: return "null";
    case Value::Kind::boolean: return value.boolean ? "true" : "false";
    case Value::Kind::number: return value.text;
    case Value::Kind::string: return quoteJson(value.text);
    case Value::Kind::array: {
      std::string json = "[";
      for (const Value& item : value.items) json += (json.size() > 1 ? "," : "") + toJson(item);
      return json + "]";
    }
    case Value::Kind::object: {
      std::string json = "{";
      for (const Member& member : value.members) {
        json += (json.size() > 1 ? "," : "") + quoteJson(member.key) + ":" + toJson(member.value);
      }
      return json + "}";
    }
  }
  return "null";
}

Result<std::string> readFile(const std::filesystem::path& path, size_t bytesMax) {
  std::error_code error;
  auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    return fail(ErrorCode::notFound, fmt::format("{}: there is no such file", path.string()));
  }
  if (error) return fail(ErrorCode::invalid, fmt::format("{}: {}", path.string(), error.message()));
  if (!std::filesystem::is_regular_file(status)) {
    return fail(ErrorCode::invalid, fmt::format("{}: is not a file", path.string()));
  }
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return fail(ErrorCode::denied, fmt::format("{}: {}", path.string(), std::strerror(errno)));
  std::string content;
  char buffer[65536];
  while (stream.read(buffer, sizeof buffer), stream.gcount() > 0) {
    content.append(buffer, static_cast<size_t>(stream.gcount()));
    if (content.size() > bytesMax) {
      return fail(ErrorCode::limit,
                  fmt::format("{}: is larger than {} bytes, the most that is read", path.string(), bytesMax));
    }
  }
  if (stream.bad()) return fail(ErrorCode::unavailable, fmt::format("{}: cannot be read", path.string()));
  return content;
}

Result<Document> readDocument(const std::filesystem::path& path) {
  auto text = readFile(path, kDocumentBytesMax);
  if (!text) return std::unexpected(text.error());
  return path.extension() == ".toml" ? parseToml(*text, path) : parseJsonc(*text, path);
}

}  // namespace mayfly::config
