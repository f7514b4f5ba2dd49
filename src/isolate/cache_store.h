// SPDX-License-Identifier: Apache-2.0
// What the workers of a cell have put into their caches (the Cache API): responses with their bodies, in memory, until they
// expire or room is needed. Each worker has a space of its own, which no other reaches: one of the operator's under its
// name, on all shards; a dynamic worker for as long as it is loaded.
//
// One for the cell, owned by its Engine. Safe from any thread.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mayfly::isolate {

struct CachedResponse {
  uint32_t status = 200;
  std::string head;  // as in a message: STATUS TEXT, then lines of names and values
  std::shared_ptr<const std::vector<uint8_t>> body;
  int64_t storedMs = 0;  // since the epoch, as expiresMs
  int64_t expiresMs = 0;
};

class CacheStore {
 public:
  // In bytes, of bodies, heads and keys.
  struct Limits {
    size_t all = size_t{256} << 20;
    size_t space = size_t{64} << 20;
    size_t response = size_t{16} << 20;
  };

  CacheStore() = default;
  explicit CacheStore(Limits limits) : limits_(limits) {}

  // A name that no other space has.
  std::string makeSpace();
  // Forgets all that is in a space.
  void drop(std::string_view space);

  // False where the response is too large. Replaces what has the key; what was used least recently goes to make room.
  bool put(std::string_view space, std::string key, CachedResponse response);
  std::optional<CachedResponse> find(std::string_view space, const std::string& key, int64_t nowMs);
  // Whether there was one.
  bool remove(std::string_view space, const std::string& key, int64_t nowMs);

  const Limits& limits() const { return limits_; }
  size_t bytes() const;

 private:
  struct Item {
    std::string key;
    CachedResponse response;
    size_t bytes;
  };
  struct Space {
    std::list<Item> items;  // the one used last in front
    std::unordered_map<std::string, std::list<Item>::iterator> byKey;
    size_t bytes = 0;
  };
  using Spaces = std::unordered_map<std::string, Space>;

  void erase(Space& space, std::list<Item>::iterator item);
  void makeRoom(Space& space, size_t bytes);

  const Limits limits_;
  mutable std::mutex mutex_;
  Spaces spaces_;
  size_t bytes_ = 0;
  uint64_t spacesMade_ = 0;
};

}  // namespace mayfly::isolate
