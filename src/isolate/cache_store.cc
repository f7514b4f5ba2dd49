// SPDX-License-Identifier: Apache-2.0
#include "isolate/cache_store.h"

#include <algorithm>

namespace mayfly::isolate {

namespace {

constexpr size_t kItemBytes = 256;  // of the lists and tables around one

}  // namespace

std::string CacheStore::makeSpace() {
  std::lock_guard lock(mutex_);
  return "#" + std::to_string(++spacesMade_);  // no worker's name begins so
}

void CacheStore::drop(std::string_view space) {
  std::lock_guard lock(mutex_);
  auto found = spaces_.find(std::string(space));
  if (found == spaces_.end()) return;
  bytes_ -= found->second.bytes;
  spaces_.erase(found);
}

void CacheStore::erase(Space& space, std::list<Item>::iterator item) {
  space.bytes -= item->bytes;
  bytes_ -= item->bytes;
  space.byKey.erase(item->key);
  space.items.erase(item);
}

void CacheStore::makeRoom(Space& space, size_t bytes) {
  while (space.bytes + bytes > limits_.space) erase(space, std::prev(space.items.end()));
  while (bytes_ + bytes > limits_.all) {
    // Of the largest space, so that who takes much does not drive out who takes little.
    auto largest = std::ranges::max_element(spaces_, {}, [](const auto& each) { return each.second.bytes; });
    erase(largest->second, std::prev(largest->second.items.end()));
  }
}

bool CacheStore::put(std::string_view name, std::string key, CachedResponse response) {
  size_t bytes = key.size() * 2 + response.head.size() + response.body->size() + kItemBytes;
  std::lock_guard lock(mutex_);
  if (bytes > limits_.response || bytes > limits_.space) return false;
  Space& space = spaces_[std::string(name)];
  if (auto old = space.byKey.find(key); old != space.byKey.end()) erase(space, old->second);
  makeRoom(space, bytes);
  space.items.push_front({key, std::move(response), bytes});
  space.byKey.emplace(std::move(key), space.items.begin());
  space.bytes += bytes;
  bytes_ += bytes;
  return true;
}

std::optional<CachedResponse> CacheStore::find(std::string_view name, const std::string& key, int64_t nowMs) {
  std::lock_guard lock(mutex_);
  auto space = spaces_.find(std::string(name));
  if (space == spaces_.end()) return std::nullopt;
  auto found = space->second.byKey.find(key);
  if (found == space->second.byKey.end()) return std::nullopt;
  auto item = found->second;
  if (item->response.expiresMs <= nowMs) {
    erase(space->second, item);
    return std::nullopt;
  }
  space->second.items.splice(space->second.items.begin(), space->second.items, item);
  return item->response;
}

bool CacheStore::remove(std::string_view name, const std::string& key, int64_t nowMs) {
  std::lock_guard lock(mutex_);
  auto space = spaces_.find(std::string(name));
  if (space == spaces_.end()) return false;
  auto found = space->second.byKey.find(key);
  if (found == space->second.byKey.end()) return false;
  bool fresh = found->second->response.expiresMs > nowMs;
  erase(space->second, found->second);
  return fresh;
}

size_t CacheStore::bytes() const {
  std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace mayfly::isolate
