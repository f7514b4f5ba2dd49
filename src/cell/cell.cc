// SPDX-License-Identifier: Apache-2.0
#include "cell/cell.h"

#include <fmt/core.h>
#include <signal.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <thread>

#include "cell/cell_environment.h"

namespace mayfly::cell {

namespace {

constexpr size_t kWarmIsolates = 4;
constexpr size_t kKeptMaxDefault = 256;
constexpr uint32_t kMemoryMbDefault = 128;
constexpr uint32_t kDynamicCpuMsDefault = 5'000;
constexpr std::chrono::seconds kGiveUpTime{2};
constexpr int kGivenUpStatus = 70;
constexpr size_t kLogTextBytesMax = 64 * 1024;
constexpr size_t kLogQueueBytesMax = 4 * 1024 * 1024;

uint32_t orDefault(uint32_t value, uint32_t fallback) { return value == 0 ? fallback : value; }

http::Limits httpLimits(const protocol::Configure& configure) {
  http::Limits limits;
  if (configure.headerBytesMax != 0) limits.headerBytesMax = configure.headerBytesMax;
  if (configure.bodyBytesMax != 0) limits.bodyBytesMax = configure.bodyBytesMax;
  if (configure.headerTimeoutMs != 0) limits.headerTimeoutMs = configure.headerTimeoutMs;
  if (configure.bodyTimeoutMs != 0) limits.bodyTimeoutMs = configure.bodyTimeoutMs;
  if (configure.idleTimeoutMs != 0) limits.idleTimeoutMs = configure.idleTimeoutMs;
  return limits;
}

}  // namespace

Cell::Cell(isolate::Engine& engine, const CellOptions& options)
    : engine_(engine),
      options_(options),
      watchdog_([this](std::string_view why) { giveUp(why); }),
      pool_(engine, kWarmIsolates),
      directory_(*this, kKeptMaxDefault) {
  shards_.resize(static_cast<size_t>(options_.shards));
  for (int i = 0; i < options_.shards; ++i) {
    auto& state = shards_[static_cast<size_t>(i)];
    state.shard = std::make_unique<Shard>(engine_, pool_, watchdog_, group_, i);
    group_.add(*state.shard);
    state.shard->onRetired([this](Instance& instance) {
      directory_.forget(instance);
      directory_.orphan(instance);
    });
  }
}

void Cell::run() {
  for (size_t i = 0; i < shards_.size(); ++i) connect(shards_[i], options_.linkSockets[i], i == 0);
  for (auto& state : shards_) state.shard->start();
  shards_[0].link->sendControl(
      protocol::encode(protocol::Hello{protocol::kProtocolVersion, static_cast<uint32_t>(::getpid())}));
  for (;;) ::pause();
}

void Cell::connect(ShardState& state, int socket, bool first) {
  rpc::Link::Handlers handlers;
  handlers.opened = [this, &state](std::string_view what, rpc::PipeEnd end) { opened(state, what, std::move(end)); };
  handlers.control = [this, first](Bytes frame) {
    if (first) control(std::move(frame));
  };
  // Without the supervisor there is nobody to serve.
  handlers.lost = [](Error) { ::_exit(0); };
  state.link = rpc::Link::create(state.shard->context(), socket, rpc::LinkSide::cell, std::move(handlers));
  boost::asio::post(state.shard->context(), [link = state.link] { link->start(); });
}

void Cell::control(Bytes frame) {
  auto message = protocol::decode(frame.span());
  if (!message) {
    fmt::print(stderr, "the supervisor sent a malformed message: {}\n", message.error().message);
    ::_exit(1);
  }
  if (auto* configure = std::get_if<protocol::Configure>(&*message)) {
    this->configure(std::make_shared<const protocol::Configure>(std::move(*configure)));
  } else if (auto* drain = std::get_if<protocol::Drain>(&*message)) {
    this->drain(drain->deadlineMs);
  }
}

// --- host workers ---

void Cell::configure(std::shared_ptr<const protocol::Configure> configure) {
  {
    std::lock_guard lock(mutex_);
    pending_ = {configure->generation, shards_.size(), ""};
  }
  size_t keptMax = kKeptMaxDefault;
  for (const auto& worker : configure->workers) keptMax = std::max<size_t>(keptMax, worker.dynamicKeptMax);
  directory_.setKeptMax(keptMax);
  for (auto& state : shards_) {
    boost::asio::post(state.shard->context(), [this, &state, configure] { startWorkers(state, configure); });
  }
}

void Cell::startWorkers(ShardState& state, std::shared_ptr<const protocol::Configure> configure) {
  auto workers = std::make_shared<HostWorkers>();
  workers->generation = configure->generation;
  workers->starting = configure->workers.size();
  if (state.next) switchWorkers(state, false);
  if (!state.frontend) {
    state.frontend =
        std::make_unique<HttpFrontend>(state.shard->context(), options_.listenSockets, httpLimits(*configure));
  } else {
    state.frontend->setLimits(httpLimits(*configure));
  }
  state.next = workers;
  for (const protocol::WorkerSpec& spec : configure->workers) {
    isolate::StartSpec start;
    start.workerName = spec.name;
    start.dev = configure->dev;
    start.exposeGc = configure->exposeGc;
    start.compatibilityDate = spec.compatibilityDate;
    start.compatibilityFlags = spec.compatibilityFlags;
    start.mainModule = spec.mainModule;
    start.modules = spec.modules;
    start.sourceMap = spec.sourceMap;
    start.host = spec;
    start.host.modules.clear();
    start.host.sourceMap.clear();
    isolate::Limits limits{size_t{orDefault(spec.memoryMb, kMemoryMbDefault)} << 20, spec.cpuMs};
    auto instance = std::make_shared<Instance>(*state.shard, /*moves=*/false, std::move(start), limits);
    instance->setEnvironment(std::make_unique<CellEnvironment>(
        *this, instance,
        CellEnvironment::Rights{configure->generation, false, orDefault(spec.dynamicCpuMs, kDynamicCpuMsDefault),
                                orDefault(spec.dynamicMemoryMb, kMemoryMbDefault),
                                spec.dynamicSpread ? Placement::spread : Placement::near, workers}));
    instance->keepPersistent();
    if (workers->first.empty()) workers->first = spec.name;
    workers->byName[spec.name] = instance;
    state.shard->adopt(instance);
    instance->schedule();
  }
  workers->configure = std::move(configure);
}

void Cell::hostStarted(Instance& instance, uint32_t generation, std::string_view error) {
  auto& state = shards_[static_cast<size_t>(instance.shard().index())];
  boost::asio::post(state.shard->context(),
                    [this, &state, generation, error = std::string(error), self = instance.shared_from_this()] {
                      auto& next = state.next;
                      if (!next || next->generation != generation || next->starting == 0) return;
                      auto found = next->byName.find(self->name());
                      if (found == next->byName.end() || found->second != self) return;
                      if (!error.empty() && next->error.empty()) {
                        next->error = fmt::format("worker \"{}\": {}", self->name(), error);
                      }
                      if (--next->starting == 0) workersReady(state);
                    });
}

void Cell::workersReady(ShardState& state) {
  bool failed = !state.next->error.empty();
  if (state.current && state.current->generation == state.next->generation) {
    // A restart of this shard alone.
    if (failed) log(protocol::LogKind::system, protocol::LogLevel::error, "", state.next->error);
    return switchWorkers(state, !failed);
  }
  std::lock_guard lock(mutex_);
  if (pending_.generation != state.next->generation) return;
  if (failed && pending_.error.empty()) pending_.error = state.next->error;
  if (--pending_.shards > 0) return;
  bool take = pending_.error.empty();
  for (auto& each : shards_) {
    boost::asio::post(each.shard->context(), [this, &each, take, generation = pending_.generation] {
      if (each.next && each.next->generation == generation) switchWorkers(each, take);
    });
  }
  // After the switch on this shard, so that what the supervisor opens next finds the new workers.
  boost::asio::post(state.shard->context(), [this, pending = pending_] {
    shards_[0].link->sendControl(protocol::encode(protocol::Configured{pending.generation, pending.error}));
  });
}

void Cell::switchWorkers(ShardState& state, bool take) {
  auto old = take ? std::exchange(state.current, std::move(state.next)) : std::move(state.next);
  state.next = nullptr;
  if (take) {
    auto worker = state.current->byName.at(state.current->first);
    state.frontend->setTarget(worker->open("http"), {.open = [worker] { return worker->open("http"); }});
    if (!state.accepting) {
      state.accepting = true;
      if (auto started = state.frontend->start(); !started) {
        log(protocol::LogKind::system, protocol::LogLevel::error, "", started.error().message);
      }
    }
  }
  if (!old) return;
  for (auto& [name, instance] : old->byName) instance->setPersistent(false);
}

void Cell::hostCondemned(Instance& instance) {
  auto& state = shards_[static_cast<size_t>(instance.shard().index())];
  boost::asio::post(state.shard->context(), [this, &state, self = instance.shared_from_this()] {
    if (!state.current) return;
    auto found = state.current->byName.find(self->name());
    if (found != state.current->byName.end() && found->second == self) restartWorkers(state);
  });
}

void Cell::restartWorkers(ShardState& state) {
  if (state.next || !state.current) return;
  // Not more than once in a second, or a worker that dies of its first request would keep the shard busy for nothing.
  auto now = std::chrono::steady_clock::now();
  auto wait = state.lastRestart + std::chrono::seconds(1) - now;
  state.lastRestart = std::max(now, state.lastRestart + std::chrono::seconds(1));
  auto configure = state.current->configure;
  auto timer = std::make_shared<boost::asio::steady_timer>(state.shard->context());
  timer->expires_after(std::max<std::chrono::steady_clock::duration>(wait, {}));
  timer->async_wait([this, &state, configure, timer](boost::system::error_code) {
    if (!state.next && state.current && state.current->configure == configure) startWorkers(state, configure);
  });
}

void Cell::opened(ShardState& state, std::string_view what, rpc::PipeEnd end) {
  auto space = what.find(' ');
  auto kind = what.substr(0, space);
  auto name = space == std::string_view::npos ? std::string_view() : what.substr(space + 1);
  auto workers = state.current;
  auto found = workers ? workers->byName.find(name) : decltype(workers->byName.end()){};
  if (!workers || found == workers->byName.end()) {
    end.close({ErrorCode::notFound, fmt::format("there is no worker named \"{}\"", name)});
  } else if (kind == "control" || kind == "worker") {
    found->second->accept(std::move(end), kind == "control" ? "control" : "worker");
  } else {
    end.close({ErrorCode::invalid, fmt::format("\"{}\" cannot be opened", what)});
  }
}

// --- dynamic workers ---

std::shared_ptr<Instance> Cell::createDynamic(const std::shared_ptr<Instance>& parent, isolate::StartSpec spec,
                                              const isolate::Limits& limits, const Loader& loader) {
  // What is to stay off its parent's shard does not move to where it is called.
  bool spread = loader.placement == Placement::spread;
  Shard& near = parent->shard();
  auto& shard = spread ? group_.elsewhere(near) : group_.choose(near);
  auto instance = std::make_shared<Instance>(shard, /*moves=*/!spread, std::move(spec), limits);
  instance->setEnvironment(std::make_unique<CellEnvironment>(
      *this, instance, CellEnvironment::Rights{0, true, loader.cpuMs, loader.memoryMb, loader.placement, {}}));
  shard.adopt(instance);
  return instance;
}

rpc::PipeEnd Cell::openEgress(Shard& shard, std::string_view worker) {
  return shards_[static_cast<size_t>(shard.index())].link->open(fmt::format("egress {}", worker));
}

void Cell::log(protocol::LogKind kind, protocol::LogLevel level, std::string_view worker, std::string text) {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  protocol::Log record;
  record.kind = kind;
  record.level = level;
  record.worker = worker;
  record.timeMs = static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  record.text = std::move(text);
  if (record.text.size() > kLogTextBytesMax) {
    size_t bytes = record.text.size();
    record.text.resize(kLogTextBytesMax);
    record.text += fmt::format("... ({} bytes)", bytes);
  }
  auto& link = *shards_[0].link;
  // Who logs faster than the supervisor writes loses lines, and is told how many.
  if (link.queuedBytes() > kLogQueueBytesMax) {
    droppedLogs_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (auto dropped = droppedLogs_.exchange(0, std::memory_order_relaxed); dropped > 0) {
    protocol::Log notice = record;
    notice.kind = protocol::LogKind::system;
    notice.level = protocol::LogLevel::warn;
    notice.worker.clear();
    notice.text = fmt::format("{} log lines were dropped: they came faster than they could be written", dropped);
    link.sendControl(protocol::encode(std::move(notice)));
  }
  link.sendControl(protocol::encode(std::move(record)));
}

// --- the end ---

void Cell::drain(uint32_t deadlineMs) {
  {
    std::lock_guard lock(mutex_);
    draining_ = shards_.size();
  }
  auto drained = [this] {
    std::lock_guard lock(mutex_);
    if (--draining_ == 0) shards_[0].link->sendControl(protocol::encode(protocol::Drained{}));
  };
  for (auto& state : shards_) {
    boost::asio::post(state.shard->context(), [&state, drained] {
      if (state.frontend) {
        state.frontend->drain(drained);
      } else {
        drained();
      }
    });
  }
  // At the deadline the supervisor ends the process, whatever still runs.
  (void)deadlineMs;
}

void Cell::giveUp(std::string_view why) {
  if (givenUp_.exchange(true)) return;
  log(protocol::LogKind::system, protocol::LogLevel::error, "", fmt::format("the cell is replaced: {}", why));
  std::thread([] {
    std::this_thread::sleep_for(kGiveUpTime);
    ::_exit(kGivenUpStatus);
  }).detach();
  auto left = std::make_shared<std::atomic<size_t>>(shards_.size());
  for (auto& state : shards_) {
    boost::asio::post(state.shard->context(), [&state, left] {
      auto drained = [left] {
        if (left->fetch_sub(1) == 1) ::_exit(kGivenUpStatus);
      };
      if (state.frontend) {
        state.frontend->drain(drained);
      } else {
        drained();
      }
    });
  }
}

Result<CellOptions> parseCellOptions(std::span<const std::string> arguments) {
  CellOptions options;
  auto readList = [](std::string_view text, std::vector<int>& out) {
    while (!text.empty()) {
      auto comma = text.find(',');
      out.push_back(std::atoi(std::string(text.substr(0, comma)).c_str()));
      text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    }
  };
  for (const std::string& argument : arguments) {
    auto equals = argument.find('=');
    std::string_view name = std::string_view(argument).substr(0, equals);
    std::string_view value =
        equals == std::string::npos ? std::string_view() : std::string_view(argument).substr(equals + 1);
    if (name == "--snapshot")
      options.snapshot = value;
    else if (name == "--shards")
      options.shards = std::atoi(std::string(value).c_str());
    else if (name == "--collect-always")
      options.collectAlways = true;
    else if (name == "--links")
      readList(value, options.linkSockets);
    else if (name == "--listen")
      readList(value, options.listenSockets);
    else
      return fail(ErrorCode::invalid, fmt::format("a cell has no option {}", name));
  }
  if (options.shards < 1 || options.linkSockets.size() != static_cast<size_t>(options.shards)) {
    return fail(ErrorCode::invalid, "a cell needs one --links socket for each of its --shards");
  }
  return options;
}

}  // namespace mayfly::cell
