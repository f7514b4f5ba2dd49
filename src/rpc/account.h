// SPDX-License-Identifier: Apache-2.0
// How many bytes of messages somebody has under way, with a bound. A Message carries a Charge, which gives its bytes
// back wherever the message ends: received, written to a socket, or dropped with a closed pipe. So whoever sends faster
// than the other side receives meets its own bound, and whoever reads from a link stops reading at his.
//
// Safe from any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>

namespace mayfly::rpc {

class Account {
 public:
  // `drained` is called, on any thread and perhaps with locks held, when not more than half of the bound is left after
  // awaitDrained() had said so.
  explicit Account(size_t bytesMax, std::function<void()> drained = nullptr)
      : bytesMax_(bytesMax), drained_(std::move(drained)) {}

  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  size_t bytesMax() const { return bytesMax_; }
  bool exceeded() const { return bytes() > bytesMax_; }
  // Returns true when `drained` will be called; false when there is no need to wait.
  bool awaitDrained() {
    awaited_.store(true);
    return bytes_.load() > bytesMax_ / 2 || !awaited_.exchange(false);
  }

 private:
  friend class Charge;
  void add(size_t bytes) { bytes_.fetch_add(bytes); }
  void giveBack(size_t bytes) {
    size_t left = bytes_.fetch_sub(bytes) - bytes;
    if (left <= bytesMax_ / 2 && awaited_.load() && awaited_.exchange(false)) drained_();
  }

  const size_t bytesMax_;
  std::atomic<size_t> bytes_ = 0;
  std::atomic<bool> awaited_ = false;
  std::function<void()> drained_;
};

class Charge {
 public:
  Charge() = default;
  Charge(std::shared_ptr<Account> account, size_t bytes) : account_(std::move(account)), bytes_(bytes) {
    account_->add(bytes_);
  }
  Charge(Charge&& other) noexcept = default;
  Charge& operator=(Charge&& other) noexcept {
    Charge taken(std::move(other));
    std::swap(account_, taken.account_);
    std::swap(bytes_, taken.bytes_);
    return *this;
  }
  explicit operator bool() const { return account_ != nullptr; }
  ~Charge() {
    if (account_) account_->giveBack(bytes_);
  }

 private:
  std::shared_ptr<Account> account_;
  size_t bytes_ = 0;
};

}  // namespace mayfly::rpc
