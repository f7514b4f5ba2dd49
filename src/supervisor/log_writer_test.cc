// SPDX-License-Identifier: Apache-2.0
#include "supervisor/log_writer.h"

#include <gtest/gtest.h>

#include "supervisor/shown_text.h"

namespace mayfly::supervisor {
namespace {

using protocol::Log;
using protocol::LogKind;
using protocol::LogLevel;

TEST(ShownText, MakesControlCharactersVisible) {
  EXPECT_EQ(shownText("plain \t text, grüße", "|"), "plain \t text, grüße");
  EXPECT_EQ(shownText("\x1b[2J\r\x07\x7f", "|"), "\\x1b[2J\\x0d\\x07\\x7f");
  EXPECT_EQ(shownText("a\xc2\x9b"
                      "31m",
                      "|"),
            "a\\x9b31m");
  EXPECT_EQ(shownText("one\ntwo\n", "|"), "one|two");
}

TEST(LogWriter, WritesForPeople) {
  Log record{LogKind::console, LogLevel::warn, "api", 1'700'000'000'123.0, "one\ntwo\x1b"};
  std::string line = LogWriter::pretty(record, false);
  EXPECT_EQ(line.substr(8), ".123 warn  api: one\n    two\\x1b\n");
  EXPECT_EQ(LogWriter::pretty(record, true).substr(8), ".123 \x1b[33mwarn \x1b[0m api: one\n    two\\x1b\n");
  EXPECT_EQ(LogWriter::plain(record), "one\ntwo\\x1b\n");
}

TEST(LogWriter, WritesJsonOfOneLine) {
  Log record{LogKind::exception, LogLevel::error, "api:x\"y", 1'700'000'000'123.0, "one\ntwo"};
  EXPECT_EQ(LogWriter::json(record),
            "{\"time\":1700000000123,\"level\":\"error\",\"kind\":\"exception\",\"worker\":\"api:x\\\"y\",\"text\":"
            "\"one\\ntwo\"}\n");
}

TEST(LogWriter, WritesWhatAnEventUsed) {
  Log record{LogKind::event, LogLevel::info, "api", 1'700'000'000'123.0, "GET http://x/ 200"};
  record.event = protocol::EventUsage{"ok", 0.5, 12.25, 3u << 20, 2, 100, 200};
  EXPECT_EQ(
      LogWriter::json(record),
      "{\"time\":1700000000123,\"level\":\"info\",\"kind\":\"event\",\"worker\":\"api\",\"text\":"
      "\"GET http://x/ 200\",\"outcome\":\"ok\",\"usage\":{\"cpuMs\":0.500,\"wallMs\":12.250,\"memoryBytes\":3145728,"
      "\"subRequests\":2,\"bytesIn\":100,\"bytesOut\":200}}\n");
  EXPECT_EQ(LogWriter::pretty(record, false).substr(13),
            "info  api: GET http://x/ 200: ok, cpu 0.5 ms, wall 12 ms, memory 3.0 MB, 2 subrequests, 100 bytes in, 200 "
            "out\n");
}

}  // namespace
}  // namespace mayfly::supervisor
