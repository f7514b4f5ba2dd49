// SPDX-License-Identifier: Apache-2.0
// A link carries many pipes, and control frames, over one Unix stream socket between a cell and the supervisor.
//
// Each frame is `u32 length` (little-endian, of what follows), `u8 kind`, `u32 pipe`, then the body: `open` (a UTF-8
// text that says what the opener wants at the far end), `message` (the codec in link.cc), `close` (u8 error code, name, text)
// or `control` (protocol/cell_messages.h, pipe 0). The peer that accepted the process numbers its pipes evenly (the
// supervisor), the other oddly (the cell). A frame that breaks the rules closes the link with ErrorCode::corrupt:
// bytes from a compromised cell must never do more.
//
// Lives on one io_context, used from the thread that runs it; pipes handed out may be used from any thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "rpc/pipe.h"

namespace mayfly::rpc {

enum class LinkSide : uint8_t { supervisor, cell };

class Link : public std::enable_shared_from_this<Link> {
 public:
  struct Handlers {
    // The far peer opened a pipe and asks for `what`, e.g. "egress worker-name" or "worker api". The handler keeps
    // `end` or drops it (which closes the pipe).
    std::function<void(std::string_view what, PipeEnd end)> opened;
    std::function<void(Bytes frame)> control;
    // The socket failed or the far peer is gone; called once. Every pipe has been closed with `reason`.
    std::function<void(Error reason)> lost;
    // Instead of `lost`, where the owner learns the reason elsewhere: the pipes stay open, to nobody, until close().
    std::function<void(Error reason)> failing;
  };

  // Takes over `socket`, a connected Unix stream socket.
  static std::shared_ptr<Link> create(boost::asio::io_context& context, int socket, LinkSide side, Handlers handlers);
  virtual ~Link() = default;

  virtual void start() = 0;
  // A new pipe to the far peer. From any thread.
  virtual PipeEnd open(std::string_view what) = 0;
  // The same for a pipe that exists: the far peer gets what `end`'s peer sends, after `first`, and the other way round.
  virtual void open(std::string_view what, PipeEnd end, std::optional<Message> first) = 0;
  // From any thread; frames are written in the order of the calls.
  virtual void sendControl(Bytes frame) = 0;
  // Bytes that wait to be written, as a measure of a slow peer.
  virtual size_t queuedBytes() const = 0;
  virtual void close(Error reason) = 0;
  void close() { close({ErrorCode::unavailable, "the link was closed"}); }
};

}  // namespace mayfly::rpc
