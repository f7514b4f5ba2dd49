// SPDX-License-Identifier: Apache-2.0
#include "supervisor/log_writer.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <chrono>
#include <cmath>

#include "supervisor/shown_text.h"

namespace mayfly::supervisor {
namespace {

using protocol::Log;
using protocol::LogKind;
using protocol::LogLevel;

std::string_view levelName(LogLevel level) {
  constexpr std::string_view kNames[] = {"debug", "info", "log", "warn", "error"};
  return kNames[static_cast<size_t>(level)];
}

std::string_view kindName(LogKind kind) {
  constexpr std::string_view kNames[] = {"console", "exception", "system", "event"};
  return kNames[static_cast<size_t>(kind)];
}

// What a cell says may be any number.
double finite(double value) { return std::isfinite(value) ? value : 0; }

// The text, and what an event used.
std::string describe(const Log& record) {
  if (!record.event) return record.text;
  const auto& event = *record.event;
  return fmt::format("{}: {}, cpu {:.1f} ms, wall {:.0f} ms, memory {:.1f} MB, {} subrequests, {} bytes in, {} out",
                     record.text, event.outcome, finite(event.cpuMs), finite(event.wallMs),
                     static_cast<double>(event.memoryBytes) / (1 << 20), event.subRequests, event.bytesIn,
                     event.bytesOut);
}

std::string_view levelColour(LogLevel level) {
  switch (level) {
    case LogLevel::warn: return "\x1b[33m";
    case LogLevel::error: return "\x1b[31m";
    case LogLevel::info: return "\x1b[36m";
    default: return "\x1b[2m";
  }
}

bool wantsColour(int fd) {
  const char* noColour = std::getenv("NO_COLOR");
  return isatty(fd) && (noColour == nullptr || *noColour == '\0');
}

}  // namespace

LogWriter::LogWriter(int fd, LogFormat format, LogLevel least)
    : output_(fd), format_(format), least_(least), colour_(wantsColour(fd)) {}

void LogWriter::write(const Log& record, std::string_view tenant) {
  if (record.level < least_) return;
  switch (format_) {
    case LogFormat::pretty: return output_.write(pretty(record, colour_));
    case LogFormat::json: return output_.write(json(record, tenant));
    case LogFormat::plain: return output_.write(plain(record));
  }
}

void LogWriter::system(LogLevel level, std::string text) { system(level, "mayfly", std::move(text)); }

void LogWriter::system(LogLevel level, const std::string& worker, std::string text) {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  write({LogKind::system, level, worker, std::chrono::duration<double, std::milli>(now).count(), std::move(text)});
}

std::string LogWriter::pretty(const Log& record, bool colour) {
  auto time = static_cast<time_t>(record.timeMs / 1000);
  std::tm local{};
  localtime_r(&time, &local);
  auto milliseconds = static_cast<int>(static_cast<int64_t>(record.timeMs) % 1000);
  std::string_view begin = colour ? levelColour(record.level) : "";
  std::string_view end = colour ? "\x1b[0m" : "";
  return fmt::format("{:%H:%M:%S}.{:03} {}{:<5}{} {}: {}\n", local, milliseconds, begin, levelName(record.level), end,
                     shownText(record.worker, " "),
                     shownText(describe(record), "\n    "));  // indented, so that a record is seen to be one
}

std::string LogWriter::plain(const Log& record) { return shownText(describe(record), "\n") + "\n"; }

std::string LogWriter::json(const Log& record, std::string_view tenant) {
  boost::json::object line;
  line["time"] = static_cast<int64_t>(record.timeMs);
  line["level"] = levelName(record.level);
  line["kind"] = kindName(record.kind);
  line["worker"] = record.worker;
  if (!tenant.empty()) line["tenant"] = tenant;
  line["text"] = record.text;
  if (record.event) line["outcome"] = record.event->outcome;
  std::string text = boost::json::serialize(line);
  if (record.event) {
    // By hand: the library writes 0.5 as 5E-1.
    const auto& used = *record.event;
    text.pop_back();
    text += fmt::format(
        ",\"usage\":{{\"cpuMs\":{:.3f},\"wallMs\":{:.3f},\"memoryBytes\":{},\"subRequests\":{},\"bytesIn\":{},"
        "\"bytesOut\":{}}}}}",
        finite(used.cpuMs), finite(used.wallMs), used.memoryBytes, used.subRequests, used.bytesIn, used.bytesOut);
  }
  return text + "\n";
}

}  // namespace mayfly::supervisor
