// SPDX-License-Identifier: Apache-2.0
// The processes of guest cells: some are started ahead of need, since that takes longer than anybody wants to wait, and
// given to the host cell when it asks; each belongs to one tenant from then on until it ends. What is given away, or has
// died, is replaced.
//
// Lives on the thread of its io_context and must outlive its run.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "protocol/cell_messages.h"
#include "rpc/pipe.h"
#include "supervisor/cell_links.h"
#include "supervisor/cell_process.h"

namespace mayfly::supervisor {

struct GuestPoolOptions {
  sandbox::CellLaunch launch{};  // without shards and sockets
  int shards = 1;
  size_t spare = 1;
  size_t startingMax = 2;
  uint32_t helloDeadlineMs = 30'000;
  uint32_t answerMs = 10'000;   // how long one may be silent; 0: for ever
  uint32_t retryDelayMs = 100;  // after a cell that did not come up; doubled up to retryDelayMsMax
  uint32_t retryDelayMsMax = 5'000;
  uint64_t memoryBytesMax = 0;                   // resident; a cell that has more is ended. 0: any amount
  uint64_t growthBytesTold = uint64_t{1} << 30;  // the host cell hears of one that has grown by more
  uint32_t watchMs = 50;                         // how often memory is looked at
};

class GuestPool {
 public:
  struct Handlers {
    // `tenant`: whose cell it came from, whatever the record says.
    std::function<void(const protocol::Log&, std::string_view tenant)> log;
    // A cell asks for something at our end: "egress <worker>".
    std::function<void(std::string_view what, rpc::PipeEnd end)> opened;
    // Its sockets for the host cell, one per shard.
    std::function<void(uint32_t cell, std::vector<int> sockets)> ready;
    // Looked at once a second, for as long as it is so.
    std::function<void(uint32_t cell, uint64_t bytes)> grown;
    std::function<void(uint32_t cell, const std::string& how)> ended;
  };

  GuestPool(boost::asio::io_context& context, GuestPoolOptions options, Handlers handlers);
  ~GuestPool();

  // Starts what is kept ahead of need.
  void start();
  // The host cell wants one, and calls it `cell`.
  void want(const protocol::CellWanted& wanted);
  // ...and wants it no more.
  void drop(const protocol::CellDropped& dropped);
  // The host cell is gone, and with it every use of the cells it had.
  void dropAll();
  // Starts none any more, and ends all.
  void stop();

 private:
  struct Guest;
  using GuestPtr = std::shared_ptr<Guest>;

  void fill();
  void startOne();
  void link(const GuestPtr& guest);
  void up(const GuestPtr& guest);
  void pass(const GuestPtr& guest, const protocol::Log& record);
  protocol::CellWanted takeWaiting();
  void give(const GuestPtr& guest, const protocol::CellWanted& wanted);
  void ended(const GuestPtr& guest, const std::string& how);
  // Looks at the memory of those that are in use, for as long as there are any. The cgroup is the harder bound, where the
  // machine has one.
  void watch();
  void lookAt(const GuestPtr& guest, bool tell);
  // Ends it because it broke a rule.
  void refuse(const GuestPtr& guest, std::string why);
  void log(protocol::LogLevel level, std::string text);

  boost::asio::io_context& context_;
  const GuestPoolOptions options_;
  Handlers handlers_;
  boost::asio::steady_timer retry_;
  boost::asio::steady_timer watch_;
  bool watching_ = false;
  uint32_t watchedMs_ = 0;  // since growth was told
  bool retrying_ = false;
  uint32_t retryDelayMs_ = 0;
  bool wantsSpare_ = false;
  bool stopped_ = false;
  std::vector<GuestPtr> starting_;
  std::deque<GuestPtr> ready_;
  std::map<uint32_t, GuestPtr> given_;
  std::deque<protocol::CellWanted> waiting_;
};

}  // namespace mayfly::supervisor
