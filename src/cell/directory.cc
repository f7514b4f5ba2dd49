// SPDX-License-Identifier: Apache-2.0
#include "cell/directory.h"

#include <fmt/core.h>

#include <algorithm>

#include "cell/host.h"

namespace mayfly::cell {

Result<std::shared_ptr<DynamicWorker>> Directory::create(const Loader& loader, isolate::DynamicCode code,
                                                         std::string_view name) {
  bool kept = !name.empty();
  std::string full = kept ? fmt::format("{}:{}", loader.parent->name(), name)
                          : fmt::format("{}:dynamic-{}", loader.parent->name(), ++unnamed_);
  return host_.createDynamic(loader, std::move(code), std::move(full), kept);
}

Result<rpc::PipeEnd> Directory::load(const Loader& loader, isolate::DynamicCode code) {
  auto worker = create(loader, std::move(code), "");
  if (!worker) return std::unexpected(worker.error());
  auto [near, far] = rpc::makePipe();
  (*worker)->acceptCreator(std::move(near), std::nullopt);
  return std::move(far);
}

rpc::PipeEnd Directory::get(const Loader& loader, std::string_view loaderId, std::string_view name, rpc::PipeId pipe) {
  auto [near, far] = rpc::makePipe();
  std::lock_guard lock(mutex_);
  Entry& entry = entries_[Key(loaderId, name)];
  entry.lastUse = ++uses_;
  if (entry.worker) {
    entry.worker->acceptUser(std::move(far));
    return std::move(near);
  }
  entry.waiting.push_back({loader.parent, loader.parent.get(), pipe, std::move(far)});
  if (entry.waiting.size() == 1) askFirst(entry);
  return std::move(near);
}

void Directory::askFirst(Entry& entry) {
  while (!entry.waiting.empty()) {
    Waiting& first = entry.waiting.front();
    if (auto parent = first.parent.lock(); parent && !parent->inboxShut()) {
      parent->post(isolate::CodeWanted{first.pipe});
      return;
    }
    entry.waiting.pop_front();
  }
}

Result<void> Directory::provide(const Loader& loader, rpc::PipeId pipe, isolate::DynamicCode code, rpc::Message init) {
  std::vector<std::shared_ptr<DynamicWorker>> evicted;
  std::lock_guard lock(mutex_);
  auto found = std::ranges::find_if(entries_, [&](auto& pair) {
    auto& waiting = pair.second.waiting;
    return !waiting.empty() && waiting.front().parentId == loader.parent.get() && waiting.front().pipe == pipe;
  });
  if (found == entries_.end()) return mayfly::fail(ErrorCode::notFound, "nobody waits for this code any more");
  Entry& entry = found->second;
  auto worker = create(loader, std::move(code), found->first.second);
  if (!worker) return std::unexpected(worker.error());
  entry.worker = *worker;
  entry.parent = loader.parent.get();
  entry.lastUse = ++uses_;
  auto waiting = std::exchange(entry.waiting, {});
  (*worker)->acceptCreator(std::move(waiting.front().end), std::move(init));
  waiting.pop_front();
  for (Waiting& one : waiting) (*worker)->acceptUser(std::move(one.end));
  evicted = evict();
  return {};
}

void Directory::fail(const Instance& parent, rpc::PipeId pipe) {
  std::lock_guard lock(mutex_);
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    auto& waiting = it->second.waiting;
    if (waiting.empty() || waiting.front().parentId != &parent || waiting.front().pipe != pipe) continue;
    waiting.pop_front();
    askFirst(it->second);
    if (waiting.empty() && !it->second.worker) entries_.erase(it);
    return;
  }
}

void Directory::forget(const DynamicWorker& worker) {
  std::shared_ptr<DynamicWorker> kept;  // dropped outside the lock
  std::lock_guard lock(mutex_);
  auto found = std::ranges::find_if(entries_, [&](auto& pair) { return pair.second.worker.get() == &worker; });
  if (found == entries_.end()) return;
  kept = std::move(found->second.worker);
  entries_.erase(found);
  kept->unkeep();
}

void Directory::forgetParent(const Instance& parent) {
  std::lock_guard lock(mutex_);
  for (auto it = entries_.begin(); it != entries_.end();) {
    Entry& entry = it->second;
    bool wasFirst = !entry.waiting.empty() && entry.waiting.front().parentId == &parent;
    std::erase_if(entry.waiting, [&](const Waiting& waiting) { return waiting.parentId == &parent; });
    if (wasFirst) askFirst(entry);
    if (entry.waiting.empty() && !entry.worker) {
      it = entries_.erase(it);
    } else {
      ++it;
    }
  }
}

void Directory::orphan(const Instance& parent) {
  std::vector<std::shared_ptr<DynamicWorker>> orphans;
  std::lock_guard lock(mutex_);
  for (auto it = entries_.begin(); it != entries_.end();) {
    if (it->second.worker && it->second.parent == &parent) {
      orphans.push_back(std::move(it->second.worker));
      it = entries_.erase(it);
      orphans.back()->unkeep();
    } else {
      ++it;
    }
  }
}

std::vector<std::shared_ptr<DynamicWorker>> Directory::evict() {
  std::vector<std::shared_ptr<DynamicWorker>> evicted;
  if (entries_.size() <= keptMax_) return evicted;
  // An eighth at a time, so that a flood of names does not sort the whole directory for each of them.
  std::vector<std::pair<uint64_t, std::map<Key, Entry>::iterator>> idle;
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    if (it->second.worker && it->second.worker->idle()) idle.emplace_back(it->second.lastUse, it);
  }
  size_t count = std::min(idle.size(), entries_.size() - keptMax_ + keptMax_ / 8);
  std::ranges::partial_sort(idle, idle.begin() + static_cast<ptrdiff_t>(count), {},
                            [](auto& pair) { return pair.first; });
  for (size_t i = 0; i < count; ++i) {
    auto worker = std::move(idle[i].second->second.worker);
    entries_.erase(idle[i].second);
    worker->evict();
    evicted.push_back(std::move(worker));
  }
  return evicted;
}

void Directory::setKeptMax(size_t keptMax) {
  std::lock_guard lock(mutex_);
  keptMax_ = keptMax;
}

size_t Directory::keptCount() const {
  std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace mayfly::cell
