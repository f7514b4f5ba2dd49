// SPDX-License-Identifier: Apache-2.0
// A guest cell as the host cell sees it: a process that has been asked for, a link to it for each shard once it is
// there, and the workers that were loaded into it. What is sent before the links are there waits here.
//
// When the cell ends, everything that waits for it is told why: the supervisor knows how the process ended, and is given
// a few milliseconds to say so. Nothing that comes from a guest cell is believed beyond what is checked here.
//
// Safe from any thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cell/dynamic_worker.h"
#include "protocol/cell_messages.h"
#include "rpc/link.h"

namespace mayfly::cell {

class GuestCell : public std::enable_shared_from_this<GuestCell> {
 public:
  using Clock = std::chrono::steady_clock;
  struct Handlers {
    std::function<void(const protocol::CellMessage&)> tellSupervisor;
    std::function<void(const DynamicWorker&)> forget;
    // It takes no new workers: it has ended, or is about to.
    std::function<void(GuestCell&)> closed;
    // It ends without having been asked to; the codes of those who may have done it.
    std::function<void(GuestCell&, const std::vector<uint64_t>& suspects)> crashed;
    // Its last worker has ended.
    std::function<void(GuestCell&)> empty;
  };

  // `own`: it is for one worker alone. `contexts`: of the shards.
  // `account`: whose cells are counted together.
  GuestCell(uint32_t id, std::string tenant, std::string account, bool own,
            std::vector<boost::asio::io_context*> contexts, Handlers handlers);

  uint32_t id() const { return id_; }
  const std::string& tenant() const { return tenant_; }
  const std::string& account() const { return account_; }
  bool own() const { return own_; }
  // Over the link of this shard. Null when the cell takes no new workers.
  // `code` stands for the code when it comes to suspects.
  std::shared_ptr<DynamicWorker> load(size_t shard, protocol::Load&& load, uint64_t code);
  // Takes over the sockets, one per shard.
  void connect(std::vector<int> sockets);
  // The process has ended, or is to: everybody is told, once.
  void end(std::string_view why);
  // It takes no new workers, and ends with the last it has; those that are kept under a name are kept no longer.
  // False: it is going already.
  bool retire();
  // Since when it is retired; the end of time: it is not.
  Clock::time_point retiredSince() const;
  // Those that were kept under a name end as soon as nothing goes on in them, though their creator is still there.
  void evictKept();
  // By how much more than its workers may have.
  uint64_t excessBytes(uint64_t grownBytes) const;
  // Since when it has its process; the end of time before.
  Clock::time_point upSince() const;
  // Ends it, unless it has workers.
  bool dropIfEmpty();
  // How many workers it has had.
  uint32_t loads() const;
  // Since when it has had no worker; the end of time while it has one. One that was ended for a limit and does not go
  // (it is parked) is none, if the cell is retired.
  Clock::time_point emptySince() const;

 private:
  class Worker;
  // Null: there is no such link any more.
  using Task = std::move_only_function<void(rpc::Link*)>;
  enum class State : uint8_t { starting, up, retired, leaving, lost, ended };

  // With the mutex held, for a link that is not lost; else afterwards, without it.
  void perform(size_t shard, Task task);
  void control(Bytes frame);
  void workerGone(const protocol::WorkerGone& gone);
  void leave(std::string reason, uint32_t culprit);
  void linkLost(const Error& reason);
  void refuse(std::string why);
  void forgetAll();
  bool spent() const;  // with the mutex held

  const uint32_t id_;
  const std::string tenant_;
  const std::string account_;
  const bool own_;
  const std::vector<boost::asio::io_context*> contexts_;
  const Handlers handlers_;

  mutable std::mutex mutex_;
  State state_ = State::starting;
  std::string reason_;  // why it leaves, in its own words
  std::vector<std::shared_ptr<rpc::Link>> links_;
  std::vector<std::pair<size_t, Task>> waiting_;
  struct Loaded {
    std::weak_ptr<Worker> worker;
    uint64_t code = 0;
    uint64_t memoryBytesMax = 0;
    size_t shard = 0;
    bool kept = false;
    bool condemned = false;
  };
  std::map<uint32_t, Loaded> workers_;
  uint32_t lastWorker_ = 0;
  Clock::time_point emptySince_ = Clock::now();
  Clock::time_point upSince_ = Clock::time_point::max();
  Clock::time_point retiredSince_ = Clock::time_point::max();
};

}  // namespace mayfly::cell
