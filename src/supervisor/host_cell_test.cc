// SPDX-License-Identifier: Apache-2.0
// Processes here are shell scripts that say what a cell would say; the first link is their file descriptor 3.
#include "supervisor/host_cell.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rpc/frames.h"
#include "supervisor/cell_script_test.h"

namespace mayfly::supervisor {
namespace {

using namespace std::chrono_literals;

const std::string kHello = say(protocol::Hello{});
std::string waitFor(const protocol::CellMessage& message) {
  return fmt::format("head -c {} <&3 >/dev/null\n", rpc::kFrameHeadBytes + protocol::encode(message).size());
}
const std::string kWaitForConfigure = waitFor(protocol::Configure{});
std::string configuredWith(std::string error) { return say(protocol::Configured{1, std::move(error)}); }

class CellTest : public testing::Test {
 protected:
  void run(std::chrono::milliseconds time) {
    context_.restart();
    context_.run_for(time);
  }
  template <typename Done>
  void runUntil(Done done) {
    for (int turn = 0; turn < 300 && !done(); ++turn) run(10ms);
    ASSERT_TRUE(done());
  }

  boost::asio::io_context context_{1};
};

class CellProcessTest : public CellTest {
 protected:
  void start(const std::string& script, int links = 1, std::vector<int> listenSockets = {}) {
    CellProcess::Handlers handlers;
    handlers.printed = [this](std::string_view line) { lines_.emplace_back(line); };
    handlers.ended = [this](std::string how) { how_ = std::move(how); };
    auto started = CellProcess::start(context_,
                                      {.launch = {.arguments = {"/bin/sh", "-c", script, "cell"}},
                                       .shards = links,
                                       .links = links,
                                       .listenSockets = listenSockets},
                                      handlers);
    ASSERT_TRUE(started) << started.error().message;
    process_ = *started;
  }
  void runToEnd() {
    runUntil([this] { return !how_.empty(); });
  }

  std::shared_ptr<CellProcess> process_;
  std::vector<std::string> lines_;
  std::string how_;
};

TEST_F(CellProcessTest, GetsItsArgumentsAndAnEmptyEnvironmentAndTellsWhatItPrints) {
  setenv("MAYFLY_TEST_SECRET", "x", 1);
  start("echo $@; env | sort | grep -v -e ^PWD= -e ^_= -e ^SHLVL=; echo no newline at the end >&2 | printf last", 2);
  runToEnd();
  EXPECT_EQ(how_, "exit status 0");
  ASSERT_GE(lines_.size(), 4u);
  EXPECT_EQ(lines_[0], "--shards=2 --links=3,4");
  EXPECT_EQ(std::count(lines_.begin(), lines_.end(), "TZ=UTC"), 1);
  EXPECT_EQ(std::count(lines_.begin(), lines_.end(), "last"), 1);
  for (const std::string& line : lines_) EXPECT_EQ(line.find("SECRET"), std::string::npos);
}

TEST_F(CellProcessTest, InheritsItsSocketsAndNothingElse) {
  int leaked[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, leaked), 0);
  start("ls /proc/$$/fd; echo $@", 1, {leaked[0]});
  runToEnd();
  std::string text;
  for (const std::string& line : lines_) text += line + " ";
  EXPECT_EQ(text, "0 1 2 3 4 --shards=1 --links=3 --listen=4 ");
  ::close(leaked[0]);
  ::close(leaked[1]);
}

TEST_F(CellProcessTest, TellsHowItEnded) {
  start("exit 7");
  runToEnd();
  EXPECT_EQ(how_, "exit status 7");
  how_.clear();
  start("kill -SEGV $$");
  runToEnd();
  EXPECT_EQ(how_, "signal 11 (Segmentation fault)");
  how_.clear();
  start("exec sleep 100");
  process_->kill();
  runToEnd();
  EXPECT_EQ(how_, "signal 9 (Killed)");
}

TEST_F(CellProcessTest, BoundsALineWithoutEnd) {
  start("head -c 1000000 /dev/zero | tr '\\0' x");
  runToEnd();
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_EQ(lines_[0].size(), 16u * 1024);
}

class HostCellTest : public CellTest {
 protected:
  void start(const std::string& script, HostCellOptions options = {}) {
    options.launch.arguments = {"/bin/sh", "-c", script};
    HostCell::Handlers handlers;
    handlers.log = [this](const protocol::Log& record) { logged_ += record.text + "\n"; };
    handlers.opened = [](std::string_view, rpc::PipeEnd) {};
    handlers.configured = [this](uint32_t, const std::string& error) { configured_.push_back(error); };
    handlers.died = [this](const std::string& how) { died_.push_back(how); };
    cell_ = std::make_unique<HostCell>(context_, options, std::move(handlers));
    protocol::Configure configure;
    configure.generation = 1;
    ASSERT_TRUE(cell_->configure(configure));
    cell_->start();
  }
  void TearDown() override {
    bool done = false;
    cell_->drain(0, [&] { done = true; });
    runUntil([&] { return done; });
  }

