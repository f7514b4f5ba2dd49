// SPDX-License-Identifier: Apache-2.0
// `mayfly serve` and `mayfly dev`: workers behind listening sockets. Under `dev` the files that they were made of are
// watched; a change makes the next generation, which takes over when it has started, and if it cannot be made or
// started the one before goes on.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "supervisor/listeners.h"
#include "supervisor/project.h"
#include "supervisor/supervisor.h"
#include "supervisor/watcher.h"

namespace mayfly::supervisor {

struct ServerOptions {
  ProjectOptions project;
  std::string host = "127.0.0.1";
  uint16_t port = 8787;
  // The control listener; without a token there is none.
  std::string controlHost;
  uint16_t controlPort = 0;
  std::string controlToken;
  bool watch = false;
  bool verbose = false;
  protocol::Configure configure;  // what each generation has in common: limits and modes
};

class Server {
 public:
  Server(ServerOptions options, LogWriter& log) : options_(std::move(options)), log_(log) {}

  // Builds, listens, serves until a signal; the exit status. Fails when it cannot begin.
  Result<int> run(SupervisorOptions supervisorOptions);

 private:
  void configured(uint32_t generation, const std::string& error);
  void rebuild();
  void rebuilt(Result<Project> project);
  Result<void> configure(Project project);
  void tell(const Project& project);

  const ServerOptions options_;
  LogWriter& log_;
  Listeners listeners_;
  std::optional<Listeners> control_;
  std::unique_ptr<Supervisor> supervisor_;
  std::unique_ptr<Watcher> watcher_;
  boost::asio::thread_pool builder_{1};
  uint32_t generation_ = 0;
  uint32_t served_ = 0;  // the generation that serves; 0: none yet
  bool building_ = false;
  bool changedMeanwhile_ = false;
  std::chrono::steady_clock::time_point changedAt_;
  std::optional<Error> startFailure_;
};

}  // namespace mayfly::supervisor
