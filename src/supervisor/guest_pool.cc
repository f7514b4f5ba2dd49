// SPDX-License-Identifier: Apache-2.0
#include "supervisor/guest_pool.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>

namespace mayfly::supervisor {

using protocol::LogKind;
using protocol::LogLevel;

namespace {
constexpr size_t kLogTextBytesMax = 256 * 1024;

// 0: it has ended.
uint64_t residentBytes(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/statm", pid));
  uint64_t size = 0, resident = 0;
  file >> size >> resident;
  return file ? resident * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}
}  // namespace

struct GuestPool::Guest {
  explicit Guest(boost::asio::io_context& context) : deadline(context) {}
  ~Guest() {
    for (int peer : peers) ::close(peer);
  }

  std::shared_ptr<CellProcess> process;
  std::vector<std::shared_ptr<rpc::Link>> links;
  std::vector<int> peers;
  boost::asio::steady_timer deadline;
  uint32_t cell = 0;       // what the host cell calls it; 0: not given away
  bool dropped = false;    // its end is no news
  std::string refusedFor;  // why we ended it
};

GuestPool::GuestPool(boost::asio::io_context& context, GuestPoolOptions options, Handlers handlers)
    : context_(context),
      options_(std::move(options)),
      handlers_(std::move(handlers)),
      retry_(context),
      watch_(context) {}

GuestPool::~GuestPool() {
  stop();
  // A process tells its guest of its end, and so would keep it, and itself, for ever.
  for (auto& guest : starting_) guest->process.reset();
  for (auto& guest : ready_) guest->process.reset();
  for (auto& [cell, guest] : given_) guest->process.reset();
}

void GuestPool::start() {
  wantsSpare_ = true;
  fill();
}

void GuestPool::fill() {
  while (!stopped_ && !retrying_ && starting_.size() < options_.startingMax) {
    size_t wanted = waiting_.size() + (wantsSpare_ ? options_.spare : 0);
    if (starting_.size() + ready_.size() >= wanted) return;
    startOne();
  }
}

void GuestPool::startOne() {
  auto guest = std::make_shared<Guest>(context_);
  starting_.push_back(guest);
  CellProcess::Handlers handlers;
  handlers.printed = [this](std::string_view line) { log(LogLevel::warn, std::string(line)); };
  handlers.ended = [this, guest](const std::string& how) { ended(guest, how); };
  auto process = CellProcess::start(
      context_,
      {.launch = options_.launch, .shards = options_.shards, .links = options_.shards, .peers = options_.shards},
      std::move(handlers));
  if (!process) return ended(guest, process.error().message);
  guest->process = std::move(*process);
  guest->peers = guest->process->takePeers();
  link(guest);
  guest->deadline.expires_after(std::chrono::milliseconds(options_.helloDeadlineMs));
  guest->deadline.async_wait([this, weak = std::weak_ptr(guest)](boost::system::error_code error) {
    auto guest = weak.lock();
    if (!error && guest) refuse(guest, fmt::format("did not come up within {} ms", options_.helloDeadlineMs));
  });
}

void GuestPool::link(const GuestPtr& guest) {
  auto sockets = guest->process->takeLinks();
  std::weak_ptr weak = guest;
  for (size_t i = 0; i < sockets.size(); ++i) {
    rpc::Link::Handlers handlers;
    handlers.opened = [this](std::string_view what, rpc::PipeEnd end) { handlers_.opened(what, std::move(end)); };
    handlers.control = [this, weak, i](Bytes frame) {
      auto guest = weak.lock();
      if (!guest) return;
      if (i != 0) return refuse(guest, "sent a control frame over a link that is not for them");
      control(guest, std::move(frame));
    };
    handlers.lost = [this, weak](const Error& reason) {
      auto guest = weak.lock();
      if (!guest) return;
      if (reason.code == ErrorCode::corrupt) return refuse(guest, "broke the protocol: " + reason.message);
      // Most often it is dying.
      guest->process->kill();
    };
    guest->links.push_back(rpc::Link::create(context_, sockets[i], rpc::LinkSide::supervisor, std::move(handlers)));
    guest->links.back()->start();
  }
}

void GuestPool::control(const GuestPtr& guest, Bytes frame) {
  auto message = protocol::decodeFromCell(frame.span());
  if (!message) return refuse(guest, "broke the protocol: " + message.error().message);
  if (auto* record = std::get_if<protocol::Log>(&*message)) {
    if (record->text.size() > kLogTextBytesMax) record->text.resize(kLogTextBytesMax);
    if (record->worker.size() > kLogTextBytesMax) record->worker.resize(kLogTextBytesMax);
    return handlers_.log(*record);
  }
  auto* hello = std::get_if<protocol::Hello>(&*message);
  auto starting = std::ranges::find(starting_, guest);
  if (hello == nullptr || starting == starting_.end()) {
    return refuse(guest, "sent a message that was not its turn to send");
  }
  if (hello->version != protocol::kProtocolVersion) {
    return refuse(guest,
                  fmt::format("speaks version {} of the protocol, not {}", hello->version, protocol::kProtocolVersion));
  }
  guest->deadline.cancel();
  starting_.erase(starting);
  retryDelayMs_ = 0;
  if (waiting_.empty()) {
    ready_.push_back(guest);
  } else {
    auto wanted = std::move(waiting_.front());
    waiting_.pop_front();
    give(guest, wanted);
  }
  fill();
}

void GuestPool::want(const protocol::CellWanted& wanted) {
  if (ready_.empty()) {
    waiting_.push_back(wanted);
  } else {
    auto guest = std::move(ready_.front());
    ready_.pop_front();
    give(guest, wanted);
  }
  fill();
}

void GuestPool::give(const GuestPtr& guest, const protocol::CellWanted& wanted) {
  guest->cell = wanted.cell;
  given_[wanted.cell] = guest;
  watch();
  handlers_.ready(wanted.cell, std::exchange(guest->peers, {}));
}

void GuestPool::drop(const protocol::CellDropped& dropped) {
  std::erase_if(waiting_, [&](auto& wanted) { return wanted.cell == dropped.cell; });
  auto found = given_.find(dropped.cell);
  if (found == given_.end()) return;
  if (!dropped.why.empty()) return refuse(found->second, dropped.why);
  found->second->dropped = true;
  found->second->process->kill();
}

void GuestPool::dropAll() {
  waiting_.clear();
  for (auto& [cell, guest] : given_) {
    guest->dropped = true;
    guest->process->kill();
  }
}

void GuestPool::stop() {
  stopped_ = true;
  watch_.cancel();
  dropAll();
  for (auto& guest : starting_) {
    if (guest->process) guest->process->kill();
  }
  for (auto& guest : ready_) guest->process->kill();
}

void GuestPool::ended(const GuestPtr& guest, const std::string& how) {
  for (auto& link : guest->links) link->close();
  guest->links.clear();
  guest->deadline.cancel();
  std::string why = guest->refusedFor.empty() ? how : "it was killed because it " + guest->refusedFor;
  if (guest->cell != 0) {
    given_.erase(guest->cell);
    if (!guest->dropped) {
      log(LogLevel::error, fmt::format("a guest cell died: {}", why));
      handlers_.ended(guest->cell, why);
    }
  } else if (!stopped_) {
    bool started = std::erase(starting_, guest) == 0;
    std::erase(ready_, guest);
    if (!started) {
      log(LogLevel::error, fmt::format("a guest cell did not come up: {}", why));
      if (!waiting_.empty()) {
        auto wanted = std::move(waiting_.front());
        waiting_.pop_front();
        handlers_.ended(wanted.cell, "it did not come up: " + why);
      }
    }
    retrying_ = true;
    retryDelayMs_ = retryDelayMs_ == 0 ? options_.retryDelayMs : std::min(retryDelayMs_ * 2, options_.retryDelayMsMax);
    retry_.expires_after(std::chrono::milliseconds(retryDelayMs_));
    retry_.async_wait([this](boost::system::error_code error) {
      if (error) return;
      retrying_ = false;
      fill();
    });
    return;
  }
  fill();
}

void GuestPool::watch() {
  if (watching_ || stopped_ || given_.empty() || options_.memoryBytesMax == 0) return;
  watching_ = true;
  watch_.expires_after(std::chrono::milliseconds(options_.watchMs));
  watch_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    watching_ = false;
    for (auto& [cell, guest] : given_) {
      if (residentBytes(guest->process->pid()) > options_.memoryBytesMax) {
        refuse(guest, fmt::format("used more than {} MB of memory", options_.memoryBytesMax >> 20));
      }
    }
    watch();
  });
}

void GuestPool::refuse(const GuestPtr& guest, std::string why) {
  if (guest->dropped || !guest->refusedFor.empty()) return;
  guest->refusedFor = std::move(why);
  guest->process->kill();
}

void GuestPool::log(LogLevel level, std::string text) {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  handlers_.log(
      {LogKind::system, level, "guest", std::chrono::duration<double, std::milli>(now).count(), std::move(text)});
}

}  // namespace mayfly::supervisor
