// SPDX-License-Identifier: Apache-2.0
// A pipe is an ordered, duplex message channel between two peers. Nothing above it knows whether the other peer is an
// isolate on the same shard, on another shard, or the far end of a socket.
//
// An end is owned by one peer. What arrives before its peer attached a receiver waits in the pipe. Any thread may send
// and close; messages of one sender arrive in the order of their sending. Dropping an end closes the pipe.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "base/result.h"
#include "rpc/message.h"

namespace mayfly::rpc {

using PipeId = uint32_t;  // the number that the owner of an end gave it

// What stands behind an end. Both functions are called on any thread, with the pipe locked: they only put aside what
// they got (into a mailbox, a queue, a buffer) and return; they never call back into the pipe.
class Receiver {
 public:
  virtual ~Receiver() = default;
  virtual void deliver(PipeId pipe, Message message) = 0;
  // The other peer closed or is gone; nothing is delivered afterwards. Not called for one's own close.
  virtual void closed(PipeId pipe, Error reason) = 0;
};

class PipeCore;

class PipeEnd {
 public:
  PipeEnd() = default;
  PipeEnd(PipeEnd&& other) noexcept = default;
  PipeEnd& operator=(PipeEnd&& other) noexcept;
  ~PipeEnd();

  // Delivers what has waited, then everything that comes. Called once. An end that was closed before delivers nothing.
  void attach(std::shared_ptr<Receiver> receiver, PipeId id);
  // Messages sent to a closed pipe are dropped.
  void send(Message message);
  void close(Error reason);
  explicit operator bool() const { return core_ != nullptr; }

 private:
  friend std::pair<PipeEnd, PipeEnd> makePipe();
  PipeEnd(std::shared_ptr<PipeCore> core, int side) : core_(std::move(core)), side_(side) {}

  std::shared_ptr<PipeCore> core_;
  int side_ = 0;
};

std::pair<PipeEnd, PipeEnd> makePipe();

}  // namespace mayfly::rpc
