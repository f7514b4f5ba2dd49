// SPDX-License-Identifier: Apache-2.0
// Keeps the cell of the operator's workers alive: starts its process, links to it, tells it what to serve, and when it
// dies starts another, which gets the last configuration that worked. Restarts that follow one another quickly wait
// longer and longer.
//
// Lives on the thread of its io_context and must outlive its run.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/cell_messages.h"
#include "rpc/link.h"
#include "supervisor/cell_links.h"
#include "supervisor/cell_process.h"

namespace mayfly::supervisor {

struct HostCellOptions {
  sandbox::CellLaunch launch{};  // without shards and sockets
  int shards = 1;
  std::vector<int> listenSockets{};
  std::vector<int> controlSockets{};
  uint32_t helloDeadlineMs = 30'000;      // from the start of the process until it speaks
  uint32_t configureDeadlineMs = 60'000;  // for the workers to start
  uint32_t answerMs = 10'000;             // how long it may be silent; 0: for ever
  uint32_t restartDelayMs = 100;          // doubled, up to restartDelayMsMax, while it dies within steadyMs
  uint32_t restartDelayMsMax = 5'000;
  uint32_t steadyMs = 10'000;
};

class HostCell {
 public:
  struct Handlers {
    std::function<void(const protocol::Log&)> log;
    // The cell asks for something at our end: "egress <worker>".
    std::function<void(std::string_view what, rpc::PipeEnd end)> opened;
    // The workers of this generation serve, or why they could not start; also after every restart.
    std::function<void(uint32_t generation, const std::string& error)> configured;
    // The process ended without being asked to; another is started.
    std::function<void(const std::string& how)> died;
    // The cell wants a guest cell, or one no more. Its process ended: none of those it had.
    std::function<void(const protocol::CellWanted&)> guestWanted;
    std::function<void(const protocol::CellDropped&)> guestDropped;
    std::function<void()> guestsOrphaned;
  };

  HostCell(boost::asio::io_context& context, HostCellOptions options, Handlers handlers);
  ~HostCell();

  void start();
  // Replaces what is served, now or as soon as the cell is up. Fails when it is too large to be sent.
  Result<void> configure(const protocol::Configure& configure);
  // A pipe to the cell, closed when there is no cell.
  rpc::PipeEnd open(std::string_view what);
  // Gives a guest cell to the cell: its sockets, which are closed here.
  void handOver(uint32_t guest, std::vector<int> sockets);
  void tell(const protocol::CellMessage& message);
  // Ends the process at once, which is then no matter for the log; another is started, unless the cell was drained.
  void kill();
  // Lets requests in flight end, at the latest after deadlineMs, and ends the cell. `done` is called once, perhaps at
  // once.
  void drain(uint32_t deadlineMs, std::function<void()> done);

 private:
  struct Configuration {
    uint32_t generation;
    std::shared_ptr<Bytes> frame;
  };

  void spawn();
  void link();
  void up();
  void handle(protocol::CellMessage& message);
  void handle(protocol::Configured& configured);
  void send(const Configuration& configuration);
  void ended(const std::string& how);
  void restartLater();
  void giveDeadline(uint32_t ms, std::string why);
  void refuse(std::string why);
  void log(protocol::LogLevel level, std::string text);
  void stopTimer();
  void setTimer(uint32_t ms, std::function<void()> task);

  boost::asio::io_context& context_;
  const HostCellOptions options_;
  Handlers handlers_;
  boost::asio::steady_timer timer_;  // the deadline of what the cell is to do next, or the next start
  uint64_t timerRound_ = 0;
  std::shared_ptr<CellProcess> process_;
  std::shared_ptr<CellLinks> links_;
  int handover_ = -1;
  bool up_ = false;                    // Hello came
  std::optional<Configuration> next_;  // not answered yet
  std::optional<Configuration> good_;  // the last that worked
  std::chrono::steady_clock::time_point startedAt_;
  uint32_t restartDelayMs_ = 0;
  bool killed_ = false;     // at our caller's wish
  std::string refusedFor_;  // why we killed it
  bool stopping_ = false;
  std::function<void()> stopped_;
};

}  // namespace mayfly::supervisor
