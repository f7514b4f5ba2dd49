// SPDX-License-Identifier: Apache-2.0
// The opening handshake of a WebSocket, client side (https://www.rfc-editor.org/rfc/rfc6455#section-4): the request that
// is sent, and what comes back, which is an upgrade or an ordinary response with its body. Bytes in, bytes out.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "egress/pattern.h"
#include "http/body_decoder.h"
#include "supervisor/fetch_head.h"

namespace mayfly::supervisor {

// Whether the head of a fetch asks for a WebSocket.
bool isWebSocketHead(std::string_view head);

class WebSocketRequest {
 public:
  // Of a `fetch` message's head. Fails with ErrorCode::invalid.
  static Result<WebSocketRequest> make(std::string_view head);

  const std::string& url() const { return head_.url; }
  const std::string& scheme() const { return scheme_; }
  const std::string& host() const { return host_; }  // an IPv6 address in brackets
  uint16_t port() const { return port_; }

  // The value of a header as it is sent; what it fails with, text() does.
  using HeaderValue = std::function<Result<std::string>(const std::string& name, const std::string& value)>;
  // What is to be sent.
  Result<std::string> text(const HeaderValue& valueOf) const;

  // Takes bytes of the response's head; returns how many of them belong to it. To be called until complete().
  Result<size_t> take(std::string_view bytes);
  bool complete() const { return response_.complete(); }
  const ResponseHead& response() const { return response_; }
  // Of a complete response: whether it is an upgrade. Fails when it is one to something else.
  Result<bool> upgraded() const;

  // Of one that is none: the framing of its body. Bytes of the body are appended to `body`; true: it is complete.
  void beginBody();
  Result<bool> takeBody(std::string_view bytes, std::string& body);
  // The connection has ended: whether the body is complete with that.
  bool endsWithConnection() const { return untilClose_; }

 private:
  FetchHead head_;
  std::string scheme_, host_, target_, authority_;
  uint16_t port_ = 0;
  std::string key_;
  std::string line_;
  ResponseHead response_;
  http::BodyDecoder decoder_;
  bool untilClose_ = false;
};

}  // namespace mayfly::supervisor
