// SPDX-License-Identifier: Apache-2.0
// How long a tenant waits for its next cell whose cells end again and again. Suspects (suspects.h) knows code; here it
// does not help to change the code a little each time.
//
// Not safe from several threads; bounded.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mayfly::cell {

class CrashDelays {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // A cell of the tenant has ended that should not have.
  void add(std::string_view tenant, Time now);
  // From now on, for its next one.
  std::chrono::milliseconds delay(std::string_view tenant, Time now) const;

 private:
  struct Record {
    int crashes = 0;  // one after another
    Time last{};
  };
  static bool isOver(const Record& record, Time now);

  std::unordered_map<std::string, Record> records_;
};

}  // namespace mayfly::cell
