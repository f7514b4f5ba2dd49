// SPDX-License-Identifier: Apache-2.0
#include "supervisor/server.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <cstdio>
#include <future>

namespace mayfly::supervisor {

using protocol::LogLevel;

namespace {

constexpr uint32_t kControlMemoryMb = 512;

// Its code is built in (api/platform/sandbox/control.ts).
protocol::WorkerSpec controlWorker(const std::string& token) {
  protocol::WorkerSpec worker;
  worker.name = protocol::kControlWorker;
  worker.compatibilityDate = "2026-11-01";
  worker.mainModule = "control.js";
  worker.modules.push_back(
      {worker.mainModule, ModuleKind::esModule, "export { default } from \"mayfly:control\"; // as mayfly:sandbox\n"});
  worker.variables.push_back({"TOKEN", '"' + token + '"'});
  worker.limits[Limit::memoryMb] = kControlMemoryMb;
  return worker;
}

}  // namespace

Result<int> Server::run(SupervisorOptions supervisorOptions) {
  // The cell comes up while the project is being built.
  auto building = std::async(std::launch::async, [this] { return buildProject(options_.project); });
  auto listeners = Listeners::open(options_.host, options_.port);
  if (!listeners) {
    auto project = building.get();
    return std::unexpected(project ? listeners.error() : project.error());
  }
  supervisorOptions.cell.listenSockets = listeners->sockets();
  supervisorOptions.egress.listenPorts = {listeners->port()};
  if (!options_.controlToken.empty()) {
    auto control = Listeners::open(options_.controlHost, options_.controlPort, "--control");
    if (!control) return building.wait(), std::unexpected(control.error());
    control_ = std::move(*control);
    supervisorOptions.cell.controlSockets = control_->sockets();
    supervisorOptions.egress.listenPorts.push_back(control_->port());
  }

  Supervisor::Handlers handlers;
  handlers.configured = [this](uint32_t generation, const std::string& error) { configured(generation, error); };
  handlers.died = [](const std::string&) {};
  supervisor_ = std::make_unique<Supervisor>(std::move(supervisorOptions), log_, std::move(handlers));
  listeners_ = std::move(*listeners);
  auto project = building.get();
  if (!project) return std::unexpected(project.error());
  if (options_.watch) {
    watcher_ = std::make_unique<Watcher>(supervisor_->context(), [this] { rebuild(); });
    if (auto watched = watcher_->watch(project->inputs); !watched) return std::unexpected(watched.error());
  }
  tell(*project);
  if (auto sent = configure(std::move(*project)); !sent) return std::unexpected(sent.error());
  int status = supervisor_->run();
  builder_.join();
  if (startFailure_) return std::unexpected(*startFailure_);
  return status;
}

Result<void> Server::configure(Project project) {
  protocol::Configure configure = options_.configure;
  configure.generation = ++generation_;
  configure.workers = std::move(project.workers);
  if (control_) {
    configure.workers.push_back(controlWorker(options_.controlToken));
    project.networks.push_back({protocol::kControlWorker, {}, {}});
  }
  return supervisor_->configure(std::move(configure), project.networks);
}

void Server::tell(const Project& project) {
  if (options_.verbose) {
    for (const std::string& notice : project.notices) log_.system(LogLevel::info, notice);
  }
  for (const std::string& warning : project.warnings) log_.system(LogLevel::warn, warning);
}

void Server::configured(uint32_t generation, const std::string& error) {
  if (!error.empty()) {
    if (served_ == 0) {
      startFailure_ = Error{ErrorCode::invalid, error};
      return supervisor_->end(1, 0);
    }
    return log_.system(LogLevel::error, fmt::format("the new code does not start, the one before goes on: {}", error));
  }
  if (served_ == 0) {
    if (control_) fmt::print("mayfly: control on {}\n", control_->url());
    fmt::print("mayfly: listening on {}\n", listeners_.url());
    std::fflush(stdout);
  } else if (generation == served_) {
    log_.system(LogLevel::info, "the cell serves again");
  } else {
    auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - changedAt_);
    log_.system(LogLevel::info, fmt::format("reloaded in {} ms", took.count()));
  }
  served_ = generation;
}

void Server::rebuild() {
  if (building_) {
    changedMeanwhile_ = true;
    return;
  }
  building_ = true;
  changedAt_ = std::chrono::steady_clock::now();
  boost::asio::post(builder_, [this] {
    auto project = std::make_shared<Result<Project>>(buildProject(options_.project));
    boost::asio::post(supervisor_->context(), [this, project] { rebuilt(std::move(*project)); });
  });
}

void Server::rebuilt(Result<Project> project) {
  building_ = false;
  Result<void> done;
  if (project) {
    tell(*project);
    done = watcher_->watch(project->inputs);
    if (done) done = configure(std::move(*project));
  } else {
    watcher_->watchNeighbours();
    done = std::unexpected(project.error());
  }
  if (!done) {
    log_.system(LogLevel::error,
                fmt::format("the change cannot be used, the code before it goes on: {}", done.error().message));
  }
  if (std::exchange(changedMeanwhile_, false)) rebuild();
}

}  // namespace mayfly::supervisor
