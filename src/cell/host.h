// SPDX-License-Identifier: Apache-2.0
// The host cell: runs the operator's workers on every shard, serves HTTP to them, and is where dynamic workers are asked
// for. Those run in guest cells (guest_cells.h), or here where that is the operator's choice. Takes Configure and Drain
// from the supervisor and answers with Hello, Configured and Drained.
#pragma once

#include <map>
#include <mutex>

#include "cell/cell.h"
#include "cell/directory.h"
#include "cell/guest_cells.h"
#include "cell/http_frontend.h"

namespace mayfly::cell {

// The host workers that one Configure brought, on one shard.
struct HostWorkers {
  uint32_t generation = 0;
  std::shared_ptr<const protocol::Configure> configure;
  size_t starting = 0;  // not up yet
  std::string error;    // why the first of them failed to start
  std::string first;    // serves HTTP
  std::map<std::string, std::shared_ptr<Instance>, std::less<>> byName;
};

class Host final : public Cell {
 public:
  Host(isolate::Engine& engine, const CellOptions& options);

  // --- for environments, from any thread ---
  Directory& directory() { return directory_; }
  // `kept`: until unkeep() or evict().
  Result<std::shared_ptr<DynamicWorker>> createDynamic(const Loader& loader, isolate::DynamicCode code,
                                                       std::string name, bool kept);
  // A host worker was condemned: its shard's workers are started again, whether or not its thread comes back.
  void hostCondemned(Instance& instance);
  void hostStarted(Instance& instance, uint32_t generation, std::string_view error);

 private:
  struct ShardState {
    // Of the shard's thread:
    std::unique_ptr<HttpFrontend> frontend;
    std::unique_ptr<HttpFrontend> control;  // of the first shard, if there is a control listener
    std::shared_ptr<HostWorkers> current;
    std::shared_ptr<HostWorkers> next;
    bool accepting = false;
    std::chrono::steady_clock::time_point lastRestart{};
  };
  // A Configure under way: counts the shards on which not all workers are up yet.
  struct Pending {
    uint32_t generation = 0;
    size_t shards = 0;
    std::string error;
  };

  void control(protocol::CellMessage message) override;
  void opened(size_t shard, std::string_view what, rpc::PipeEnd end) override;
  void retired(Instance& instance) override;
  void started() override;
  void finish(std::string_view why, const Instance& culprit, std::function<void()> done) override;

  void configure(std::shared_ptr<const protocol::Configure> configure);
  void startWorkers(size_t shard, std::shared_ptr<const protocol::Configure> configure);
  // All workers of the shard's `next` have started, or one has failed.
  void workersReady(size_t shard);
  // Takes `next` into service, or drops it.
  void serve(HttpFrontend& frontend, const std::shared_ptr<Instance>& worker, bool starts);
  void switchWorkers(size_t shard, bool take);
  // A worker that was being served has ended (a limit): all of its shard are started again.
  void restartWorkers(size_t shard);
  // No new requests; `done` when the last has ended, on any thread.
  void drain(std::function<void()> done);
  boost::asio::io_context& context(size_t index) { return shard(index).context(); }

  Directory directory_;
  GuestCells guests_;
  std::vector<ShardState> states_;

  std::mutex mutex_;
  Pending pending_;
};

}  // namespace mayfly::cell
