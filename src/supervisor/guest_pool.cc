// SPDX-License-Identifier: Apache-2.0
#include "supervisor/guest_pool.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>

#include "base/token_bucket.h"

namespace mayfly::supervisor {

using protocol::LogKind;
using protocol::LogLevel;

namespace {
constexpr std::string_view kPeerGone = "exit status 0";  // cell/guest.cc
constexpr uint32_t kGrowthTellMs = 1'000;
constexpr uint64_t kLogBytesPerSecond = 2 << 20;
constexpr uint64_t kLogBytesMax = 16 << 20;  // with what may have waited for us
constexpr uint64_t kLogRecordBytes = 256;    // what one costs besides its text

// Whose a cell is, by what the host cell says of it: "PARENT\nworker\nNAME" or "PARENT\ntenant\nTENANT".
struct Owner {
  Owner() = default;
  explicit Owner(std::string_view text) {
    size_t first = text.find('\n'), second = text.find('\n', first + 1);
    if (second == text.npos) return;
    bool isOwn = text.substr(first + 1, second - first - 1) == "worker";
    (isOwn ? worker : tenant) = text.substr(second + 1);
    parent = text.substr(0, first);
  }
  // Whether a worker of this name may run in it; the empty name is the cell's own.
  bool has(std::string_view name) const {
    if (name.empty()) return true;
    if (!worker.empty()) return name == worker;
    return !parent.empty() && name.size() > parent.size() && name.starts_with(parent) && name[parent.size()] == ':';
  }
  std::string parent;
  std::string worker;  // the only one; empty: any of the parent's
  std::string tenant;
};

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
  std::shared_ptr<CellLinks> links;
  TokenBucket logs{kLogBytesPerSecond, kLogBytesMax};
  std::vector<int> peers;
  boost::asio::steady_timer deadline;
  uint32_t cell = 0;  // what the host cell calls it; 0: not given away
  Owner owner;
  std::string account;
  uint64_t bornBytes = 0;  // resident when it was given away
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
  auto process = CellProcess::start(context_,
                                    {.launch = options_.launch,
                                     .shards = options_.shards,
                                     .links = options_.shards,
                                     .peers = options_.shards,
                                     .pulse = true},
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
  std::weak_ptr weak = guest;
  CellLinks::Handlers handlers;
  handlers.opened = handlers_.opened;
  handlers.up = [this, weak] { up(weak.lock()); };
  handlers.log = [this, weak](const protocol::Log& record) { pass(weak.lock(), record); };
  handlers.message = [this, weak](protocol::CellMessage&) {
    refuse(weak.lock(), "sent a message that was not its turn to send");
  };
  handlers.refused = [this, weak](std::string why) { refuse(weak.lock(), std::move(why)); };
  // Most often it is dying.
  handlers.lost = [weak] {
    if (auto guest = weak.lock()) guest->process->kill();
  };
  guest->links = CellLinks::create(context_, *guest->process, options_.answerMs, std::move(handlers));
}

void GuestPool::up(const GuestPtr& guest) {
  auto starting = std::ranges::find(starting_, guest);
  if (starting == starting_.end()) return;
  guest->deadline.cancel();
  starting_.erase(starting);
  retryDelayMs_ = 0;
  if (waiting_.empty()) {
    ready_.push_back(guest);
  } else {
    give(guest, takeWaiting());
  }
  fill();
}

void GuestPool::pass(const GuestPtr& guest, const protocol::Log& record) {
  if (!guest) return;
  // A cell keeps to less of its own accord (cell/cell.cc).
  if (!guest->logs.take(record.text.size() + record.worker.size() + kLogRecordBytes, std::chrono::steady_clock::now()))
    return refuse(guest, "sent log records faster than a cell may");
  if (!guest->owner.has(record.worker)) return refuse(guest, "sent a log record in the name of a worker of others");
  handlers_.log(record, guest->owner.tenant);
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

// Whose account has the fewest cells comes first; of those, who has waited longest.
protocol::CellWanted GuestPool::takeWaiting() {
  std::map<std::string_view, size_t> counts;
  for (const auto& [cell, guest] : given_) ++counts[guest->account];
  auto first = std::ranges::min_element(waiting_, {}, [&](auto& wanted) { return counts[wanted.account]; });
  auto wanted = std::move(*first);
  waiting_.erase(first);
  return wanted;
}

void GuestPool::give(const GuestPtr& guest, const protocol::CellWanted& wanted) {
  guest->cell = wanted.cell;
  guest->owner = Owner(wanted.tenant);
  guest->account = wanted.account;
  guest->bornBytes = residentBytes(guest->process->pid());
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
  if (guest->links) guest->links->close();
  guest->deadline.cancel();
  std::string why = guest->refusedFor.empty() ? how : "it was killed because it " + guest->refusedFor;
  if (guest->cell != 0) {
    // A new host cell counts from one again, so its cell may have the number of one that is still ending.
    if (auto found = given_.find(guest->cell); found != given_.end() && found->second == guest) given_.erase(found);
    if (!guest->dropped) {
      if (how == kPeerGone) {
        log(LogLevel::info, "a guest cell ended, as one does whose host cell is gone");
      } else {
        log(LogLevel::error, fmt::format("a guest cell died: {}", why));
      }
      handlers_.ended(guest->cell, why);
    }
  } else if (!stopped_) {
    bool started = std::erase(starting_, guest) == 0;
    std::erase(ready_, guest);
    if (!started) {
      log(LogLevel::error, fmt::format("a guest cell did not come up: {}", why));
      if (!waiting_.empty()) {
        handlers_.ended(takeWaiting().cell, "it did not come up: " + why);
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
  if (watching_ || stopped_ || given_.empty()) return;
  watching_ = true;
  watch_.expires_after(std::chrono::milliseconds(options_.watchMs));
  watch_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    watching_ = false;
    watchedMs_ += options_.watchMs;
    bool tell = watchedMs_ >= kGrowthTellMs;
    if (tell) watchedMs_ = 0;
    for (auto& [cell, guest] : given_) lookAt(guest, tell);
    watch();
  });
}

void GuestPool::lookAt(const GuestPtr& guest, bool tell) {
  uint64_t bytes = residentBytes(guest->process->pid());
  if (options_.memoryBytesMax != 0 && bytes > options_.memoryBytesMax) {
    return refuse(guest, fmt::format("used more than {} MB of memory", options_.memoryBytesMax >> 20));
  }
  uint64_t grown = bytes - std::min(bytes, guest->bornBytes);
  if (tell && grown > options_.growthBytesTold) handlers_.grown(guest->cell, grown);
}

void GuestPool::refuse(const GuestPtr& guest, std::string why) {
  if (!guest || guest->dropped || !guest->refusedFor.empty()) return;
  guest->refusedFor = std::move(why);
  guest->process->kill();
}

void GuestPool::log(LogLevel level, std::string text) {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  handlers_.log(
      {LogKind::system, level, "guest", std::chrono::duration<double, std::milli>(now).count(), std::move(text)}, "");
}

}  // namespace mayfly::supervisor
