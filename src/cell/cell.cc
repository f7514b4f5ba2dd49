// SPDX-License-Identifier: Apache-2.0
#include "cell/cell.h"

#include <fmt/core.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <thread>

#include "cell/dynamic_environment.h"
#include "cell/guest.h"
#include "cell/host.h"

namespace mayfly::cell {

namespace {

constexpr size_t kWarmIsolates = 4;
constexpr std::chrono::seconds kGiveUpTime{2};
constexpr int kGivenUpStatus = 70;
constexpr size_t kLogTextBytesMax = 64 * 1024;
constexpr size_t kLogQueueBytesMax = 4 * 1024 * 1024;
constexpr uint64_t kGuestLogBytesPerSecond = 1 << 20;
constexpr uint64_t kGuestLogBytesMax = 4 << 20;
constexpr uint64_t kLogRecordBytes = 256;  // what one costs besides its text

}  // namespace

std::unique_ptr<Cell> Cell::create(isolate::Engine& engine, const CellOptions& options) {
  if (options.guest) return std::make_unique<Guest>(engine, options);
  return std::make_unique<Host>(engine, options);
}

Cell::Cell(isolate::Engine& engine, CellOptions options)
    : options_(std::move(options)),
      engine_(engine),
      watchdog_([this](std::string_view why, const Instance& culprit) { giveUp(why, culprit); }),
      pool_(engine, kWarmIsolates),
      logBytes_(kGuestLogBytesPerSecond, kGuestLogBytesMax) {
  for (int i = 0; i < options_.shards; ++i) {
    shards_.push_back(std::make_unique<Shard>(engine_, pool_, watchdog_, group_, i));
    group_.add(*shards_.back());
    shards_.back()->onRetired([this](Instance& instance) { retired(instance); });
  }
}

void Cell::run() {
  for (size_t i = 0; i < shards_.size(); ++i) connect(i);
  if (options_.pulseSocket >= 0) {
    std::vector<boost::asio::io_context*> contexts;
    for (auto& shard : shards_) contexts.push_back(&shard->context());
    pulse_ = std::make_unique<Pulse>(std::move(contexts), options_.pulseSocket);
  }
  started();
  for (auto& shard : shards_) shard->start();
  tellSupervisor(protocol::Hello{protocol::kProtocolVersion, static_cast<uint32_t>(::getpid())});
  for (;;) ::pause();
}

void Cell::connect(size_t index) {
  rpc::Link::Handlers handlers;
  handlers.opened = [this, index](std::string_view what, rpc::PipeEnd end) { opened(index, what, std::move(end)); };
  handlers.control = [this, index](Bytes frame) {
    if (index != 0) return;
    auto message = protocol::decode(frame.span());
    if (!message) {
      fmt::print(stderr, "the supervisor sent a malformed message: {}\n", message.error().message);
      ::_exit(1);
    }
    control(std::move(*message));
  };
  // Without the supervisor there is nobody to serve.
  handlers.lost = [](Error) { ::_exit(0); };
  links_.push_back(rpc::Link::create(shards_[index]->context(), options_.linkSockets[index], rpc::LinkSide::cell,
                                     std::move(handlers)));
  boost::asio::post(shards_[index]->context(), [link = links_.back()] { link->start(); });
}

std::shared_ptr<Instance> Cell::createDynamic(Shard& near, bool spread, isolate::StartSpec spec, const Limits& limits,
                                              std::function<void(Instance&)> gone) {
  // What is to stay off its parent's shard does not move to where it is called.
  Shard& shard = spread ? group_.elsewhere(near) : group_.choose(near);
  std::string egressGrant = spec.egressGrant;
  auto instance = std::make_shared<Instance>(shard, /*moves=*/!spread, std::move(spec), limits);
  instance->setEnvironment(
      std::make_unique<DynamicEnvironment>(*this, instance, std::move(egressGrant), std::move(gone)));
  shard.adopt(instance);
  return instance;
}

rpc::PipeEnd Cell::openEgress(Shard& shard, std::string_view what) {
  return links_[static_cast<size_t>(shard.index())]->open(fmt::format("egress {}", what));
}

void Cell::log(protocol::LogKind kind, protocol::LogLevel level, std::string_view worker, std::string text) {
  protocol::Log record;
  record.kind = kind;
  record.level = level;
  record.worker = worker;
  record.text = std::move(text);
  log(std::move(record));
}

void Cell::logEvent(std::string_view worker, std::string text, protocol::EventUsage usage) {
  protocol::Log record;
  record.kind = protocol::LogKind::event;
  record.worker = worker;
  record.text = std::move(text);
  record.event = std::move(usage);
  log(std::move(record));
}

void Cell::log(protocol::Log record) {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  record.timeMs = static_cast<double>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  if (record.text.size() > kLogTextBytesMax) {
    size_t bytes = record.text.size();
    record.text.resize(kLogTextBytesMax);
    record.text += fmt::format("... ({} bytes)", bytes);
  }
  auto& link = *links_[0];
  // Who logs too fast loses lines, and is told how many.
  if (link.queuedBytes() > kLogQueueBytesMax || !mayLog(record)) {
    droppedLogs_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (auto dropped = droppedLogs_.exchange(0, std::memory_order_relaxed); dropped > 0) {
    protocol::Log notice = record;
    notice.kind = protocol::LogKind::system;
    notice.level = protocol::LogLevel::warn;
    notice.worker.clear();
    notice.event.reset();
    notice.text = fmt::format("{} log lines were dropped: they came faster than they could be written", dropped);
    link.sendControl(protocol::encode(std::move(notice)));
  }
  link.sendControl(protocol::encode(std::move(record)));
}

bool Cell::mayLog(const protocol::Log& record) {
  if (!options_.guest) return true;
  std::lock_guard lock(logMutex_);
  return logBytes_.take(record.text.size() + record.worker.size() + kLogRecordBytes, std::chrono::steady_clock::now());
}

void Cell::giveUp(std::string_view why, const Instance& culprit) {
  if (givenUp_.exchange(true)) return;
  log(protocol::LogKind::system, protocol::LogLevel::error, "",
      fmt::format("the cell is replaced: {} ({})", why, culprit.name()));
  std::thread([] {
    std::this_thread::sleep_for(kGiveUpTime);
    ::_exit(kGivenUpStatus);
  }).detach();
  finish(why, culprit, [] { ::_exit(kGivenUpStatus); });
}

Result<CellOptions> parseCellOptions(std::span<const std::string> arguments) {
  CellOptions options;
  auto readList = [](std::string_view text) {
    std::vector<int> numbers;
    while (!text.empty()) {
      auto comma = text.find(',');
      numbers.push_back(std::atoi(std::string(text.substr(0, comma)).c_str()));
      text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    }
    return numbers;
  };
  for (const std::string& argument : arguments) {
    auto equals = argument.find('=');
    std::string_view name = std::string_view(argument).substr(0, equals);
    std::string_view value =
        equals == std::string::npos ? std::string_view() : std::string_view(argument).substr(equals + 1);
    if (name == "--snapshot")
      options.snapshot = value;
    else if (name == "--guest")
      options.guest = true;
    else if (name == "--shards")
      options.shards = std::atoi(std::string(value).c_str());
    else if (name == "--links")
      options.linkSockets = readList(value);
    else if (name == "--peers")
      options.peerSockets = readList(value);
    else if (name == "--handover")
      options.handoverSocket = std::atoi(std::string(value).c_str());
    else if (name == "--pulse")
      options.pulseSocket = std::atoi(std::string(value).c_str());
    else if (name == "--listen")
      options.listenSockets = readList(value);
    else if (name == "--control")
      options.controlSockets = readList(value);
    else if (name == "--guest-jit" && jitNamed(value))
      options.guestJit = *jitNamed(value);
    else if (name == "--no-wasm")
      options.wasm = false;
    else if (name == "--guest-workers")
      options.guestLife.workersMax = static_cast<uint32_t>(std::atoi(std::string(value).c_str()));
    else if (name == "--guest-growth-mb")
      options.guestLife.growthBytesMax = static_cast<uint64_t>(std::atoi(std::string(value).c_str())) << 20;
    else if (name == "--guest-age-s")
      options.guestLife.ageMax = std::chrono::seconds(std::atoi(std::string(value).c_str()));
    else if (name == "--collect-always")
      options.collectAlways = true;
    else if (name == "--lock-down" && sandbox::profileNamed(value))
      options.lockDown = sandbox::profileNamed(value);
    else if (name == "--probe") {
      auto probe = sandbox::parseProbeSpec(value);
      if (!probe) return std::unexpected(probe.error());
      options.probe = std::move(*probe);
    } else
      return fail(ErrorCode::invalid, fmt::format("a cell has no option {}", argument));
  }
  if (options.shards < 1 || options.linkSockets.size() != static_cast<size_t>(options.shards)) {
    return fail(ErrorCode::invalid, "a cell needs one --links socket for each of its --shards");
  }
  if (options.guest && options.peerSockets.size() != options.linkSockets.size()) {
    return fail(ErrorCode::invalid, "a guest cell needs one --peers socket for each of its --shards");
  }
  if (!options.guest && options.handoverSocket < 0) {
    return fail(ErrorCode::invalid, "a host cell needs a --handover socket");
  }
  return options;
}

}  // namespace mayfly::cell
