// SPDX-License-Identifier: Apache-2.0
// The heads of `fetch` and `response` messages (docs/design/messages.md) on the side of the HTTP client: a request's
// head taken apart and checked, a response's head put together from the lines that came over the wire. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace mayfly::supervisor {

struct FetchHead {
  std::string method;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;  // what may be sent on: without framing and hop-by-hop ones
  std::optional<uint64_t> contentLength;
};

// Fails with ErrorCode::invalid: a field is missing, a method or header is not one, or is one that a client may not
// send.
Result<FetchHead> parseFetchHead(std::string_view head);

inline constexpr size_t kResponseHeadBytesMax = 128 * 1024;

// Gathers the header lines of a response. An informational response (1xx) is forgotten when the next one begins, but for
// 101, which is final.
class ResponseHead {
 public:
  // One line as it came, with its line end. Fails with ErrorCode::limit when the head grows beyond 128 KiB.
  Result<void> addLine(std::string_view line);
  // Whether the empty line after the headers of a final response has come.
  bool complete() const { return complete_; }
  uint32_t status() const { return status_; }
  // Whether a body may follow for a request of this method.
  bool hasBody(std::string_view method) const;
  // Of the header `name`, in lower case; empty if there is none.
  std::string_view value(std::string_view name) const;
  bool isEmpty() const { return contentLength_ == "0"; }
  // The head of the message.
  std::string text() const;

 private:
  uint32_t status_ = 0;
  bool complete_ = false;
  size_t bytes_ = 0;
  std::string statusText_;
  std::string contentLength_;
  std::vector<std::pair<std::string, std::string>> headers_;
};

}  // namespace mayfly::supervisor
