// SPDX-License-Identifier: Apache-2.0
// The dynamic workers that a host cell has asked for: which one is kept under which name, and which ones go when there
// are too many. Safe from any thread.
//
// A name belongs to a loader id. The first get() of a name asks its caller for the code; others that ask meanwhile wait
// for the same worker, and if that caller cannot bring code, the next one is asked with its own callback. What failed to
// start, or was condemned, is forgotten: the next get() asks again.
#pragma once

#include <atomic>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cell/instance.h"
#include "cell/shard.h"

namespace mayfly::cell {

class Host;

// Who loads: a worker of this cell, and what it may give on.
struct Loader {
  std::shared_ptr<Instance> parent;
  Limits limits{};  // of its dynamic workers
  Isolation isolation = Isolation::tenant;
  bool spread = false;  // on other shards than its own
  uint32_t generation = 0;
  std::string grantKey{};  // what it says about their network is sealed with this (egress/grant.h)
  bool logEvents = false;
};

class Directory {
 public:
  Directory(Host& host, size_t keptMax) : host_(host), keptMax_(keptMax) {}

  Result<rpc::PipeEnd> load(const Loader& loader, isolate::DynamicCode code);
  rpc::PipeEnd get(const Loader& loader, std::string_view loaderId, std::string_view name, rpc::PipeId pipe);
  Result<void> provide(const Loader& loader, rpc::PipeId pipe, isolate::DynamicCode code, rpc::Message init);
  void fail(const Instance& parent, rpc::PipeId pipe);

  // The worker takes no new callers: it failed to start, was condemned or has ended.
  void forget(const DynamicWorker& worker);
  // This one brings no code any more: others are asked.
  void forgetParent(const Instance& parent);
  // Workers that `parent` brought code for hold its capabilities: they go with it, once idle.
  void orphan(const Instance& parent);

  void setKeptMax(size_t keptMax);
  size_t keptCount() const;

 private:
  using Key = std::pair<std::string, std::string>;  // loader id, name
  struct Waiting {
    std::weak_ptr<Instance> parent;
    const Instance* parentId;
    rpc::PipeId pipe;
    rpc::PipeEnd end;  // the far end of the caller's pipe
  };
  struct Entry {
    std::shared_ptr<DynamicWorker> worker;  // null while code is awaited
    const Instance* parent = nullptr;       // who brought the code
    std::list<Waiting> waiting;             // the first one has been asked
    uint64_t lastUse = 0;
  };

  Result<std::shared_ptr<DynamicWorker>> create(const Loader& loader, isolate::DynamicCode code, std::string_view name);
  void askFirst(Entry& entry);
  // Lets go of idle workers beyond the bound; returns them, to be dropped outside the lock.
  std::vector<std::shared_ptr<DynamicWorker>> evict();

  Host& host_;
  mutable std::mutex mutex_;
  size_t keptMax_;
  std::map<Key, Entry> entries_;
  uint64_t uses_ = 0;
  std::atomic<uint64_t> unnamed_{0};
};

}  // namespace mayfly::cell
