// SPDX-License-Identifier: Apache-2.0
// Frames and the messages in them. What is accepted is written again as the same bytes.
#include <algorithm>
#include <cstring>
#include <ranges>

#include "fuzz/target.h"
#include "rpc/frames.h"
#include "rpc/message_codec.h"

MAYFLY_FUZZ_TARGET(frames) {
  using mayfly::fuzz::require;
  using namespace mayfly::rpc;
  mayfly::fuzz::Input in(input);
  size_t step = in.byte() + 1u;
  auto bytes = in.rest();
  FrameReader reader(kFrameLengthMax);
  while (!bytes.empty()) {
    auto room = reader.room();
    require(room.size() > 0, "there is room");
    size_t size = std::min({step, room.size(), bytes.size()});
    std::memcpy(room.data(), bytes.data(), size);
    bytes = bytes.subspan(size);
    reader.added(size);
    for (;;) {
      auto frame = reader.next();
      if (!frame) return require(frame.error().code == mayfly::ErrorCode::corrupt, "bad frames are corrupt");
      if (!*frame) break;
      if ((*frame)->kind != FrameKind::message) continue;
      auto body = (*frame)->body;
      auto message = decodeMessage(body);
      if (!message) {
        require(message.error().code == mayfly::ErrorCode::corrupt, "bad messages are corrupt");
        continue;
      }
      require(checkSize(*message).has_value(), "a message that came may be sent on");
      require(encodedSize(*message) == body.size(), "a message is as long as it was");
      mayfly::protocol::Writer out;
      encodeHead(*message, out);
      out.raw(message->payload.data(), message->payload.size());
      require(std::ranges::equal(out.span(), body), "a message is written as it was read");
    }
    reader.prepare();
  }
}
