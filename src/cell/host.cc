// SPDX-License-Identifier: Apache-2.0
#include "cell/host.h"

#include <fmt/core.h>

#include <boost/asio/post.hpp>
#include <chrono>

#include "cell/host_environment.h"
#include "egress/grant.h"

namespace mayfly::cell {

namespace {

constexpr size_t kKeptMaxDefault = 256;
constexpr uint64_t kControlBodyBytesMax = 4 << 20;

http::Limits httpLimits(const protocol::Configure& configure) {
  http::Limits limits;
  if (configure.headerBytesMax != 0) limits.headerBytesMax = configure.headerBytesMax;
  if (configure.bodyBytesMax != 0) limits.bodyBytesMax = configure.bodyBytesMax;
  if (configure.headerTimeoutMs != 0) limits.headerTimeoutMs = configure.headerTimeoutMs;
  if (configure.bodyTimeoutMs != 0) limits.bodyTimeoutMs = configure.bodyTimeoutMs;
  if (configure.idleTimeoutMs != 0) limits.idleTimeoutMs = configure.idleTimeoutMs;
  return limits;
}

isolate::StartSpec startSpec(const protocol::Configure& configure, const protocol::WorkerSpec& spec) {
  isolate::StartSpec start;
  start.workerName = spec.name;
  start.dev = configure.dev;
  start.exposeGc = configure.exposeGc;
  // The control worker is none of the operator's.
  start.logEvents = configure.logEvents && spec.name != protocol::kControlWorker;
  start.compatibilityDate = spec.compatibilityDate;
  start.compatibilityFlags = spec.compatibilityFlags;
  start.mainModule = spec.mainModule;
  start.modules = spec.modules;
  start.sourceMap = spec.sourceMap;
  start.host = spec;
  start.host.modules.clear();
  start.host.sourceMap.clear();
  return start;
}

// What a level of compilation takes, or takes away.
Result<void> checkJit(Jit jit, Isolation isolation, const isolate::DynamicCode& code) {
  if (jit == Jit::full) return {};
  if (isolation == Isolation::isolate) {
    return fail(ErrorCode::denied,
                fmt::format("--guest-jit=\"{}\" takes a process of its own: isolation must be \"tenant\" or "
                            "\"worker\", but is \"isolate\".",
                            jitName(jit)));
  }
  if (jit != Jit::none) return {};
  std::string wasm = code.compiledModules.empty() ? "" : code.compiledModules.front().first;
  for (const ModuleSource& module : code.modules) {
    if (module.kind == ModuleKind::wasm) wasm = module.name;
  }
  if (wasm.empty()) return {};
  return fail(
      ErrorCode::denied,
      fmt::format("Module \"{}\" is WebAssembly, which dynamic workers do not have here: --guest-jit is \"none\".",
                  wasm));
}

// What opens the network to a dynamic worker; empty for one that has none.
Result<std::string> sealNetwork(const Loader& loader, const std::string& worker, const std::string& tenant,
                                isolate::DynamicCode& code) {
  if (code.outbound != isolate::Outbound::internet) return std::string();
  egress::Grant grant{loader.generation,       loader.parent->name(),  worker, tenant,
                      std::move(code.network), std::move(code.secrets)};
  return egress::sealGrant(loader.grantKey, grant);
}

}  // namespace

Host::Host(isolate::Engine& engine, const CellOptions& options)
    : Cell(engine, options),
      directory_(*this, kKeptMaxDefault),
      guests_(options.guestLife,
              {.tellSupervisor = [this](const protocol::CellMessage& message) { tellSupervisor(message); },
               .forget = [this](const DynamicWorker& worker) { directory_.forget(worker); },
               .log = [this](protocol::LogLevel level,
                             std::string text) { log(protocol::LogKind::system, level, "", std::move(text)); }}),
      states_(static_cast<size_t>(options.shards)) {}

void Host::started() {
  std::vector<boost::asio::io_context*> contexts;
  for (size_t i = 0; i < shardCount(); ++i) contexts.push_back(&context(i));
  guests_.start(std::move(contexts), options_.handoverSocket);
}

void Host::control(protocol::CellMessage message) {
  if (auto* configure = std::get_if<protocol::Configure>(&message)) {
    this->configure(std::make_shared<const protocol::Configure>(std::move(*configure)));
  } else if (std::holds_alternative<protocol::Drain>(message)) {
    // At the deadline the supervisor ends the process, whatever still runs.
    drain([this] { tellSupervisor(protocol::Drained{}); });
  } else if (auto* gone = std::get_if<protocol::CellGone>(&message)) {
    guests_.processEnded(gone->cell, gone->how);
  } else if (auto* grown = std::get_if<protocol::CellGrown>(&message)) {
    guests_.processGrown(grown->cell, grown->bytes);
  }
}

// --- host workers ---

void Host::configure(std::shared_ptr<const protocol::Configure> configure) {
  {
    std::lock_guard lock(mutex_);
    pending_ = {configure->generation, shardCount(), ""};
  }
  size_t keptMax = kKeptMaxDefault;
  for (const auto& worker : configure->workers) keptMax = std::max<size_t>(keptMax, worker.dynamicKeptMax);
  directory_.setKeptMax(keptMax);
  for (size_t i = 0; i < shardCount(); ++i) {
    boost::asio::post(context(i), [this, i, configure] { startWorkers(i, configure); });
  }
}

void Host::startWorkers(size_t index, std::shared_ptr<const protocol::Configure> configure) {
  ShardState& state = states_[index];
  auto workers = std::make_shared<HostWorkers>();
  workers->generation = configure->generation;
  workers->starting = configure->workers.size();
  if (state.next) switchWorkers(index, false);
  if (!state.frontend) {
    state.frontend = std::make_unique<HttpFrontend>(context(index), options_.listenSockets, httpLimits(*configure));
  } else {
    state.frontend->setLimits(httpLimits(*configure));
  }
  if (index == 0 && !state.control && !options_.controlSockets.empty()) {
    http::Limits limits;
    limits.bodyBytesMax = kControlBodyBytesMax;
    state.control = std::make_unique<HttpFrontend>(context(index), options_.controlSockets, limits);
  }
  state.next = workers;
  for (const protocol::WorkerSpec& spec : configure->workers) {
    auto instance = std::make_shared<Instance>(shard(index), /*moves=*/false, startSpec(*configure, spec),
                                               spec.limits.orElse(Limits::ofOwnWorker()));
    HostEnvironment::Rights rights{.generation = configure->generation,
                                   .dynamicLimits = spec.dynamicLimits.orElse(Limits::ofDynamicWorker()),
                                   .isolation = spec.isolation,
                                   .spread = spec.dynamicSpread,
                                   .services = workers,
                                   .grantKey = configure->grantKey,
                                   .logEvents = configure->logEvents};
    instance->setEnvironment(std::make_unique<HostEnvironment>(*this, instance, std::move(rights)));
    instance->keepPersistent();
    if (workers->first.empty()) workers->first = spec.name;
    workers->byName[spec.name] = instance;
    shard(index).adopt(instance);
    instance->schedule();
  }
  workers->configure = std::move(configure);
}

void Host::hostStarted(Instance& instance, uint32_t generation, std::string_view error) {
  auto index = static_cast<size_t>(instance.shard().index());
  boost::asio::post(context(index),
                    [this, index, generation, error = std::string(error), self = instance.shared_from_this()] {
                      auto& next = states_[index].next;
                      if (!next || next->generation != generation || next->starting == 0) return;
                      auto found = next->byName.find(self->name());
                      if (found == next->byName.end() || found->second != self) return;
                      if (!error.empty() && next->error.empty()) {
                        next->error = fmt::format("worker \"{}\": {}", self->name(), error);
                      }
                      if (--next->starting == 0) workersReady(index);
                    });
}

void Host::workersReady(size_t index) {
  ShardState& state = states_[index];
  bool failed = !state.next->error.empty();
  if (state.current && state.current->generation == state.next->generation) {
    // A restart of this shard alone.
    if (failed) log(protocol::LogKind::system, protocol::LogLevel::error, "", state.next->error);
    return switchWorkers(index, !failed);
  }
  std::lock_guard lock(mutex_);
  if (pending_.generation != state.next->generation) return;
  if (failed && pending_.error.empty()) pending_.error = state.next->error;
  if (--pending_.shards > 0) return;
  bool take = pending_.error.empty();
  for (size_t i = 0; i < shardCount(); ++i) {
    boost::asio::post(context(i), [this, i, take, generation = pending_.generation] {
      if (states_[i].next && states_[i].next->generation == generation) switchWorkers(i, take);
    });
  }
  // After the switch on this shard, so that what the supervisor opens next finds the new workers.
  boost::asio::post(context(index), [this, pending = pending_] {
    tellSupervisor(protocol::Configured{pending.generation, pending.error});
  });
}

void Host::switchWorkers(size_t index, bool take) {
  ShardState& state = states_[index];
  auto old = take ? std::exchange(state.current, std::move(state.next)) : std::move(state.next);
  state.next = nullptr;
  if (take) {
    serve(*state.frontend, state.current->byName.at(state.current->first), !state.accepting);
    if (state.control) serve(*state.control, state.current->byName.at(protocol::kControlWorker), !state.accepting);
    state.accepting = true;
  }
  if (!old) return;
  for (auto& [name, instance] : old->byName) instance->setPersistent(false);
}

void Host::serve(HttpFrontend& frontend, const std::shared_ptr<Instance>& worker, bool starts) {
  frontend.setTarget(worker->open("http"), {.open = [worker] { return worker->open("http"); }});
  if (!starts) return;
  if (auto started = frontend.start(); !started) {
    log(protocol::LogKind::system, protocol::LogLevel::error, "", started.error().message);
  }
}

void Host::hostCondemned(Instance& instance) {
  auto index = static_cast<size_t>(instance.shard().index());
  boost::asio::post(context(index), [this, index, self = instance.shared_from_this()] {
    const auto& current = states_[index].current;
    if (!current) return;
    auto found = current->byName.find(self->name());
    if (found != current->byName.end() && found->second == self) restartWorkers(index);
  });
}

void Host::restartWorkers(size_t index) {
  ShardState& state = states_[index];
  if (state.next || !state.current) return;
  // Not more than once in a second, or a worker that dies of its first request would keep the shard busy for nothing.
  auto now = std::chrono::steady_clock::now();
  auto wait = state.lastRestart + std::chrono::seconds(1) - now;
  state.lastRestart = std::max(now, state.lastRestart + std::chrono::seconds(1));
  auto configure = state.current->configure;
  auto timer = std::make_shared<boost::asio::steady_timer>(context(index));
  timer->expires_after(std::max<std::chrono::steady_clock::duration>(wait, {}));
  timer->async_wait([this, index, configure, timer](boost::system::error_code) {
    ShardState& state = states_[index];
    if (!state.next && state.current && state.current->configure == configure) startWorkers(index, configure);
  });
}

void Host::opened(size_t index, std::string_view what, rpc::PipeEnd end) {
  auto space = what.find(' ');
  auto kind = what.substr(0, space);
  auto name = space == std::string_view::npos ? std::string_view() : what.substr(space + 1);
  auto workers = states_[index].current;
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

Result<std::shared_ptr<DynamicWorker>> Host::createDynamic(const Loader& loader, isolate::DynamicCode code,
                                                           std::string name, bool kept) {
  Limits limits = code.limits.within(loader.limits);
  Shard& near = loader.parent->shard();
  auto isolation = code.isolation.value_or(loader.isolation);
  if (isolation < loader.isolation) {
    return fail(ErrorCode::denied,
                fmt::format("mayfly.isolation \"{}\" is a weaker wall than this loader's \"{}\". Code may ask for a "
                            "stronger one; a weaker one is set for the loading worker, in its configuration.",
                            isolationName(isolation), isolationName(loader.isolation)));
  }
  if (auto fits = checkJit(options_.guestJit, isolation, code); !fits) return std::unexpected(fits.error());
  const std::string& parent = loader.parent->name();
  uint64_t identity = isolation == Isolation::isolate ? 0 : codeIdentity(parent, code);
  if (identity != 0) {
    auto judged = guests_.judge(identity, isolation);
    if (!judged) return std::unexpected(judged.error());
    isolation = *judged;
  }
  // A worker with a cell of its own is its own tenant.
  bool own = isolation == Isolation::worker;
  std::string tenant =
      own ? fmt::format("{}\nworker\n{}", parent, name) : fmt::format("{}\ntenant\n{}", parent, code.tenant);
  // Who has no tenant answers for himself where he has a name, and else the loading worker does.
  std::string account = fmt::format("{}\n{}", parent, own && kept && code.tenant.empty() ? name : code.tenant);
  auto grant = sealNetwork(loader, name, tenant, code);
  if (!grant) return std::unexpected(grant.error());
  if (isolation != Isolation::isolate) {
    return guests_.load(loader, std::move(tenant), std::move(account), own, std::move(code), identity, std::move(name),
                        std::move(*grant), limits, kept);
  }
  isolate::StartSpec spec;
  spec.dynamic = true;
  spec.workerName = std::move(name);
  spec.compatibilityDate = std::move(code.compatibilityDate);
  spec.compatibilityFlags = std::move(code.compatibilityFlags);
  spec.outbound = code.outbound;
  spec.egressGrant = std::move(*grant);
  spec.mainModule = std::move(code.mainModule);
  spec.modules = std::move(code.modules);
  spec.logEvents = loader.logEvents;
  for (auto& [module, compiled] : code.compiledModules) {
    spec.compiledModules.emplace_back(module, std::move(compiled.engine));
  }
  auto instance = Cell::createDynamic(near, loader.spread, std::move(spec), limits,
                                      [this](Instance& gone) { directory_.forget(gone); });
  if (kept) instance->keepPersistent();
  return instance;
}

void Host::retired(Instance& instance) {
  directory_.forget(instance);
  directory_.forgetParent(instance);
  directory_.orphan(instance);
}

// --- the end ---

void Host::drain(std::function<void()> done) {
  auto left = std::make_shared<std::atomic<size_t>>(shardCount() + 1);
  auto drained = [left, done = std::move(done)] {
    if (left->fetch_sub(1) == 1) done();
  };
  for (size_t i = 0; i < shardCount(); ++i) {
    boost::asio::post(context(i), [this, i, drained] {
      auto drainOne = [&drained](const std::unique_ptr<HttpFrontend>& frontend) {
        if (frontend) {
          frontend->drain(drained);
        } else {
          drained();
        }
      };
      drainOne(states_[i].frontend);
      if (i == 0) drainOne(states_[i].control);
    });
  }
}

void Host::finish(std::string_view, const Instance&, std::function<void()> done) { drain(std::move(done)); }

}  // namespace mayfly::cell
