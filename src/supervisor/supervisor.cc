// SPDX-License-Identifier: Apache-2.0
#include "supervisor/supervisor.h"

#include <signal.h>

namespace mayfly::supervisor {

Supervisor::Supervisor(SupervisorOptions options, LogWriter& log, Handlers handlers)
    : options_(std::move(options)),
      log_(log),
      signals_(context_, SIGTERM, SIGINT, SIGHUP),
      egress_(context_, options_.egress),
      cell_(context_, options_.cell, cellHandlers(std::move(handlers))) {
  waitForSignal();
  cell_.start();
}

HostCell::Handlers Supervisor::cellHandlers(Handlers handlers) {
  HostCell::Handlers forCell;
  forCell.log = [this](const protocol::Log& record) { log_.write(record); };
  forCell.opened = [this](std::string_view what, rpc::PipeEnd end) {
    if (what.starts_with("egress ")) return egress_.serve(std::move(end));
    end.close({ErrorCode::notFound, "the supervisor has nothing of this name"});
  };
  forCell.configured = std::move(handlers.configured);
  forCell.died = std::move(handlers.died);
  return forCell;
}

int Supervisor::run() {
  context_.run();
  return status_;
}

void Supervisor::end(int status, uint32_t drainMs) {
  if (ending_) return cell_.kill();
  ending_ = true;
  status_ = status;
  cell_.drain(drainMs, [this] { context_.stop(); });
}

void Supervisor::waitForSignal() {
  signals_.async_wait([this](boost::system::error_code error, int) {
    if (error) return;
    end(options_.signalStatus, options_.drainMs);
    waitForSignal();
  });
}

}  // namespace mayfly::supervisor
