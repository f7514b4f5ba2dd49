// SPDX-License-Identifier: Apache-2.0
// Writes the log, a line or more per record: for people (time, level, worker, text; in colour on a terminal), as one
// JSON object per line, or the text alone. Text comes from untrusted code, so control characters are shown, never
// passed on to a terminal. Nobody waits for whoever reads the log (output_queue.h).
#pragma once

#include <string>
#include <string_view>

#include "protocol/cell_messages.h"
#include "supervisor/output_queue.h"

namespace mayfly::supervisor {

enum class LogFormat : uint8_t { pretty, json, plain };

class LogWriter {
 public:
  // Writes to `fd`, which is not closed. Records below `least` are dropped.
  LogWriter(int fd, LogFormat format, protocol::LogLevel least = protocol::LogLevel::debug);

  // `tenant`: of the cell that it came from. Only JSON has it.
  void write(const protocol::Log& record, std::string_view tenant = {});
  // A record of the supervisor itself, or one of its own about a worker.
  void system(protocol::LogLevel level, std::string text);
  void system(protocol::LogLevel level, const std::string& worker, std::string text);

  // One record as it is written, line end included. `timeMs` is shown in the local time zone.
  static std::string pretty(const protocol::Log& record, bool colour);
  static std::string json(const protocol::Log& record, std::string_view tenant = {});
  static std::string plain(const protocol::Log& record);

 private:
  OutputQueue output_;
  const LogFormat format_;
  const protocol::LogLevel least_;
  const bool colour_;
};

}  // namespace mayfly::supervisor
