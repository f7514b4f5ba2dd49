// SPDX-License-Identifier: Apache-2.0
#include "cell/guest_cell.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace mayfly::cell {

namespace {

// How long the supervisor has to say how a process ended whose links are gone.
constexpr std::chrono::milliseconds kReasonWait{8};
constexpr size_t kReasonBytesMax = 1024;

Error cellLost(std::string_view why) {
  return {ErrorCode::unavailable, fmt::format("The cell of this worker was lost: {}.", why), "CellLost"};
}

}  // namespace

// Stands for a worker in the cell.
class GuestCell::Worker final : public DynamicWorker {
 public:
  Worker(std::shared_ptr<GuestCell> cell, size_t shard, uint32_t id) : cell_(std::move(cell)), shard_(shard), id_(id) {}

  void acceptUser(rpc::PipeEnd end) override { open("user", std::move(end), std::nullopt); }
  void acceptCreator(rpc::PipeEnd end, std::optional<rpc::Message> init) override {
    open("creator", std::move(end), std::move(init));
  }
  void unkeep() override { tell({id_, false}); }
  void evict() override { tell({id_, true}); }
  // Only the cell knows; what goes on in a worker comes to its end after evict(), so any may be chosen.
  bool idle() const override { return true; }

 private:
  void open(const char* kind, rpc::PipeEnd end, std::optional<rpc::Message> first) {
    cell_->perform(shard_, [what = fmt::format("{} {}", kind, id_), end = std::move(end),
                            first = std::move(first)](rpc::Link* link) mutable {
      if (link != nullptr) return link->open(what, std::move(end), std::move(first));
      end.close(cellLost("it has ended"));
    });
  }
  void tell(protocol::Unkeep message) {
    cell_->perform(shard_, [message](rpc::Link* link) {
      if (link != nullptr) link->sendControl(protocol::encode(message));
    });
  }

  const std::shared_ptr<GuestCell> cell_;
  const size_t shard_;
  const uint32_t id_;
};

GuestCell::GuestCell(uint32_t id, std::string tenant, std::string account, bool own,
                     std::vector<boost::asio::io_context*> contexts, Handlers handlers)
    : id_(id),
      tenant_(std::move(tenant)),
      account_(std::move(account)),
      own_(own),
      contexts_(std::move(contexts)),
      handlers_(std::move(handlers)) {}

// --- towards the cell ---

std::shared_ptr<DynamicWorker> GuestCell::load(size_t shard, protocol::Load&& load, uint64_t code) {
  std::shared_ptr<Worker> worker;
  {
    std::lock_guard lock(mutex_);
    if (state_ > State::up) return nullptr;
    load.worker = ++lastWorker_;
    worker = std::make_shared<Worker>(shared_from_this(), shard, load.worker);
    workers_[load.worker] = {worker, code, load.limits.memoryBytes(), shard, load.kept};
    emptySince_ = Clock::time_point::max();
  }
  perform(shard, [frame = protocol::encode(std::move(load))](rpc::Link* link) mutable {
    if (link != nullptr) link->sendControl(std::move(frame));
  });
  return worker;
}

void GuestCell::perform(size_t shard, Task task) {
  {
    std::lock_guard lock(mutex_);
    if (state_ == State::starting) {
      waiting_.emplace_back(shard, std::move(task));
      return;
    }
    if (state_ < State::lost) return task(links_[shard].get());
  }
  task(nullptr);
}

void GuestCell::connect(std::vector<int> sockets) {
  std::lock_guard lock(mutex_);
  for (size_t i = 0; i < sockets.size(); ++i) {
    rpc::Link::Handlers handlers;
    handlers.control = [weak = weak_from_this()](Bytes frame) {
      if (auto self = weak.lock()) self->control(std::move(frame));
    };
    handlers.failing = [self = shared_from_this()](Error reason) { self->linkLost(reason); };
    links_.push_back(rpc::Link::create(*contexts_[i], sockets[i], rpc::LinkSide::supervisor, std::move(handlers)));
    boost::asio::post(*contexts_[i], [link = links_.back()] { link->start(); });
  }
  if (state_ == State::ended) {
    for (auto& link : links_) link->close();
    return;
  }
  state_ = State::up;
  upSince_ = Clock::now();
  for (auto& [shard, task] : waiting_) task(links_[shard].get());
  waiting_.clear();
}

bool GuestCell::retire() {
  bool empty = false;
  {
    std::lock_guard lock(mutex_);
    if (state_ != State::up) return false;
    state_ = State::retired;
    retiredSince_ = Clock::now();
    if (spent()) emptySince_ = std::min(emptySince_, Clock::now());
    empty = workers_.empty();
  }
  handlers_.closed(*this);
  forgetAll();
  if (empty) handlers_.empty(*this);
  return true;
}

GuestCell::Clock::time_point GuestCell::retiredSince() const {
  std::lock_guard lock(mutex_);
  return retiredSince_;
}

void GuestCell::evictKept() {
  std::vector<std::pair<size_t, uint32_t>> kept;
  {
    std::lock_guard lock(mutex_);
    for (auto& [id, loaded] : workers_) {
      if (std::exchange(loaded.kept, false)) kept.emplace_back(loaded.shard, id);
    }
  }
  for (auto [shard, id] : kept) {
    perform(shard, [id](rpc::Link* link) {
      if (link != nullptr) link->sendControl(protocol::encode(protocol::Unkeep{id, true}));
    });
  }
}

