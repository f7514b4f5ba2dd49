// SPDX-License-Identifier: Apache-2.0
#include "supervisor/output_queue.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <string>

namespace mayfly::supervisor {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
  Pipe() { EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0); }
  ~Pipe() {
    ::close(ends[0]);
    if (ends[1] >= 0) ::close(ends[1]);
  }
  // Reads until `bytes` have come, or until nobody writes any more.
  std::string read(size_t bytes) {
    std::string text(bytes, '\0');
    size_t got = 0;
    for (ssize_t n; got < bytes && (n = ::read(ends[0], text.data() + got, bytes - got)) > 0;)
      got += static_cast<size_t>(n);
    text.resize(got);
    return text;
  }
  std::string readSome() {
    std::string text(4096, '\0');
    ssize_t n = ::read(ends[0], text.data(), text.size());
    text.resize(n < 0 ? 0 : static_cast<size_t>(n));
    return text;
  }
  int ends[2] = {-1, -1};
};

TEST(OutputQueue, WritesAtOnceWhatTheReaderTakes) {
  Pipe pipe;
  OutputQueue queue(pipe.ends[1]);
  queue.write("one\n");
  queue.write("two\n");
  EXPECT_EQ(pipe.read(8), "one\ntwo\n");
}

TEST(OutputQueue, KeepsInOrderWhatTheReaderTakesLater) {
  Pipe pipe;
  OutputQueue queue(pipe.ends[1]);
  std::string all;
  for (int i = 0; i < 3'000; ++i) {
    std::string text = std::to_string(i) + std::string(100, 'x') + "\n";
    all += text;
    queue.write(text);
  }
  EXPECT_EQ(pipe.read(all.size()), all);
  queue.write("and on\n");
  EXPECT_EQ(pipe.read(7), "and on\n");
}

TEST(OutputQueue, DropsWhatIsBeyondItsBoundAndSaysSo) {
  Pipe pipe;
  auto began = Clock::now();
  {
    OutputQueue queue(pipe.ends[1]);
    std::string text(1 << 20, 'x');
    for (int i = 0; i < 50; ++i) queue.write(text);
    EXPECT_LT(Clock::now() - began, std::chrono::seconds(5)) << "nobody waits for the reader";
    std::string got;
    while (!got.ends_with("than they were read\n") && got.size() < (size_t{8} << 20)) got += pipe.readSome();
    EXPECT_TRUE(got.contains("log records were dropped: they came faster than they were read\n"));
    EXPECT_LT(got.size(), size_t{7} << 20);
  }
}

TEST(OutputQueue, EndsWithoutAReader) {
  Pipe pipe;
  auto began = Clock::now();
  {
    OutputQueue queue(pipe.ends[1]);
    queue.write(std::string(3 << 20, 'x'));
  }
  EXPECT_LT(Clock::now() - began, std::chrono::seconds(10));
}

}  // namespace
}  // namespace mayfly::supervisor
