// SPDX-License-Identifier: Apache-2.0
#include "supervisor/websocket_request.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

#include "http/characters.h"
#include "http/websocket_handshake.h"

namespace mayfly::supervisor {
namespace {

std::string randomKey() {
  std::array<uint8_t, 16> bytes;
  RAND_bytes(bytes.data(), bytes.size());
  std::array<char, 25> text;
  EVP_EncodeBlock(reinterpret_cast<uint8_t*>(text.data()), bytes.data(), bytes.size());
  return text.data();
}

}  // namespace

bool isWebSocketHead(std::string_view head) {
  // A header's name stands after an odd number of line ends that is more than one.
  size_t at = head.find('\n');
  for (size_t field = 1; at != head.npos; ++field) {
    size_t end = head.find('\n', at + 1);
    if (field >= 2 && field % 2 == 0 && head.substr(at + 1, end == head.npos ? end : end - at - 1) == "upgrade") {
      if (end == head.npos) return false;
      size_t last = head.find('\n', end + 1);
      return http::equalsIgnoringCase(head.substr(end + 1, last == head.npos ? last : last - end - 1), "websocket");
    }
    at = end;
  }
  return false;
}

Result<WebSocketRequest> WebSocketRequest::make(std::string_view text) {
  auto head = parseFetchHead(text);
  if (!head) return std::unexpected(head.error());
  if (head->method != "GET") return fail(ErrorCode::invalid, "a WebSocket is asked for with the method GET");
  WebSocketRequest request;
  request.head_ = std::move(*head);
  std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), curl_url_cleanup);
  auto code = curl_url_set(url.get(), CURLUPART_URL, request.head_.url.c_str(),
                           CURLU_DISALLOW_USER | CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS);
  if (code != CURLUE_OK) {
    return fail(ErrorCode::invalid, fmt::format("the URL cannot be fetched: {}", curl_url_strerror(code)));
  }
  auto part = [&](CURLUPart which) {
    char* found = nullptr;
    if (curl_url_get(url.get(), which, &found, CURLU_DEFAULT_PORT) != CURLUE_OK) return std::string();
    std::string copy(found);
    curl_free(found);
    return copy;
  };
  request.scheme_ = part(CURLUPART_SCHEME);
  if (request.scheme_ != "http" && request.scheme_ != "https") {
    return fail(ErrorCode::invalid, fmt::format("there are no WebSockets by the scheme \"{}\"", request.scheme_));
  }
  request.host_ = part(CURLUPART_HOST);
  std::string port = part(CURLUPART_PORT);
  (void)std::from_chars(port.data(), port.data() + port.size(), request.port_);
  request.target_ = part(CURLUPART_PATH);
  if (std::string query = part(CURLUPART_QUERY); !query.empty()) request.target_ += "?" + query;
  if (std::ranges::any_of(request.target_, [](char c) { return c <= ' ' || c == 0x7f; })) {
    return fail(ErrorCode::invalid, "the URL holds a character that cannot stand in a request");
  }
  bool usual = request.port_ == (request.scheme_ == "https" ? 443 : 80);
  request.authority_ = usual ? request.host_ : fmt::format("{}:{}", request.host_, request.port_);
  request.key_ = randomKey();
  return request;
}

Result<std::string> WebSocketRequest::text(const HeaderValue& valueOf) const {
  std::string text = fmt::format(
      "GET {} HTTP/1.1\r\nhost: {}\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: 13\r\n"
      "sec-websocket-key: {}\r\n",
      target_, authority_, key_);
  for (const auto& [name, given] : head_.headers) {
    // The handshake's own, and compression, which nobody here would undo.
    if (name == "sec-websocket-key" || name == "sec-websocket-version" || name == "sec-websocket-extensions" ||
        name == "accept-encoding") {
      continue;
    }
    auto value = valueOf(name, given);
    if (!value) return std::unexpected(value.error());
    text.append(name).append(": ").append(*value).append("\r\n");
  }
  text.append("\r\n");
  return text;
}

Result<size_t> WebSocketRequest::take(std::string_view bytes) {
  size_t taken = 0;
  while (taken < bytes.size() && !complete()) {
    size_t end = bytes.find('\n', taken);
    size_t size = end == bytes.npos ? bytes.size() - taken : end + 1 - taken;
    line_.append(bytes.substr(taken, size));
    taken += size;
    if (end == bytes.npos) {
      if (line_.size() > kResponseHeadBytesMax) return fail(ErrorCode::limit, "the response's headers are too long");
      break;
    }
    if (auto added = response_.addLine(line_); !added) return std::unexpected(added.error());
    line_.clear();
    if (response_.status() == 0) return fail(ErrorCode::unavailable, "the answer is not HTTP");
  }
  return taken;
}

Result<bool> WebSocketRequest::upgraded() const {
  if (response_.status() != 101) return false;
  if (!http::equalsIgnoringCase(response_.value("upgrade"), "websocket") ||
      response_.value("sec-websocket-accept") != http::webSocketAccept(key_) ||
      !response_.value("sec-websocket-extensions").empty()) {
    return fail(ErrorCode::unavailable, "the server's answer to the WebSocket handshake is wrong");
  }
  return true;
}

void WebSocketRequest::beginBody() {
  http::Limits limits;
  limits.bodyBytesMax = UINT64_MAX;
  uint64_t length = 0;
  std::string_view given = response_.value("content-length");
  if (!response_.hasBody(head_.method)) {
    decoder_.begin(http::Framing::length, 0, limits);
  } else if (!response_.value("transfer-encoding").empty()) {
    decoder_.begin(http::Framing::chunked, 0, limits);
  } else if (std::from_chars(given.data(), given.data() + given.size(), length).ec == std::errc() && !given.empty()) {
    decoder_.begin(http::Framing::length, length, limits);
  } else {
    untilClose_ = true;
  }
}

Result<bool> WebSocketRequest::takeBody(std::string_view bytes, std::string& body) {
  if (untilClose_) {
    body.append(bytes);
    return false;
  }
  while (!bytes.empty() && !decoder_.complete() && !decoder_.failed()) {
    auto step = decoder_.decode(bytes, bytes.size());
    body.append(step.data);
    bytes.remove_prefix(step.consumed);
  }
  if (decoder_.failed()) return fail(ErrorCode::unavailable, "the response's body is malformed");
  return decoder_.complete();
}

}  // namespace mayfly::supervisor
