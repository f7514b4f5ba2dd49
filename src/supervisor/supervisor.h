// SPDX-License-Identifier: Apache-2.0
// What every command that runs workers stands on: one event loop with the host cell, the network that the cell asks
// for, the log, and the signals that end it all. The commands say what the cell is to serve and what follows.
//
// One thread. The first SIGTERM, SIGINT or SIGHUP drains, the second ends at once.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <functional>
#include <string>
#include <vector>

#include "supervisor/asset_server.h"
#include "supervisor/egress.h"
#include "supervisor/guest_pool.h"
#include "supervisor/host_cell.h"
#include "supervisor/log_writer.h"
#include "supervisor/network_rules.h"

namespace mayfly::supervisor {

struct SupervisorOptions {
  HostCellOptions cell;
  GuestPoolOptions guests;
  EgressOptions egress;
  NetworkRules::Local local = NetworkRules::Local::closed;
  uint32_t drainMs = 10'000;
  int signalStatus = 0;  // the exit status after a signal
};

class Supervisor {
 public:
  // As in HostCell::Handlers.
  struct Handlers {
    std::function<void(uint32_t generation, const std::string& error)> configured;
    std::function<void(const std::string& how)> died;
  };

  // Starts the cell, which comes up meanwhile and waits for its first Configure.
  Supervisor(SupervisorOptions options, LogWriter& log, Handlers handlers);

  boost::asio::io_context& context() { return context_; }
  HostCell& cell() { return cell_; }
  // Replaces what the cell serves (HostCell::configure), and what that may reach.
  Result<void> configure(protocol::Configure configure, const std::vector<WorkerNetwork>& networks);
  LogWriter& log() { return log_; }

  // Runs until end(); returns the exit status.
  int run();
  // Drains the cell for at most drainMs, then run() returns `status`. A second call ends the cell at once.
  void end(int status, uint32_t drainMs);

 private:
  void waitForSignal();
  HostCell::Handlers cellHandlers();
  GuestPool::Handlers guestHandlers();
  void opened(std::string_view what, rpc::PipeEnd end, NetworkRules::Opener opener);

  const SupervisorOptions options_;
  LogWriter& log_;
  boost::asio::io_context context_{1};
  boost::asio::signal_set signals_;
  NetworkRules rules_;
  AssetServer assets_;
  Egress egress_;
  const Handlers handlers_;
  bool loads_ = false;  // some worker loads others into guest cells
  GuestPool guests_;
  HostCell cell_;
  bool ending_ = false;
  int status_ = 0;
};

}  // namespace mayfly::supervisor
