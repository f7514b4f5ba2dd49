// SPDX-License-Identifier: Apache-2.0
#include "rpc/pipe.h"

#include <deque>
#include <mutex>
#include <optional>

namespace mayfly::rpc {

class PipeCore {
 public:
  void attach(int side, std::shared_ptr<Receiver> receiver, PipeId id) {
    std::lock_guard lock(mutex_);
    Side& own = sides_[side];
    if (own.closed) return;
    own.receiver = std::move(receiver);
    own.id = id;
    for (Message& message : own.waiting) own.receiver->deliver(id, std::move(message));
    own.waiting.clear();
    if (reason_) tellClosed(own);
  }

  void send(int from, Message message) {
    std::lock_guard lock(mutex_);
    Side& to = sides_[1 - from];
    if (reason_ || to.closed) return;
    if (to.receiver) {
      to.receiver->deliver(to.id, std::move(message));
    } else {
      to.waiting.push_back(std::move(message));
    }
  }

  void close(int from, Error reason) {
    // The receiver is let go outside the lock: it may own the peer of this very pipe.
    std::shared_ptr<Receiver> own;
    std::shared_ptr<Receiver> other;
    std::lock_guard lock(mutex_);
    sides_[from].closed = true;
    sides_[from].waiting.clear();
    own = std::move(sides_[from].receiver);
    if (reason_) return;
    reason_ = std::move(reason);
    other = sides_[1 - from].receiver;
    if (other) tellClosed(sides_[1 - from]);
  }

 private:
  struct Side {
    std::shared_ptr<Receiver> receiver;
    PipeId id = 0;
    std::deque<Message> waiting;
    bool closed = false;
  };

  void tellClosed(Side& side) {
    side.receiver->closed(side.id, *reason_);
    side.receiver.reset();
    side.closed = true;
  }

  std::mutex mutex_;
  Side sides_[2];
  std::optional<Error> reason_;
};

PipeEnd& PipeEnd::operator=(PipeEnd&& other) noexcept {
  if (this == &other) return *this;
  if (core_) close({ErrorCode::unavailable, "the peer is gone"});
  core_ = std::move(other.core_);
  side_ = other.side_;
  return *this;
}

PipeEnd::~PipeEnd() {
  if (core_) close({ErrorCode::unavailable, "the peer is gone"});
}

void PipeEnd::attach(std::shared_ptr<Receiver> receiver, PipeId id) {
  if (core_) core_->attach(side_, std::move(receiver), id);
}

void PipeEnd::send(Message message) {
  if (core_) core_->send(side_, std::move(message));
}

void PipeEnd::close(Error reason) {
  if (!core_) return;
  std::shared_ptr<PipeCore> core = std::move(core_);
  core->close(side_, std::move(reason));
}

std::pair<PipeEnd, PipeEnd> makePipe() {
  auto core = std::make_shared<PipeCore>();
  return {PipeEnd(core, 0), PipeEnd(core, 1)};
}

}  // namespace mayfly::rpc
