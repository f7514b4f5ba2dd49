// SPDX-License-Identifier: Apache-2.0
// An isolate's inbox: everything that wants its attention waits here, whichever thread it comes from, until the
// isolate is entered. It is the Receiver of the isolate's pipes, and outlives the isolate where a pipe still holds it.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <variant>
#include <vector>

#include "rpc/pipe.h"

namespace mayfly::isolate {

struct MessageArrived {
  rpc::PipeId pipe;
  rpc::Message message;
};
struct PipeLost {
  rpc::PipeId pipe;
  Error reason;
};
// A peer opened a pipe to this isolate. `what`: see Hooks.pipeOpened in api/core/ops.d.ts.
struct PipeOpened {
  rpc::PipeEnd end;
  const char* what;
  bool keepsAlive = true;                            // false for a pipe that the isolate opened to itself
  std::optional<rpc::Message> first = std::nullopt;  // arrives before what waits in the pipe
};
struct CodeWanted {
  rpc::PipeId pipe;
};

using InboxEvent = std::variant<MessageArrived, PipeLost, PipeOpened, CodeWanted>;

class Inbox final : public rpc::Receiver {
 public:
  // `wake` is called, on any thread, when the inbox was empty and something came, and when take() left something behind.
  // It must not call back.
  explicit Inbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  void deliver(rpc::PipeId pipe, rpc::Message message) override { push(MessageArrived{pipe, std::move(message)}); }
  void closed(rpc::PipeId pipe, Error reason) override { push(PipeLost{pipe, std::move(reason)}); }

  // Returns false (and drops the event) once the inbox is shut.
  bool push(InboxEvent event) {
    std::lock_guard lock(mutex_);
    if (shut_) return false;
    bool wasEmpty = events_.empty();
    events_.push_back(std::move(event));
    if (!wasEmpty) return true;
    waits_.store(true, std::memory_order_seq_cst);
    wake_();
    return true;
  }
  // Moves what waits to `taken`, which is empty (its memory is used again). Of more than `max` events each pipe gets its
  // share, so that a flood on one does not delay the others; the events of one pipe keep their order, and none overtakes
  // the opening of a pipe.
  void take(std::vector<InboxEvent>& taken, size_t max) {
    if (empty()) return;
    std::lock_guard lock(mutex_);
    if (events_.size() > max) return takeShares(taken, max);
    taken.swap(events_);
    waits_.store(false, std::memory_order_relaxed);
  }
  bool empty() const { return !waits_.load(std::memory_order_seq_cst); }
  bool isShut() const {
    std::lock_guard lock(mutex_);
    return shut_;
  }
  // Nothing is taken in any more; what waits is handed back, to be dropped outside of every lock.
  std::vector<InboxEvent> shut() {
    std::lock_guard lock(mutex_);
    shut_ = true;
    waits_.store(false, std::memory_order_relaxed);
    return std::exchange(events_, {});
  }

 private:
  static std::optional<rpc::PipeId> pipeOf(const InboxEvent& event) {
    if (auto* arrived = std::get_if<MessageArrived>(&event)) return arrived->pipe;
    if (auto* lost = std::get_if<PipeLost>(&event)) return lost->pipe;
    if (auto* wanted = std::get_if<CodeWanted>(&event)) return wanted->pipe;
    return {};
  }
  void takeShares(std::vector<InboxEvent>& taken, size_t max) {
    std::unordered_map<rpc::PipeId, size_t> left;  // of its share
    for (const InboxEvent& event : events_) {
      if (auto pipe = pipeOf(event)) left[*pipe] = 0;
    }
    size_t share = std::max<size_t>(1, max / std::max<size_t>(1, left.size()));
    for (auto& [pipe, events] : left) events = share;
    auto kept = events_.begin();
    for (auto event = events_.begin(); event != events_.end(); ++event) {
      auto pipe = pipeOf(*event);
      if (taken.size() < max && (!pipe || left[*pipe] > 0)) {
        if (pipe) --left[*pipe];
        taken.push_back(std::move(*event));
      } else {
        if (kept != event) *kept = std::move(*event);
        ++kept;
      }
    }
    events_.erase(kept, events_.end());
    wake_();
  }

  mutable std::mutex mutex_;
  std::vector<InboxEvent> events_;
  std::function<void()> wake_;
  std::atomic<bool> waits_{false};  // whether there are events
  bool shut_ = false;
};

}  // namespace mayfly::isolate
