// SPDX-License-Identifier: Apache-2.0
// The cell process: shards, the directory of dynamic workers, and the links to the supervisor, one per shard. Takes
// Configure and Drain from the supervisor and answers with Hello, Configured and Drained.
//
// Lives as long as the process, which ends by _exit: when the supervisor is gone, or after Drain.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "cell/directory.h"
#include "cell/http_frontend.h"
#include "cell/isolate_pool.h"
#include "cell/shard.h"
#include "cell/watchdog.h"
#include "protocol/cell_messages.h"
#include "rpc/link.h"

namespace mayfly::cell {

struct CellOptions {
  std::filesystem::path snapshot;
  int shards = 1;
  bool collectAlways = false;  // for tests: garbage is collected at every event
  std::vector<int> linkSockets;  // one per shard
  std::vector<int> listenSockets;
};

Result<CellOptions> parseCellOptions(std::span<const std::string> arguments);

// The host workers that one Configure brought, on one shard.
struct HostWorkers {
  uint32_t generation = 0;
  std::shared_ptr<const protocol::Configure> configure;
  size_t starting = 0;  // not up yet
  std::string error;    // why the first of them failed to start
  std::string first;    // serves HTTP
  std::map<std::string, std::shared_ptr<Instance>, std::less<>> byName;
};

class Cell {
 public:
  Cell(isolate::Engine& engine, const CellOptions& options);

  // Never returns: the process ends by _exit.
  [[noreturn]] void run();

  // --- for environments, from any thread ---
  std::shared_ptr<Instance> createDynamic(const std::shared_ptr<Instance>& parent, isolate::StartSpec spec,
                                          const isolate::Limits& limits, const Loader& loader);
  rpc::PipeEnd openEgress(Shard& shard, std::string_view worker);
  void log(protocol::LogKind kind, protocol::LogLevel level, std::string_view worker, std::string text);
  Directory& directory() { return directory_; }
  // A host worker was condemned: its shard's workers are started again, whether or not its thread comes back.
  void hostCondemned(Instance& instance);
  void hostStarted(Instance& instance, uint32_t generation, std::string_view error);

 private:
  struct ShardState {
    std::unique_ptr<Shard> shard;
    std::shared_ptr<rpc::Link> link;
    std::unique_ptr<HttpFrontend> frontend;
    // Of the shard's thread:
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

  void connect(ShardState& state, int socket, bool first);
  void control(Bytes frame);
  void configure(std::shared_ptr<const protocol::Configure> configure);
  void startWorkers(ShardState& state, std::shared_ptr<const protocol::Configure> configure);
  // All workers of `state.next` have started, or one has failed.
  void workersReady(ShardState& state);
  // Takes `state.next` into service, or drops it.
  void switchWorkers(ShardState& state, bool take);
  // A worker that was being served has ended (a limit): all of its shard are started again.
  void restartWorkers(ShardState& state);
  void drain(uint32_t deadlineMs);
  // Lets what can still end do so, then ends the process, for the supervisor to start another. From any thread.
  void giveUp(std::string_view why);
  void opened(ShardState& state, std::string_view what, rpc::PipeEnd end);

  isolate::Engine& engine_;
  const CellOptions options_;
  Watchdog watchdog_;
  IsolatePool pool_;
  ShardGroup group_;
  Directory directory_;
  std::vector<ShardState> shards_;

  std::atomic<uint64_t> droppedLogs_{0};
  std::mutex mutex_;
  Pending pending_;
  size_t draining_ = 0;
  std::atomic<bool> givenUp_{false};
};

}  // namespace mayfly::cell
