// SPDX-License-Identifier: Apache-2.0
#include "supervisor/heartbeat.h"

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <chrono>

namespace mayfly::supervisor {

namespace {
constexpr int kMissedMax = 5;
}

std::shared_ptr<Heartbeat> Heartbeat::start(boost::asio::io_context& context, int socket, uint32_t answerMs,
                                            std::function<void()> silent) {
  auto heartbeat = std::shared_ptr<Heartbeat>(new Heartbeat(context, socket, answerMs, std::move(silent)));
  heartbeat->beat();
  return heartbeat;
}

Heartbeat::Heartbeat(boost::asio::io_context& context, int socket, uint32_t answerMs, std::function<void()> silent)
    : socket_(context, socket), timer_(context), answerMs_(answerMs), silent_(std::move(silent)) {}

void Heartbeat::stop() {
  silent_ = nullptr;
  timer_.cancel();
  boost::system::error_code ignored;
  socket_.close(ignored);
}

void Heartbeat::beat() {
  if (!silent_) return;
  if (!asked_) {
    missed_ = 0;
    ask();
  } else if (++missed_ == kMissedMax) {
    return std::exchange(silent_, nullptr)();
  }
  timer_.expires_after(std::chrono::milliseconds(answerMs_ / kMissedMax));
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
    if (auto self = weak.lock(); self && !error) self->beat();
  });
}

void Heartbeat::ask() {
  asked_ = true;
  // There is room: one question at a time is under way. A cell that has ended is seen elsewhere.
  (void)!::send(socket_.native_handle(), &byte_, 1, MSG_NOSIGNAL);
  socket_.async_read_some(boost::asio::buffer(&byte_, 1),
                          [weak = weak_from_this()](boost::system::error_code error, size_t) {
                            if (auto self = weak.lock(); self && !error) self->asked_ = false;
                          });
}

}  // namespace mayfly::supervisor
