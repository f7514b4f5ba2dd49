// SPDX-License-Identifier: Apache-2.0
// The guest cells of a host cell, by tenant. One is asked of the supervisor when a tenant's first worker is loaded, kept
// while it has workers and some time longer, and asked for anew after it has ended.
//
// Safe from any thread, but for start().
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cell/crash_delays.h"
#include "cell/directory.h"
#include "cell/guest_cell.h"
#include "cell/guest_cell_life.h"
#include "cell/suspects.h"
#include "isolate/environment.h"
#include "isolate/isolate.h"

namespace mayfly::cell {

// What code is known by when it comes to suspects. Never 0.
uint64_t codeIdentity(std::string_view parent, const isolate::DynamicCode& code);

class GuestCells {
 public:
  struct Handlers {
    std::function<void(const protocol::CellMessage&)> tellSupervisor;
    std::function<void(const DynamicWorker&)> forget;
    std::function<void(protocol::LogLevel, std::string)> log;
  };

  GuestCells(const GuestCellLife& life, Handlers handlers) : life_(life), handlers_(std::move(handlers)) {}

  // `contexts`: of the shards. `handoverSocket`: where the sockets of new cells come from.
  void start(std::vector<boost::asio::io_context*> contexts, int handoverSocket);

  // How code is to be isolated that asks for `isolation`; an error while it is not to be started at all.
  Result<Isolation> judge(uint64_t identity, Isolation isolation);
  // A worker in the guest cell of its tenant; `own`: which is the worker itself. `account`: whose cells are counted
  // together, and slowed together when they end again and again.
  Result<std::shared_ptr<DynamicWorker>> load(const Loader& loader, std::string tenant, std::string account, bool own,
                                              isolate::DynamicCode code, uint64_t identity, std::string name,
                                              std::string egressGrant, const Limits& limits, bool kept);
  void processEnded(uint32_t cell, std::string_view how);
  void processGrown(uint32_t cell, uint64_t bytes);

 private:
  Result<std::shared_ptr<GuestCell>> cellOf(const std::string& tenant, const std::string& account, bool own);
  void want(const std::shared_ptr<GuestCell>& cell, std::chrono::milliseconds delay);
  std::shared_ptr<GuestCell> find(uint32_t cell);
  Result<void> checkRoom(const std::string& account) const;  // with the mutex held
  void retire(const std::shared_ptr<GuestCell>& cell, std::string_view why);
  void retireOld();
  void receive();
  void takeHandover();
  void closed(GuestCell& cell);
  void empty(GuestCell& cell);
  void crashed(GuestCell& cell, const std::vector<uint64_t>& codes);
  // Those without workers since before `time`.
  std::vector<std::shared_ptr<GuestCell>> emptyBefore(GuestCell::Clock::time_point time);
  bool drop(GuestCell& cell);
  void dropOldest();
  void dropIdle();

  const GuestCellLife life_;
  const Handlers handlers_;
  std::vector<boost::asio::io_context*> contexts_;
  std::unique_ptr<boost::asio::posix::stream_descriptor> handover_;
  std::unique_ptr<boost::asio::steady_timer> idleTimer_;

  std::mutex mutex_;
  std::map<uint32_t, std::shared_ptr<GuestCell>> cells_;
  std::map<std::string, std::shared_ptr<GuestCell>, std::less<>> byTenant_;  // those that take new workers
  uint32_t lastCell_ = 0;
  CrashDelays delays_;
  Suspects suspects_;
};

}  // namespace mayfly::cell
