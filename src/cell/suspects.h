// SPDX-License-Identifier: Apache-2.0
// Which code is suspected of ending the cells that it runs in. It is given a cell to itself from then on, where it does no
// harm to others and its guilt shows: code that ends its own cell again and again is not started for a while, then longer.
//
// Code is known by a hash. Safe from any thread; bounded.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <span>
#include <unordered_map>

namespace mayfly::cell {

class Suspects {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Verdict : uint8_t { free, alone, refused };

  // A cell has ended in which these ran. `alone`: it was the code's own.
  void add(std::span<const uint64_t> codes, bool alone, Time now);
  Verdict judge(uint64_t code, Time now);

 private:
  struct Record {
    Time suspectedUntil{};
    Time refusedUntil{};
    Time lastCrash{};
    int crashes = 0;  // of its own cells, one after another
  };
  void prune(Time now);

  std::mutex mutex_;
  std::unordered_map<uint64_t, Record> records_;
};

}  // namespace mayfly::cell
