// SPDX-License-Identifier: Apache-2.0
// The opening handshake of https://www.rfc-editor.org/rfc/rfc6455#section-4, server side: whether a request asks for a
// WebSocket as the RFC wants it, and the answer. What follows are bytes for somebody else.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "http/request_parser.h"
#include "http/response_head.h"

namespace mayfly::http {

// The key of a request that asks for a WebSocket, and nothing else; empty for every other.
std::string_view webSocketKey(const RequestHead& head);
// What proves that the key was read.
std::string webSocketAccept(std::string_view key);
// Appends the head of the answer with status 101, or leaves `out` as it was and says why the head is refused.
std::expected<void, std::string_view> appendUpgradeHead(std::string& out, const ResponseHead& head,
                                                        std::string_view key, std::string_view date);

}  // namespace mayfly::http
