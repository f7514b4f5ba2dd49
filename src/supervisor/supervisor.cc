// SPDX-License-Identifier: Apache-2.0
#include "supervisor/supervisor.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>

namespace mayfly::supervisor {

using protocol::LogLevel;

namespace {

// Whether it may make dynamic workers without a loader: the guest cells that are kept ready are for those too.
bool importsSandbox(const protocol::WorkerSpec& worker) {
  return std::ranges::any_of(worker.modules, [](const ModuleSource& module) {
    return module.kind == ModuleKind::esModule && module.body.find("mayfly:sandbox") != std::string::npos;
  });
}

}  // namespace

Supervisor::Supervisor(SupervisorOptions options, LogWriter& log, Handlers handlers)
    : options_(std::move(options)),
      log_(log),
      signals_(context_, SIGTERM, SIGINT, SIGHUP),
      rules_(options_.local),
      assets_(context_),
      egress_(context_, options_.egress,
              [this](LogLevel level, const std::string& worker, std::string text) {
                log_.system(level, worker, std::move(text));
              }),
      handlers_(std::move(handlers)),
      guests_(context_, options_.guests, guestHandlers()),
      cell_(context_, options_.cell, cellHandlers()) {
  waitForSignal();
  cell_.start();
}

void Supervisor::opened(std::string_view what, rpc::PipeEnd end, NetworkRules::Opener opener) {
  constexpr std::string_view kEgress = "egress ";
  if (!what.starts_with(kEgress)) return end.close({ErrorCode::notFound, "the supervisor has nothing of this name"});
  if (opener == NetworkRules::Opener::hostCell) {
    if (auto tree = assets_.find(what.substr(kEgress.size()))) return assets_.serve(std::move(end), std::move(tree));
  }
  auto access = rules_.access(what.substr(kEgress.size()), opener);
  if (access) return egress_.serve(std::move(end), std::move(*access));
  log_.system(LogLevel::warn, fmt::format("egress denied: {}", access.error().message));
  end.close(access.error());
}

GuestPool::Handlers Supervisor::guestHandlers() {
  GuestPool::Handlers handlers;
  handlers.log = [this](const protocol::Log& record, std::string_view tenant) { log_.write(record, tenant); };
  handlers.opened = [this](std::string_view what, rpc::PipeEnd end) {
    opened(what, std::move(end), NetworkRules::Opener::guestCell);
  };
  handlers.ready = [this](uint32_t cell, std::vector<int> sockets) { cell_.handOver(cell, std::move(sockets)); };
  handlers.grown = [this](uint32_t cell, uint64_t bytes) { cell_.tell(protocol::CellGrown{cell, bytes}); };
  handlers.ended = [this](uint32_t cell, const std::string& how) { cell_.tell(protocol::CellGone{cell, how}); };
  return handlers;
}

HostCell::Handlers Supervisor::cellHandlers() {
  HostCell::Handlers handlers;
  handlers.log = [this](const protocol::Log& record) { log_.write(record); };
  handlers.opened = [this](std::string_view what, rpc::PipeEnd end) {
    opened(what, std::move(end), NetworkRules::Opener::hostCell);
  };
  handlers.configured = [this](uint32_t generation, const std::string& error) {
    if (error.empty()) {
      rules_.serves(generation);
      assets_.serves(generation);
    } else {
      rules_.failed(generation);
      assets_.failed(generation);
    }
    // Not before: the start of the operator's own workers comes first.
    if (loads_ && error.empty()) guests_.start();
    handlers_.configured(generation, error);
  };
  handlers.died = handlers_.died;
  handlers.guestWanted = [this](const protocol::CellWanted& wanted) { guests_.want(wanted); };
  handlers.guestDropped = [this](const protocol::CellDropped& dropped) { guests_.drop(dropped); };
  handlers.guestsOrphaned = [this] { guests_.dropAll(); };
  return handlers;
}

Result<void> Supervisor::configure(protocol::Configure configure, const std::vector<WorkerNetwork>& networks) {
  loads_ = std::ranges::any_of(configure.workers, [](const protocol::WorkerSpec& worker) {
    return (!worker.loaders.empty() || importsSandbox(worker)) && worker.isolation != Isolation::isolate;
  });
  if (auto added = rules_.add(configure.generation, networks); !added) return added;
  AssetTrees trees;
  for (const WorkerNetwork& network : networks) {
    if (network.assets) trees.emplace(network.worker, network.assets);
  }
  assets_.add(configure.generation, std::move(trees));
  configure.grantKey = rules_.key();
  auto sent = cell_.configure(configure);
  if (!sent) {
    rules_.failed(configure.generation);
    assets_.failed(configure.generation);
  }
  return sent;
}

int Supervisor::run() {
  context_.run();
  if (const auto& [allowed, denied] = egress_.counts(); allowed + denied > 0) {
    log_.system(LogLevel::info, fmt::format("egress: {} requests allowed, {} denied", allowed, denied));
  }
  return status_;
}

void Supervisor::end(int status, uint32_t drainMs) {
  if (ending_) return cell_.kill();
  ending_ = true;
  status_ = status;
  cell_.drain(drainMs, [this] {
    guests_.stop();
    context_.stop();
  });
}

void Supervisor::waitForSignal() {
  signals_.async_wait([this](boost::system::error_code error, int) {
    if (error) return;
    end(options_.signalStatus, options_.drainMs);
    waitForSignal();
  });
}

}  // namespace mayfly::supervisor
