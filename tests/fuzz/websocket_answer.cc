// SPDX-License-Identifier: Apache-2.0
// What a server answers to the handshake of a WebSocket: it is read alike however it is cut, head and body.
#include <algorithm>
#include <string>

#include "fuzz/target.h"
#include "supervisor/websocket_request.h"

namespace {

using namespace mayfly;

// What became of an answer, in pieces of at most `size` bytes.
std::string read(supervisor::WebSocketRequest request, std::string_view answer, size_t size) {
  std::string body;
  while (!answer.empty()) {
    std::string_view piece = answer.substr(0, size);
    if (!request.complete()) {
      auto taken = request.take(piece);
      if (!taken) return "refused";
      fuzz::require(*taken > 0 && *taken <= piece.size(), "each piece is taken, and no more");
      answer.remove_prefix(*taken);
      if (!request.complete()) continue;
      auto upgraded = request.upgraded();
      if (!upgraded) return "no upgrade of ours";
      if (*upgraded) return "upgraded, then " + std::string(answer);
      request.beginBody();
      continue;
    }
    auto complete = request.takeBody(piece, body);
    if (!complete) return "malformed body";
    if (*complete) return request.response().text() + " complete " + body;
    answer.remove_prefix(piece.size());
  }
  return request.complete() ? request.response().text() + " then " + body : "incomplete";
}

}  // namespace

MAYFLY_FUZZ_TARGET(websocket_answer) {
  fuzz::Input in(input);
  size_t size = in.byte() % 64 + 1;
  auto request = supervisor::WebSocketRequest::make("GET\nhttp://x.example/\nupgrade\nwebsocket");
  fuzz::require(read(*request, in.text(), size) == read(*request, in.text(), input.size() + 1),
                "an answer is read alike however it is cut");
}
