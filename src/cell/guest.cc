// SPDX-License-Identifier: Apache-2.0
#include "cell/guest.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>

namespace mayfly::cell {

namespace {

constexpr std::chrono::milliseconds kQuietPoll{10};

[[noreturn]] void broken(std::string_view why) {
  fmt::print(stderr, "a guest cell got what it should not: {}\n", why);
  std::fflush(nullptr);
  ::_exit(1);
}

}  // namespace

void Guest::started() {
  for (size_t i = 0; i < shardCount(); ++i) {
    rpc::Link::Handlers handlers;
    handlers.opened = [this](std::string_view what, rpc::PipeEnd end) { peerOpened(what, std::move(end)); };
    handlers.control = [this, i](Bytes frame) {
      auto message = protocol::decode(frame.span());
      if (!message) broken(message.error().message);
      peerControl(i, std::move(*message));
    };
    // Without the host cell nobody has any use for these workers.
    handlers.lost = [](Error reason) {
      if (reason.code == ErrorCode::corrupt) broken(reason.message);
      ::_exit(0);
    };
    peers_.push_back(
        rpc::Link::create(shard(i).context(), options_.peerSockets[i], rpc::LinkSide::cell, std::move(handlers)));
  }
  for (size_t i = 0; i < shardCount(); ++i) {
    boost::asio::post(shard(i).context(), [link = peers_[i]] { link->start(); });
  }
}

void Guest::control(protocol::CellMessage) { broken("the supervisor has nothing to say to a guest cell"); }

void Guest::opened(size_t, std::string_view, rpc::PipeEnd end) {
  end.close({ErrorCode::notFound, "a guest cell has nothing for the supervisor"});
}

// --- from the host cell ---

void Guest::peerControl(size_t peer, protocol::CellMessage message) {
  if (auto* code = std::get_if<protocol::Load>(&message)) return load(peer, std::move(*code));
  auto* unkeep = std::get_if<protocol::Unkeep>(&message);
  if (unkeep == nullptr) broken("a message that is not for a guest cell");
  auto instance = find(unkeep->worker);
  if (!instance) return;  // it ended meanwhile
  if (unkeep->evict) {
    instance->evict();
  } else {
    instance->unkeep();
  }
}

void Guest::load(size_t peer, protocol::Load load) {
  isolate::StartSpec spec;
  spec.dynamic = true;
  spec.workerName = std::move(load.name);
  spec.compatibilityDate = std::move(load.compatibilityDate);
  spec.compatibilityFlags = std::move(load.compatibilityFlags);
  spec.outbound = load.outbound;
  spec.egressGrant = std::move(load.egressGrant);
  spec.mainModule = std::move(load.mainModule);
  spec.modules = std::move(load.modules);
  spec.logEvents = load.logEvents;
  auto instance = createDynamic(shard(peer), load.spread, std::move(spec), load.limits, [this](Instance& gone) {
    gone.unkeep();
    tellHost(gone, false);
  });
  if (load.kept) instance->keepPersistent();
  std::lock_guard lock(mutex_);
  ids_[instance.get()] = load.worker;
  if (!workers_.try_emplace(load.worker, std::move(instance), peer).second) broken("two workers of one number");
}

// "creator NUMBER" or "user NUMBER".
void Guest::peerOpened(std::string_view what, rpc::PipeEnd end) {
  auto space = std::min(what.find(' '), what.size());
  auto kind = what.substr(0, space);
  uint32_t worker = 0;
  std::from_chars(what.data() + std::min(space + 1, what.size()), what.data() + what.size(), worker);
  auto instance = find(worker);
  if (!instance) return end.close({ErrorCode::unavailable, "the worker has ended"});
  if (kind == "creator") {
    instance->acceptCreator(std::move(end), std::nullopt);
  } else {
    instance->acceptUser(std::move(end));
  }
}

std::shared_ptr<Instance> Guest::find(uint32_t worker) {
  std::lock_guard lock(mutex_);
  auto found = workers_.find(worker);
  return found == workers_.end() ? nullptr : found->second.instance;
}

void Guest::tellHost(const Instance& instance, bool ended) {
  std::shared_ptr<Instance> last;  // let go outside the lock
  std::lock_guard lock(mutex_);
  auto id = ids_.find(&instance);
  if (id == ids_.end()) return;
  auto worker = workers_.find(id->second);
  peers_[worker->second.peer]->sendControl(
      protocol::encode(protocol::WorkerGone{id->second, instance.condemned(), ended}));
  if (!ended) return;
  last = std::move(worker->second.instance);
  workers_.erase(worker);
  ids_.erase(id);
}

void Guest::retired(Instance& instance) { tellHost(instance, true); }

// --- the end ---

bool Guest::quiet() {
  std::lock_guard lock(mutex_);
  return std::ranges::all_of(workers_, [](auto& pair) {
    auto& instance = pair.second.instance;
    return instance->condemned() || instance->idle();
  });
}

void Guest::finish(std::string_view why, const Instance& culprit, std::function<void()> done) {
  uint32_t worker = 0;
  {
    std::lock_guard lock(mutex_);
    if (auto found = ids_.find(&culprit); found != ids_.end()) worker = found->second;
  }
  peers_[0]->sendControl(protocol::encode(protocol::Leaving{std::string(why), worker}));
  auto timer = std::make_shared<boost::asio::steady_timer>(shard(0).context());
  auto poll = std::make_shared<std::function<void()>>();
  *poll = [this, timer, poll, done = std::move(done)] {
    timer->expires_after(kQuietPoll);
    timer->async_wait([this, poll, done](boost::system::error_code) {
      if (quiet()) return done();
      (*poll)();
    });
  };
  boost::asio::post(shard(0).context(), [poll] { (*poll)(); });
}

}  // namespace mayfly::cell
