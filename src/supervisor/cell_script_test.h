// SPDX-License-Identifier: Apache-2.0
// For tests in which a shell script says what a cell would say; the first link is its file descriptor 3.
#pragma once

#include <fmt/format.h>

#include <string>

#include "protocol/cell_messages.h"
#include "rpc/frames.h"

namespace mayfly::supervisor {

inline std::string frameOf(const protocol::CellMessage& message) {
  Bytes body = protocol::encode(message);
  rpc::FrameQueue queue;
  queue.begin(rpc::FrameKind::control, 0, body.size());
  queue.addPayload(std::move(body));
  std::string frame;
  for (auto buffer : queue.buffers()) frame.append(static_cast<const char*>(buffer.data()), buffer.size());
  return frame;
}

// The `printf` that writes a control frame to the link.
inline std::string say(const protocol::CellMessage& message) {
  std::string text = "printf '";
  for (char byte : frameOf(message)) text += fmt::format("\\{:03o}", static_cast<uint8_t>(byte));
  return text + "' >&3\n";
}

}  // namespace mayfly::supervisor
