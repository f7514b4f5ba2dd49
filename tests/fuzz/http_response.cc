// SPDX-License-Identifier: Apache-2.0
// The head of a response, as a compromised peer would have it written: whatever is accepted is one head.
#include <string>

#include "fuzz/target.h"
#include "http/response_head.h"

MAYFLY_FUZZ_TARGET(http_response) {
  using mayfly::fuzz::require;
  using mayfly::http::ResponseFraming;
  mayfly::fuzz::Input in(input);
  mayfly::http::ResponseHead head;
  head.status = static_cast<uint16_t>(in.byte() | in.byte() << 8);
  mayfly::http::ResponseContext context;
  uint8_t flags = in.byte();
  context.isHead = (flags & 1) != 0;
  context.keepAlive = (flags & 2) != 0;
  context.minorVersion = (flags & 4) != 0;
  if ((flags & 8) != 0) context.wholeBytes = in.byte();
  context.date = "Fri, 20 Nov 2026 12:00:00 GMT";
  head.text = in.text();

  std::string out = "before";
  auto framing = mayfly::http::appendResponseHead(out, head, context);
  if (!framing) return require(out == "before", "a refused head leaves nothing");
  std::string_view text = std::string_view(out).substr(6);
  require(text.starts_with("HTTP/1."), "a head begins with its version");
  require(text.find("\r\n\r\n") == text.size() - 4, "a head ends once");
  require(text.find('\0') == text.npos, "a head holds no NUL");
  size_t lengths = 0;
  size_t encodings = 0;
  for (size_t at = 0; at < text.size();) {
    size_t end = text.find("\r\n", at);
    std::string line(text.substr(at, end - at));
    require(line.find_first_of("\r\n") == line.npos, "a line ends with both of its characters");
    for (char& c : line) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    lengths += line.starts_with("content-length:");
    encodings += line.starts_with("transfer-encoding:");
    at = end + 2;
  }
  require(lengths + encodings <= 1, "the framing is said once");
  if (framing->body == ResponseFraming::Body::chunked) require(encodings == 1, "chunks are announced");
  if (framing->body == ResponseFraming::Body::length) require(lengths == 1, "a length is announced");
}