  std::unique_ptr<HostCell> cell_;
  std::string logged_;
  std::vector<std::string> configured_;
  std::vector<std::string> died_;
};

TEST_F(HostCellTest, ConfiguresTheCellThatSaysHello) {
  start(kHello + kWaitForConfigure + configuredWith("") + "exec sleep 100");
  runUntil([&] { return !configured_.empty(); });
  EXPECT_EQ(configured_[0], "");
}

TEST_F(HostCellTest, TellsWhyWorkersDoNotStart) {
  start(kHello + kWaitForConfigure + configuredWith("no") + "exec sleep 100");
  runUntil([&] { return !configured_.empty(); });
  EXPECT_EQ(configured_[0], "no");
}

TEST_F(HostCellTest, StartsADeadCellAgainWithWhatWorkedAndWaitsLongerEachTime) {
  start(kHello + kWaitForConfigure + configuredWith("") + "echo last words >&2; kill -ABRT $$",
        {.restartDelayMs = 20, .restartDelayMsMax = 100});
  auto begin = std::chrono::steady_clock::now();
  runUntil([&] { return configured_.size() == 4; });
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 140ms);  // 20 + 40 + 80
  EXPECT_GE(died_.size(), 3u);
  EXPECT_EQ(died_[0], "signal 6 (Aborted)");
  EXPECT_NE(logged_.find("last words\nthe cell died: signal 6 (Aborted)\n"), std::string::npos) << logged_;
}

TEST_F(HostCellTest, GivesUpAConfigurationThatKillsTheCell) {
  start(kHello + kWaitForConfigure + "exit 3");
  runUntil([&] { return !configured_.empty(); });
  EXPECT_EQ(configured_[0], "the cell died while the workers were starting: exit status 3");
}

TEST_F(HostCellTest, KillsACellThatDoesNotComeUpOrDoesNotConfigure) {
  start("exec sleep 100", {.helloDeadlineMs = 50});
  runUntil([&] { return !died_.empty(); });
  EXPECT_EQ(died_[0], "it was killed because it did not come up within 50 ms");
  HostCellTest::TearDown();
  died_.clear();
  start(kHello + "exec sleep 100", {.configureDeadlineMs = 50});
  runUntil([&] { return !died_.empty(); });
  EXPECT_EQ(died_[0], "it was killed because it did not start its workers within 50 ms");
}

TEST_F(HostCellTest, KillsACellThatBreaksTheProtocol) {
  start("printf 'garbage, garbage, garbage' >&3; exec sleep 100");
  runUntil([&] { return !died_.empty(); });
  EXPECT_NE(died_[0].find("broke the protocol: link: a frame of"), std::string::npos) << died_[0];
}

TEST_F(HostCellTest, RefusesACellOfAnotherBuild) {
  start(say(protocol::Hello{99, 1}) + "exec sleep 100");
  runUntil([&] { return !died_.empty(); });
  EXPECT_NE(died_[0].find("speaks version 99 of the protocol"), std::string::npos) << died_[0];
}

TEST_F(HostCellTest, DrainsUntilTheCellIsDoneOrTheDeadlinePasses) {
  start(kHello + kWaitForConfigure + configuredWith("") + waitFor(protocol::Drain{}) + say(protocol::Drained{}) +
        "exec sleep 100");
  runUntil([&] { return !configured_.empty(); });
  bool done = false;
  cell_->drain(5000, [&] { done = true; });
  runUntil([&] { return done; });
  EXPECT_TRUE(died_.empty());

  configured_.clear();
  start(kHello + kWaitForConfigure + configuredWith("") + "exec sleep 100");
  runUntil([&] { return !configured_.empty(); });
  done = false;
  cell_->drain(50, [&] { done = true; });
  runUntil([&] { return done; });
}

TEST_F(HostCellTest, SaysThatTheExecutableIsMissing) {
  HostCellOptions options;
  start("exit 0");
  auto process = CellProcess::start(
      context_, {.launch = {.arguments = {"/nowhere/node"}}},
      {[this](std::string_view line) { logged_ += line; }, [this](const std::string& how) { died_.push_back(how); }});
  ASSERT_TRUE(process);
  runUntil([&] { return std::ranges::find(died_, "exit status 127") != died_.end(); });
  EXPECT_NE(logged_.find("/nowhere/node"), std::string::npos);
}

}  // namespace
}  // namespace mayfly::supervisor
