// SPDX-License-Identifier: Apache-2.0
#include "http/websocket_handshake.h"

#include <algorithm>
#include <array>
#include <boost/uuid/detail/sha1.hpp>
#include <cstdint>

#include "http/characters.h"

namespace mayfly::http {
namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr size_t kKeyLength = 24;  // 16 bytes as Base64

std::string base64(std::span<const uint8_t> bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    size_t left = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = uint32_t(bytes[i]) << 16;
    if (left > 1) group |= uint32_t(bytes[i + 1]) << 8;
    if (left > 2) group |= bytes[i + 2];
    for (size_t digit = 0; digit < 4; digit++) {
      text.push_back(digit <= left ? kBase64[(group >> (18 - 6 * digit)) & 63] : '=');
    }
  }
  return text;
}

bool isKey(std::string_view text) {
  return text.size() == kKeyLength && text.ends_with("==") &&
         text.substr(0, kKeyLength - 2).find_first_not_of(kBase64) == text.npos;
}

bool listHolds(std::string_view list, std::string_view wanted) {
  bool holds = false;
  eachListElement(list, [&](std::string_view element) { holds |= equalsIgnoringCase(element, wanted); });
  return holds;
}

}  // namespace

std::string_view webSocketKey(const RequestHead& head) {
  if (head.method != "GET" || head.minorVersion < 1 || head.framing != Framing::none) return {};
  std::string_view key;
  size_t upgrades = 0;
  bool upgrade = false, connection = false, version = false;
  for (const Field& field : head.fields) {
    if (field.name == "upgrade") {
      upgrade = equalsIgnoringCase(field.value, "websocket");
      ++upgrades;
    }
    if (field.name == "connection") connection |= listHolds(field.value, "upgrade");
    if (field.name == "sec-websocket-version") version = field.value == "13";
    if (field.name == "sec-websocket-key") key = field.value;
  }
  return upgrade && upgrades == 1 && connection && version && isKey(key) ? key : std::string_view();
}

std::string webSocketAccept(std::string_view key) {
  constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  boost::uuids::detail::sha1 hash;
  hash.process_bytes(key.data(), key.size());
  hash.process_bytes(kGuid.data(), kGuid.size());
  boost::uuids::detail::sha1::digest_type words;
  hash.get_digest(words);
  std::array<uint8_t, 20> bytes;
  for (size_t i = 0; i < bytes.size(); i++) bytes[i] = uint8_t(words[i / 4] >> (24 - 8 * (i % 4)));
  return base64(bytes);
}

std::expected<void, std::string_view> appendUpgradeHead(std::string& out, const ResponseHead& head,
                                                        std::string_view key, std::string_view date) {
  // Written as any other, but for what makes it a 101.
  std::string written;
  ResponseHead plain{200, head.text};
  auto framing = appendResponseHead(written, plain, {.isHead = true, .keepAlive = true, .wholeBytes = 0, .date = date});
  if (!framing) return std::unexpected(framing.error());
  out.append("HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: ");
  out.append(webSocketAccept(key));
  out.append("\r\n");
  // Line by line: the framing of a body has no place here, nor has what was set above.
  for (size_t at = written.find("\r\n") + 2; at < written.size();) {
    size_t end = written.find("\r\n", at) + 2;
    std::string_view line = std::string_view(written).substr(at, end - at);
    at = end;
    constexpr std::string_view kDropped[] = {"content-length:", "sec-websocket-accept:", "sec-websocket-extensions:",
                                             "sec-websocket-key:", "sec-websocket-version:"};
    if (std::ranges::any_of(kDropped, [&](std::string_view name) { return line.starts_with(name); })) continue;
    out.append(line);
  }
  return {};
}

}  // namespace mayfly::http
