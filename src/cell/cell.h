// SPDX-License-Identifier: Apache-2.0
// What both kinds of cell process are made of: shards, isolates made ahead, the watchdog, a link to the supervisor for
// each shard, and the end. A host cell (host.h) runs the operator's workers, a guest cell (guest.h) dynamic workers.
//
// Lives as long as the process, which ends by _exit: when the supervisor is gone, when it says so, or when a thread
// cannot be got back.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/jit.h"
#include "base/result.h"
#include "base/token_bucket.h"
#include "cell/guest_cell_life.h"
#include "cell/isolate_pool.h"
#include "cell/pulse.h"
#include "cell/shard.h"
#include "cell/watchdog.h"
#include "protocol/cell_messages.h"
#include "rpc/link.h"
#include "sandbox/lock_down.h"
#include "sandbox/probe.h"

namespace mayfly::cell {

struct CellOptions {
  std::filesystem::path snapshot;
  bool guest = false;
  int shards = 1;
  std::vector<int> linkSockets;  // to the supervisor, one per shard
  std::vector<int> peerSockets;  // of a guest: to its host cell, one per shard
  int handoverSocket = -1;       // of a host: where the sockets of guest cells come from
  int pulseSocket = -1;          // where the supervisor asks whether this still lives
  std::vector<int> listenSockets;
  std::vector<int> controlSockets;           // of a host: where the control listener accepts
  Jit guestJit = Jit::full;                  // of a host: at least this little compiles in its guest cells
  bool wasm = true;                          // V8 has WebAssembly
  GuestCellLife guestLife{};                 // of a host: how long it keeps a guest cell
  bool collectAlways = false;                // for tests: garbage is collected at every event
  std::optional<sandbox::Profile> lockDown;  // once it is up; none: never
  std::optional<sandbox::ProbeSpec> probe;   // instead of serving, try what must not work
};

Result<CellOptions> parseCellOptions(std::span<const std::string> arguments);

class Cell {
 public:
  static std::unique_ptr<Cell> create(isolate::Engine& engine, const CellOptions& options);
  virtual ~Cell() = default;

  // Never returns: the process ends by _exit.
  [[noreturn]] void run();

  // --- from any thread ---
  // A dynamic worker of this cell. It runs on the shard that calls it, or one with less to do; with `spread` always on
  // another than `near`. `gone` is called, perhaps more than once and on any thread, when it takes no new callers.
  std::shared_ptr<Instance> createDynamic(Shard& near, bool spread, isolate::StartSpec spec, const Limits& limits,
                                          std::function<void(Instance&)> gone);
  // `what` says who asks (supervisor/network_rules.h).
  rpc::PipeEnd openEgress(Shard& shard, std::string_view what);
  void log(protocol::LogKind kind, protocol::LogLevel level, std::string_view worker, std::string text);
  void logEvent(std::string_view worker, std::string text, protocol::EventUsage usage);

 protected:
  Cell(isolate::Engine& engine, CellOptions options);

  // From the supervisor, on the first shard's thread.
  virtual void control(protocol::CellMessage message) = 0;
  // The supervisor opened a pipe; on that shard's thread.
  virtual void opened(size_t shard, std::string_view what, rpc::PipeEnd end) = 0;
  // On the instance's shard's thread.
  virtual void retired(Instance& instance) = 0;
  // Called once the loops run.
  virtual void started() {}
  // Takes no new work and calls `done`, on any thread, when what can still end has ended.
  virtual void finish(std::string_view why, const Instance& culprit, std::function<void()> done) = 0;

  void tellSupervisor(const protocol::CellMessage& message) { links_[0]->sendControl(protocol::encode(message)); }
  size_t shardCount() const { return shards_.size(); }
  Shard& shard(size_t index) { return *shards_[index]; }
  // Lets what can still end do so, then ends the process, for the supervisor to start another. From any thread.
  void giveUp(std::string_view why, const Instance& culprit);

  const CellOptions options_;

 private:
  void connect(size_t index);
  void log(protocol::Log record);
  bool mayLog(const protocol::Log& record);

  isolate::Engine& engine_;
  Watchdog watchdog_;
  IsolatePool pool_;
  ShardGroup group_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<std::shared_ptr<rpc::Link>> links_;
  std::unique_ptr<Pulse> pulse_;
  // Of a guest: what it may log, so that no tenant keeps the supervisor busy.
  std::mutex logMutex_;
  TokenBucket logBytes_;
  std::atomic<uint64_t> droppedLogs_{0};
  std::atomic<bool> givenUp_{false};
};

}  // namespace mayfly::cell
