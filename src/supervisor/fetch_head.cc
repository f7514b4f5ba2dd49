// SPDX-License-Identifier: Apache-2.0
#include "supervisor/fetch_head.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "http/characters.h"

namespace mayfly::supervisor {
namespace {

// The client's own business: framing, and what concerns one connection only.
constexpr std::string_view kOwnHeaders[] = {
    "host",    "connection", "keep-alive", "proxy-connection", "transfer-encoding",
    "upgrade", "te",         "trailer",    "expect",           "content-length"};

std::string lowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = http::lower(c);
  return lower;
}

bool holdsControlCharacter(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

}  // namespace

Result<FetchHead> parseFetchHead(std::string_view text) {
  auto fields = splitLines(text);
  if (fields.size() < 2 || fields.size() % 2 != 0) return fail(ErrorCode::invalid, "a request head lacks a field");
  FetchHead head;
  head.method = fields[0];
  head.url = fields[1];
  if (!http::isToken(head.method))
    return fail(ErrorCode::invalid, fmt::format("\"{}\" is not an HTTP method", head.method));
  std::string method = lowerCase(head.method);
  if (method == "connect" || method == "trace" || method == "track") {
    return fail(ErrorCode::invalid, fmt::format("HTTP method \"{}\" is not allowed", head.method));
  }
  for (size_t i = 2; i < fields.size(); i += 2) {
    std::string name = lowerCase(fields[i]);
    std::string_view value = trim(fields[i + 1]);
    if (!http::isToken(name)) return fail(ErrorCode::invalid, fmt::format("\"{}\" is not a header name", name));
    if (holdsControlCharacter(value))
      return fail(ErrorCode::invalid, fmt::format("header \"{}\" holds a line end", name));
    if (name == "content-length") {
      uint64_t length = 0;
      auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
      if (error != std::errc() || end != value.data() + value.size()) {
        return fail(ErrorCode::invalid, fmt::format("content-length \"{}\" is not a number", value));
      }
      head.contentLength = length;
    }
    if (std::ranges::find(kOwnHeaders, name) != std::end(kOwnHeaders)) continue;
    head.headers.emplace_back(std::move(name), value);
  }
  return head;
}

Result<void> ResponseHead::addLine(std::string_view line) {
  bytes_ += line.size();
  if (bytes_ > kResponseHeadBytesMax) {
    return fail(ErrorCode::limit, fmt::format("the response's headers exceed {} bytes", kResponseHeadBytesMax));
  }
  if (complete_) return {};  // trailers
  if (line.starts_with("HTTP/")) {
    status_ = 0;
    contentLength_.clear();
    headers_.clear();
    std::string_view rest = trim(line.substr(std::min(line.find(' '), line.size())));
    std::from_chars(rest.data(), rest.data() + rest.size(), status_);
    statusText_ = trim(rest.substr(std::min(rest.find(' '), rest.size())));
    return {};
  }
  if (trim(line).empty()) {
    complete_ = status_ >= 200 || status_ == 101;
    return {};
  }
  if (line[0] == ' ' || line[0] == '\t') {  // a value that goes on in a second line
    if (headers_.empty()) return {};
    std::string_view more = trim(line);
    if (holdsControlCharacter(more)) {
      headers_.pop_back();
    } else {
      headers_.back().second.append(" ").append(more);
    }
    return {};
  }
  // Names that are none occur in the wild; browsers ignore them.
  size_t colon = line.find(':');
  if (colon == line.npos || !http::isToken(line.substr(0, colon))) return {};
  std::string name = lowerCase(line.substr(0, colon));
  std::string_view value = trim(line.substr(colon + 1));
  if (holdsControlCharacter(value)) return {};
  if (name == "content-length") contentLength_ = value;
  headers_.emplace_back(std::move(name), value);
  return {};
}

std::string_view ResponseHead::value(std::string_view name) const {
  auto found = std::ranges::find(headers_, name, [](const auto& header) { return std::string_view(header.first); });
  return found == headers_.end() ? std::string_view() : std::string_view(found->second);
}

bool ResponseHead::hasBody(std::string_view method) const {
  return method != "HEAD" && status_ != 204 && status_ != 304;
}

std::string ResponseHead::text() const {
  std::string text;
  // Control characters cannot stand in a head; a reason phrase with them says nothing.
  if (!holdsControlCharacter(statusText_)) text = statusText_;
  for (const auto& [name, value] : headers_) {
    if (name == "transfer-encoding" || name == "connection" || name == "keep-alive") continue;
    text.append("\n").append(name).append("\n").append(value);
  }
  return text;
}

}  // namespace mayfly::supervisor
