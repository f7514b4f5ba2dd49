// SPDX-License-Identifier: Apache-2.0
#include "cell/directory.h"

#include <fmt/core.h>

#include <algorithm>

#include "cell/cell.h"

namespace mayfly::cell {

std::shared_ptr<Instance> Directory::create(const Loader& loader, isolate::DynamicCode code, std::string_view name) {
  isolate::StartSpec spec;
  spec.dynamic = true;
  spec.workerName = name.empty() ? fmt::format("{}:dynamic-{}", loader.parent->name(), ++unnamed_)
                                 : fmt::format("{}:{}", loader.parent->name(), name);
  spec.compatibilityDate = std::move(code.compatibilityDate);
  spec.compatibilityFlags = std::move(code.compatibilityFlags);
  spec.outbound = code.outbound;
  spec.mainModule = std::move(code.mainModule);
  spec.modules = std::move(code.modules);
  spec.compiledModules = std::move(code.compiledModules);
  // The lower of the loader's limit and the code's own.
  auto lower = [](uint32_t a, uint32_t b) { return a == 0 ? b : b == 0 ? a : std::min(a, b); };
  isolate::Limits limits;
  limits.cpuMs = lower(loader.cpuMs, code.cpuMs);
  limits.memoryBytesMax = size_t{lower(loader.memoryMb, code.memoryMb)} << 20;
  return cell_.createDynamic(loader.parent, std::move(spec), limits, loader);
}

rpc::PipeEnd Directory::load(const Loader& loader, isolate::DynamicCode code) {
  return create(loader, std::move(code), "")->open("creator");
}

rpc::PipeEnd Directory::get(const Loader& loader, std::string_view loaderId, std::string_view name, rpc::PipeId pipe) {
  auto [near, far] = rpc::makePipe();
  std::vector<std::shared_ptr<Instance>> evicted;
  std::lock_guard lock(mutex_);
  Entry& entry = entries_[Key(loaderId, name)];
  entry.lastUse = ++uses_;
  if (entry.instance) {
    entry.instance->accept(std::move(far), "user");
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
  std::vector<std::shared_ptr<Instance>> evicted;
  std::lock_guard lock(mutex_);
  auto found = std::ranges::find_if(entries_, [&](auto& pair) {
    auto& waiting = pair.second.waiting;
    return !waiting.empty() && waiting.front().parentId == loader.parent.get() && waiting.front().pipe == pipe;
  });
  if (found == entries_.end()) return mayfly::fail(ErrorCode::notFound, "nobody waits for this code any more");
  Entry& entry = found->second;
  auto instance = create(loader, std::move(code), found->first.second);
  instance->setPersistent(true);
  entry.instance = instance;
  entry.parent = loader.parent.get();
  entry.lastUse = ++uses_;
  auto waiting = std::exchange(entry.waiting, {});
  bool first = true;
  for (Waiting& one : waiting) {
    if (first) {
      instance->acceptCreator(std::move(one.end), std::move(init));
    } else {
      instance->accept(std::move(one.end), "user");
    }
    first = false;
  }
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
    if (waiting.empty() && !it->second.instance) entries_.erase(it);
    return;
  }
}

void Directory::forget(const Instance& instance) {
  std::shared_ptr<Instance> kept;  // dropped outside the lock
  std::lock_guard lock(mutex_);
  for (auto it = entries_.begin(); it != entries_.end();) {
    Entry& entry = it->second;
    if (entry.instance.get() == &instance) {
      kept = std::move(entry.instance);
      it = entries_.erase(it);
      kept->setPersistent(false);
      continue;
    }
    bool wasFirst = !entry.waiting.empty() && entry.waiting.front().parentId == &instance;
    std::erase_if(entry.waiting, [&](const Waiting& waiting) { return waiting.parentId == &instance; });
    if (wasFirst) askFirst(entry);
    if (entry.waiting.empty() && !entry.instance) {
      it = entries_.erase(it);
    } else {
      ++it;
    }
  }
}

void Directory::orphan(const Instance& parent) {
  std::vector<std::shared_ptr<Instance>> orphans;
  std::lock_guard lock(mutex_);
  for (auto it = entries_.begin(); it != entries_.end();) {
    if (it->second.instance && it->second.parent == &parent) {
      orphans.push_back(std::move(it->second.instance));
      it = entries_.erase(it);
      orphans.back()->setPersistent(false);
    } else {
      ++it;
    }
  }
}

std::vector<std::shared_ptr<Instance>> Directory::evict() {
  std::vector<std::shared_ptr<Instance>> evicted;
  if (entries_.size() <= keptMax_) return evicted;
  // An eighth at a time, so that a flood of names does not sort the whole directory for each of them.
  std::vector<std::pair<uint64_t, std::map<Key, Entry>::iterator>> idle;
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    if (it->second.instance && it->second.instance->idle()) idle.emplace_back(it->second.lastUse, it);
  }
  size_t count = std::min(idle.size(), entries_.size() - keptMax_ + keptMax_ / 8);
  std::ranges::partial_sort(idle, idle.begin() + static_cast<ptrdiff_t>(count), {},
                            [](auto& pair) { return pair.first; });
  for (size_t i = 0; i < count; ++i) {
    auto instance = std::move(idle[i].second->second.instance);
    entries_.erase(idle[i].second);
    instance->evict();
    evicted.push_back(std::move(instance));
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