bool GuestCell::spent() const {
  if (state_ != State::retired) return workers_.empty();
  return std::ranges::all_of(workers_, [](auto& pair) { return pair.second.condemned; });
}

uint64_t GuestCell::excessBytes(uint64_t grownBytes) const {
  std::lock_guard lock(mutex_);
  uint64_t allowed = 0;
  for (const auto& [id, loaded] : workers_) {
    if (!loaded.condemned) allowed += loaded.memoryBytesMax;
  }
  return grownBytes - std::min(grownBytes, allowed);
}

GuestCell::Clock::time_point GuestCell::upSince() const {
  std::lock_guard lock(mutex_);
  return upSince_;
}

bool GuestCell::dropIfEmpty() {
  {
    std::lock_guard lock(mutex_);
    if (!spent()) return false;
    if (state_ < State::leaving) state_ = State::leaving;
  }
  handlers_.tellSupervisor(protocol::CellDropped{id_, ""});
  end("it is not needed any more");
  return true;
}

uint32_t GuestCell::loads() const {
  std::lock_guard lock(mutex_);
  return lastWorker_;
}

GuestCell::Clock::time_point GuestCell::emptySince() const {
  std::lock_guard lock(mutex_);
  return emptySince_;
}

// --- from the cell ---

void GuestCell::control(Bytes frame) {
  auto message = protocol::decodeFromCell(frame.span());
  if (!message) return refuse(message.error().message);
  if (auto* gone = std::get_if<protocol::WorkerGone>(&*message)) return workerGone(*gone);
  if (auto* leaving = std::get_if<protocol::Leaving>(&*message))
    return leave(std::move(leaving->reason), leaving->worker);
  refuse("it sent a message that is not its to send");
}

void GuestCell::workerGone(const protocol::WorkerGone& gone) {
  std::shared_ptr<Worker> worker;
  bool empty = false;
  {
    std::lock_guard lock(mutex_);
    auto found = workers_.find(gone.worker);
    if (found != workers_.end()) {
      worker = found->second.worker.lock();
      found->second.condemned |= gone.condemned;
      if (gone.ended) workers_.erase(found);
      empty = workers_.empty();
      if (spent()) emptySince_ = std::min(emptySince_, Clock::now());
    } else if (gone.worker > lastWorker_ || gone.worker == 0) {
      return boost::asio::post(*contexts_[0],
                               [self = shared_from_this()] { self->refuse("it named a worker that does not exist"); });
    }
  }
  if (worker) handlers_.forget(*worker);
  if (empty) handlers_.empty(*this);
}

void GuestCell::leave(std::string reason, uint32_t culprit) {
  if (reason.size() > kReasonBytesMax) reason.resize(kReasonBytesMax);
  std::vector<uint64_t> suspects;
  {
    std::lock_guard lock(mutex_);
    if (state_ != State::up && state_ != State::retired) return;
    state_ = State::leaving;
    reason_ = std::move(reason);
    if (auto found = workers_.find(culprit); found != workers_.end()) suspects.push_back(found->second.code);
  }
  handlers_.closed(*this);
  handlers_.crashed(*this, suspects);
  forgetAll();
}

// --- the end ---

void GuestCell::forgetAll() {
  std::vector<std::shared_ptr<Worker>> workers;
  {
    std::lock_guard lock(mutex_);
    for (auto& [id, loaded] : workers_) {
      if (auto worker = loaded.worker.lock()) workers.push_back(std::move(worker));
    }
  }
  for (auto& worker : workers) handlers_.forget(*worker);
}

void GuestCell::refuse(std::string why) {
  handlers_.tellSupervisor(protocol::CellDropped{id_, why});
  end("it broke the protocol: " + why);
}

void GuestCell::linkLost(const Error& reason) {
  if (reason.code == ErrorCode::corrupt) return refuse(reason.message);
  {
    std::lock_guard lock(mutex_);
    if (state_ >= State::lost) return;
    state_ = State::lost;
  }
  handlers_.closed(*this);
  auto timer = std::make_shared<boost::asio::steady_timer>(*contexts_[0], kReasonWait);
  timer->async_wait([self = shared_from_this(), timer](boost::system::error_code) { self->end("its process ended"); });
}

void GuestCell::end(std::string_view why) {
  std::vector<std::pair<size_t, Task>> waiting;
  std::vector<std::shared_ptr<rpc::Link>> links;
  std::vector<uint64_t> suspects;
  Error error;
  {
    std::lock_guard lock(mutex_);
    if (state_ == State::ended) return;
    // Who leaves has said whose doing it is, or nobody's.
    if (state_ != State::leaving && reason_.empty()) {
      for (auto& [id, loaded] : workers_) suspects.push_back(loaded.code);
    }
    state_ = State::ended;
    error = cellLost(reason_.empty() ? why : std::string_view(reason_));
    waiting.swap(waiting_);
    links.swap(links_);
  }
  handlers_.closed(*this);
  if (!suspects.empty()) handlers_.crashed(*this, suspects);
  forgetAll();
  for (auto& link : links) link->close(error);
  for (auto& [shard, task] : waiting) task(nullptr);
}

}  // namespace mayfly::cell
