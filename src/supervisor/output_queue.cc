// SPDX-License-Identifier: Apache-2.0
#include "supervisor/output_queue.h"

#include <fmt/format.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace mayfly::supervisor {

namespace {

constexpr size_t kBytesMax = 4 << 20;
constexpr std::chrono::seconds kLastTime{1};
constexpr int kLookMs = 50;

// Writes while the reader takes it within `waitMs`, and takes what was written off `text`. Nothing is left of a text
// that nobody can read any more.
void writeReady(int fd, std::string_view& text, int waitMs) {
  while (!text.empty()) {
    pollfd writable{fd, POLLOUT, 0};
    int ready = ::poll(&writable, 1, waitMs);
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) return;
    // A pipe that is ready takes so much at once.
    ssize_t written = ::write(fd, text.data(), std::min<size_t>(text.size(), PIPE_BUF));
    if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    text = written <= 0 ? std::string_view() : text.substr(static_cast<size_t>(written));
  }
}

}  // namespace

OutputQueue::~OutputQueue() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
    deadline_ = std::chrono::steady_clock::now() + kLastTime;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void OutputQueue::write(std::string text) {
  std::lock_guard lock(mutex_);
  if (texts_.empty() && !writing_) {
    std::string_view rest = text;
    writeReady(fd_, rest, 0);
    if (rest.empty()) return;
    text.erase(0, text.size() - rest.size());
  } else if (bytes_ + text.size() > kBytesMax) {
    ++dropped_;
    return;
  }
  bytes_ += text.size();
  texts_.push_back(std::move(text));
  if (!thread_.joinable()) thread_ = std::thread([this] { drain(); });
  wake_.notify_one();
}

void OutputQueue::drain() {
  std::unique_lock lock(mutex_);
  auto isOver = [&] { return ending_ && std::chrono::steady_clock::now() > deadline_; };
  for (;;) {
    wake_.wait(lock, [&] { return ending_ || !texts_.empty(); });
    if (texts_.empty() || isOver()) return;
    std::string text = std::move(texts_.front());
    texts_.pop_front();
    bytes_ -= text.size();
    if (size_t dropped = texts_.empty() ? std::exchange(dropped_, 0) : 0; dropped > 0) {
      text += fmt::format("mayfly: {} log records were dropped: they came faster than they were read\n", dropped);
    }
    writing_ = true;
    std::string_view rest = text;
    while (!rest.empty() && !isOver()) {
      lock.unlock();
      writeReady(fd_, rest, kLookMs);
      lock.lock();
    }
    writing_ = false;
  }
}

}  // namespace mayfly::supervisor
