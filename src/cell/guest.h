// SPDX-License-Identifier: Apache-2.0
// The guest cell: a process with nothing but dynamic workers of one tenant. A host cell sends it code and opens pipes to
// what runs; logs and network requests go to the supervisor.
#pragma once

#include <map>
#include <mutex>

#include "cell/cell.h"

namespace mayfly::cell {

class Guest final : public Cell {
 public:
  Guest(isolate::Engine& engine, const CellOptions& options) : Cell(engine, options) {}

 private:
  struct Worker {
    std::shared_ptr<Instance> instance;
    size_t peer = 0;
  };

  void control(protocol::CellMessage message) override;
  void opened(size_t shard, std::string_view what, rpc::PipeEnd end) override;
  void retired(Instance& instance) override;
  void started() override;
  void finish(std::string_view why, const Instance& culprit, std::function<void()> done) override;

  // From the host cell, on the thread of the shard that has this peer.
  void peerControl(size_t peer, protocol::CellMessage message);
  void peerOpened(std::string_view what, rpc::PipeEnd end);
  void load(size_t peer, protocol::Load load);
  void tellHost(const Instance& instance, bool ended);
  std::shared_ptr<Instance> find(uint32_t worker);
  // Whether nothing goes on in any worker that could still come to an end.
  bool quiet();

  std::vector<std::shared_ptr<rpc::Link>> peers_;
  std::mutex mutex_;
  std::map<uint32_t, Worker> workers_;
  std::map<const Instance*, uint32_t> ids_;
};

}  // namespace mayfly::cell
