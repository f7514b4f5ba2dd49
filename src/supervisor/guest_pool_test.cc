// SPDX-License-Identifier: Apache-2.0
// Processes here are shell scripts that say what a guest cell would say. Their descriptors: 3 is the link, 4 the host
// cell's, 5 the pulse.
#include "supervisor/guest_pool.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "supervisor/cell_script_test.h"

namespace mayfly::supervisor {
namespace {

using namespace std::chrono_literals;

const std::string kHello = say(protocol::Hello{});
const std::string kAnswer = "while head -c 1 <&5 >&5; do :; done\n";
constexpr uint32_t kCell = 7;

std::string logOf(std::string worker, std::string text) {
  return say(protocol::Log{protocol::LogKind::console, protocol::LogLevel::log, std::move(worker), 1, std::move(text)});
}

class GuestPoolTest : public testing::Test {
 protected:
  void start(const std::string& script, const std::string& tenant = "host\ntenant\na") {
    GuestPoolOptions options;
    options.launch.arguments = {"/bin/sh", "-c", script, "cell"};
    options.answerMs = answerMs_;
    GuestPool::Handlers handlers;
    handlers.log = [this](const protocol::Log& record, std::string_view of) {
      logs_.push_back(fmt::format("{} [{}]: {}", record.worker, of, record.text));
    };
    handlers.opened = [](std::string_view, rpc::PipeEnd) {};
    handlers.ready = [this](uint32_t, std::vector<int> sockets) { peers_ = std::move(sockets); };
    handlers.grown = [](uint32_t, uint64_t) {};
    handlers.ended = [this](uint32_t cell, const std::string& how) {
      EXPECT_EQ(cell, kCell);
      how_ = how;
    };
    pool_ = std::make_unique<GuestPool>(context_, options, std::move(handlers));
    pool_->want({kCell, tenant, "host\na"});
  }
  ~GuestPoolTest() override {
    for (int peer : peers_) ::close(peer);
  }
  template <typename Done>
  void runUntil(Done done) {
    for (int turn = 0; turn < 3'000 && !done(); ++turn) {
      context_.restart();
      context_.run_for(10ms);
    }
    ASSERT_TRUE(done());
  }
  void runToEnd() {
    runUntil([this] { return !how_.empty(); });
  }

  boost::asio::io_context context_{1};
  std::unique_ptr<GuestPool> pool_;
  std::vector<std::string> logs_;
  std::vector<int> peers_;
  std::string how_;
  uint32_t answerMs_ = 250;
};

TEST_F(GuestPoolTest, EndsACellThatDoesNotAnswer) {
  start(kHello + "exec sleep 100\n");
  runToEnd();
  EXPECT_EQ(how_, "it was killed because it did not answer for 250 ms");
}

TEST_F(GuestPoolTest, HasPatienceWithACellThatIsReadyToRun) {
  start(kHello + "while :; do :; done\n");
  runUntil([this] { return !peers_.empty(); });
  for (int turn = 0; turn < 100; ++turn) {
    context_.restart();
    context_.run_for(10ms);
  }
  EXPECT_EQ(how_, "") << "nobody can tell whether it had a processor";
  runToEnd();
  EXPECT_EQ(how_, "it was killed because it did not answer for 250 ms");
}

TEST_F(GuestPoolTest, KeepsACellThatAnswers) {
  start(kHello + kAnswer);
  runUntil([this] { return !peers_.empty(); });
  for (int turn = 0; turn < 100; ++turn) {
    context_.restart();
    context_.run_for(10ms);
  }
  EXPECT_EQ(how_, "");
}

TEST_F(GuestPoolTest, BlamesNoCellForATimeInWhichItWasHeldUpItself) {
  start(kHello + kAnswer);
  runUntil([this] { return !peers_.empty(); });
  ::usleep(1'000'000);
  for (int turn = 0; turn < 20; ++turn) {
    context_.restart();
    context_.run_for(10ms);
  }
  EXPECT_EQ(how_, "");
}

TEST_F(GuestPoolTest, TellsFromWhichTenantARecordIs) {
  start(kHello + "head -c 1 <&4 >/dev/null\n" + logOf("host:x", "text") + kAnswer);
  runUntil([this] { return !peers_.empty(); });
  ASSERT_EQ(::write(peers_[0], "x", 1), 1);
  runUntil([this] { return !logs_.empty(); });
  EXPECT_EQ(logs_[0], "host:x [a]: text");
}

TEST_F(GuestPoolTest, EndsACellThatLogsInAnothersName) {
  for (const char* name : {"host", "other:x", "hostile:x", "mayfly"}) {
    how_.clear();
    start(kHello + "head -c 1 <&4 >/dev/null\n" + logOf(name, "text") + kAnswer);
    runUntil([this] { return !peers_.empty(); });
    ASSERT_EQ(::write(peers_[0], "x", 1), 1);
    runToEnd();
    EXPECT_EQ(how_, "it was killed because it sent a log record in the name of a worker of others") << name;
    for (int peer : std::exchange(peers_, {})) ::close(peer);
  }
  start(kHello + "head -c 1 <&4 >/dev/null\n" + logOf("host:y", "text") + kAnswer, "host\nworker\nhost:x");
  how_.clear();
  runUntil([this] { return !peers_.empty(); });
  ASSERT_EQ(::write(peers_[0], "x", 1), 1);
  runToEnd();
}

TEST_F(GuestPoolTest, EndsACellThatLogsWithoutEnd) {
  answerMs_ = 60'000;
  std::string path = testing::TempDir() + fmt::format("mayfly-records-{}", ::getpid());
  std::ofstream file(path);
  for (int n = 0; n < 1'000; ++n) file << frameOf(protocol::Log{{}, {}, "", 0, std::string(30'000, 'x')});
  file.close();
  start(kHello + fmt::format("cat {0} {0} >&3; exec sleep 100\n", path));
  runToEnd();
  EXPECT_EQ(how_, "it was killed because it sent log records faster than a cell may");
  ::unlink(path.c_str());
}

}  // namespace
}  // namespace mayfly::supervisor
