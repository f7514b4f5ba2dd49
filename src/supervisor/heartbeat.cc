// SPDX-License-Identifier: Apache-2.0
#include "supervisor/heartbeat.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

namespace mayfly::supervisor {

namespace {

constexpr int kTurns = 5;
// A turn without an answer, and one in which the cell was short of processor time.
constexpr int kMissed = 20, kStarved = 1;

// Whether a thread of the process runs, waits for a processor (R), or for the kernel (D).
bool isReady(pid_t pid) {
  std::error_code ignored;
  for (const auto& thread : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid), ignored)) {
    std::ifstream file(thread.path() / "stat");
    std::string line;
    std::getline(file, line);
    size_t state = line.rfind(") ");
    if (state != line.npos && (line.substr(state + 2).starts_with('R') || line.substr(state + 2).starts_with('D')))
      return true;
  }
  return false;
}

}  // namespace

std::shared_ptr<Heartbeat> Heartbeat::start(boost::asio::io_context& context, int socket, pid_t pid, uint32_t answerMs,
                                            std::function<void()> silent) {
  auto heartbeat = std::shared_ptr<Heartbeat>(new Heartbeat(context, socket, pid, answerMs, std::move(silent)));
  heartbeat->beat();
  return heartbeat;
}

Heartbeat::Heartbeat(boost::asio::io_context& context, int socket, pid_t pid, uint32_t answerMs,
                     std::function<void()> silent)
    : socket_(context, socket), timer_(context), pid_(pid), answerMs_(answerMs), silent_(std::move(silent)) {}

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
  } else {
    missed_ += isReady(pid_) ? kStarved : kMissed;
    if (missed_ >= kTurns * kMissed) return std::exchange(silent_, nullptr)();
  }
  timer_.expires_after(std::chrono::milliseconds(answerMs_ / kTurns));
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
