// SPDX-License-Identifier: Apache-2.0
// Pipes and links under many threads at once. What these tests assert is little; what they are for is to be run under
// ThreadSanitizer and AddressSanitizer (`make sanitize`).
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <deque>
#include <latch>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "rpc/link.h"
#include "rpc/pipe.h"

namespace mayfly::rpc {
namespace {

using namespace std::chrono_literals;

#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
constexpr uint32_t kSlower = 20;
#else
constexpr uint32_t kSlower = 1;
#endif

constexpr int kThreads = 8;

Message numbered(uint32_t id, size_t payload = 0) {
  Message message;
  message.type = MessageType::chunk;
  message.id = id;
  if (payload > 0) message.payload = Bytes::ofSize(payload);
  if (payload > 0) std::memset(message.payload.data(), static_cast<int>(id & 0xff), payload);
  return message;
}

// Checks the rules of a pipe as it receives: ascending numbers, one close, nothing after it.
class Checker final : public Receiver {
 public:
  void deliver(PipeId, Message message) override {
    std::lock_guard lock(mutex_);
    if (closed_ || message.id <= last_) ++faults_;
    last_ = message.id;
    count_.fetch_add(1, std::memory_order_release);
  }
  void closed(PipeId, Error) override {
    std::lock_guard lock(mutex_);
    if (closed_) ++faults_;
    closed_ = true;
    closedFlag_.store(true, std::memory_order_release);
  }
  uint32_t count() const { return count_.load(std::memory_order_acquire); }
  bool isClosed() const { return closedFlag_.load(std::memory_order_acquire); }
  int faults() {
    std::lock_guard lock(mutex_);
    return faults_;
  }

 private:
  std::mutex mutex_;
  uint32_t last_ = 0;
  bool closed_ = false;
  int faults_ = 0;
  std::atomic<uint32_t> count_ = 0;
  std::atomic<bool> closedFlag_ = false;
};

template <typename Run>
void onThreads(Run run) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(run, i);
  for (std::thread& thread : threads) thread.join();
}

template <typename Done>
bool soon(Done done) {
  for (int turn = 0; turn < 3000 && !done(); ++turn) std::this_thread::sleep_for(10ms);
  return done();
}

TEST(PipeStress, CarriesAMillionMessagesOfEightThreads) {
  constexpr uint32_t kEach = 1'000'000 / kThreads / kSlower;
  std::vector<std::pair<PipeEnd, PipeEnd>> pipes;
  std::vector<std::shared_ptr<Checker>> checkers;
  for (int i = 0; i < kThreads; ++i) pipes.push_back(makePipe());
  for (int i = 0; i < kThreads; ++i) checkers.push_back(std::make_shared<Checker>());
  onThreads([&](int i) {
    // Half of what thread i sends comes before its neighbour attaches to the other end.
    for (uint32_t n = 1; n <= kEach; ++n) {
      if (n == kEach / 2) {
        auto next = static_cast<size_t>((i + 1) % kThreads);
        pipes[next].second.attach(checkers[next], 1);
      }
      pipes[static_cast<size_t>(i)].first.send(numbered(n));
    }
  });
  for (auto& checker : checkers) {
    EXPECT_EQ(checker->count(), kEach);
    EXPECT_EQ(checker->faults(), 0);
  }
}

TEST(PipeStress, SurvivesPeersThatCloseAtAnyMoment) {
  for (uint32_t round = 0; round < 4000 / kSlower; ++round) {
    auto [near, far] = makePipe();
    auto nearChecker = std::make_shared<Checker>();
    auto farChecker = std::make_shared<Checker>();
    std::latch begin(2);
    auto play = [&begin](PipeEnd& end, std::shared_ptr<Checker> checker, uint32_t seed) {
      std::minstd_rand random(seed);
      uint32_t attachAt = 1 + random() % 20;
      uint32_t closeAt = 1 + random() % 40;
      begin.arrive_and_wait();
      for (uint32_t n = 1; n < 40; ++n) {
        if (n == attachAt) end.attach(checker, 1);
        if (n == closeAt) end.close({ErrorCode::unavailable, "enough"});
        end.send(numbered(n));
      }
    };
    std::thread other(play, std::ref(far), farChecker, round * 2 + 1);
    play(near, nearChecker, round * 2 + 2);
    other.join();
    ASSERT_EQ(nearChecker->faults() + farChecker->faults(), 0) << "round " << round;
  }
}

// Two links on a socket pair, each with a thread of its own, as a supervisor and a cell are.
class LinkStress : public testing::Test {
 protected:
  struct Peer {
    boost::asio::io_context context{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
    std::shared_ptr<Link> link;
    std::mutex mutex;
    std::deque<PipeEnd> opened;
    std::vector<std::shared_ptr<Checker>> checkers;
    std::atomic<bool> lost = false;
    std::thread thread;
  };

  void SetUp() override {
    int sockets[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
    start(supervisor_, sockets[0], LinkSide::supervisor);
    start(cell_, sockets[1], LinkSide::cell);
  }
  void TearDown() override {
    for (Peer* peer : {&supervisor_, &cell_}) {
      peer->link->close();
      peer->work.reset();
      peer->thread.join();
    }
  }
  void start(Peer& peer, int socket, LinkSide side) {
    Link::Handlers handlers;
    handlers.opened = [&peer](std::string_view what, PipeEnd end) {
      if (what == "drop") return;
      auto checker = std::make_shared<Checker>();
      end.attach(checker, 1);
      std::lock_guard lock(peer.mutex);
      peer.opened.push_back(std::move(end));
      peer.checkers.push_back(std::move(checker));
    };
    handlers.lost = [&peer](const Error&) { peer.lost = true; };
    peer.link = Link::create(peer.context, socket, side, std::move(handlers));
    peer.link->start();
    peer.thread = std::thread([&peer] { peer.context.run(); });
  }
  int faults(Peer& peer) {
    std::lock_guard lock(peer.mutex);
    int sum = 0;
    for (auto& checker : peer.checkers) sum += checker->faults();
    return sum;
  }
  template <typename Count>
  size_t count(Peer& peer, Count which) {
    std::lock_guard lock(peer.mutex);
    size_t sum = 0;
    for (auto& checker : peer.checkers) sum += static_cast<size_t>(which(*checker));
    return sum;
  }

  Peer supervisor_;
  Peer cell_;
};

TEST_F(LinkStress, CarriesWhatManyThreadsSendInOrder) {
  constexpr uint32_t kEach = 50'000 / kSlower;
  std::vector<PipeEnd> ends(kThreads);
  onThreads([&](int i) {
    PipeEnd& end = ends[static_cast<size_t>(i)];
    end = (i % 2 == 0 ? cell_ : supervisor_).link->open("echo");
    for (uint32_t n = 1; n <= kEach; ++n) end.send(numbered(n, n % 64 == 0 ? 20'000 : n % 100));
  });
  auto received = [](Checker& checker) { return checker.count(); };
  EXPECT_TRUE(soon([&] { return count(supervisor_, received) + count(cell_, received) == kThreads * kEach; }));
  EXPECT_EQ(faults(supervisor_) + faults(cell_), 0);
}

TEST_F(LinkStress, HoldsTenThousandPipesWhichCloseOnEitherSide) {
  constexpr uint32_t kPipes = 10'000 / kSlower / kThreads * kThreads;
  std::vector<PipeEnd> ends(kPipes);
  onThreads([&](int i) {
    std::minstd_rand random(static_cast<uint32_t>(i + 1));
    for (uint32_t n = static_cast<uint32_t>(i); n < kPipes; n += kThreads) {
      ends[n] = cell_.link->open(n % 10 == 0 ? "drop" : "keep");
      for (uint32_t id = 1; id < 4; ++id) ends[n].send(numbered(id));
    }
    // The far peer closes some of its ends meanwhile, and what is sent to them is dropped.
    for (uint32_t n = static_cast<uint32_t>(i); n < kPipes; n += kThreads) {
      if (random() % 4 == 0) {
        std::lock_guard lock(supervisor_.mutex);
        if (!supervisor_.opened.empty()) supervisor_.opened.pop_front();
      }
      ends[n].send(numbered(4));
      if (n % 2 == 0) ends[n].close({ErrorCode::unavailable, "enough"});
    }
  });
  ends.clear();
  // Every end that the far peer still holds is told.
  EXPECT_TRUE(soon([&] {
    std::lock_guard lock(supervisor_.mutex);
    return supervisor_.checkers.size() == kPipes - (kPipes + 9) / 10;
  }));
  {
    std::lock_guard lock(supervisor_.mutex);
    supervisor_.opened.clear();
  }
  EXPECT_EQ(faults(supervisor_), 0);
  auto last = cell_.link->open("keep");
  last.send(numbered(1));
  EXPECT_TRUE(soon([&] { return count(supervisor_, [](Checker& one) { return one.count() > 0; }) > 0; }));
  EXPECT_FALSE(cell_.lost || supervisor_.lost);
}

TEST_F(LinkStress, TellsAllPipesWhenItEndsWhileTheyAreInUse) {
  std::vector<PipeEnd> ends(kThreads);
  std::vector<std::shared_ptr<Checker>> checkers;
  for (PipeEnd& end : ends) {
    checkers.push_back(std::make_shared<Checker>());
    end = cell_.link->open("keep");
    end.attach(checkers.back(), 1);
  }
  std::atomic<bool> stop = false;
  std::thread closer([&] {
    std::this_thread::sleep_for(20ms);
    supervisor_.link->close();
    for (auto& checker : checkers) EXPECT_TRUE(soon([&] { return checker->isClosed(); }));
    stop = true;
  });
  onThreads([&](int i) {
    for (uint32_t n = 1; !stop; ++n) {
      ends[static_cast<size_t>(i)].send(numbered(n, 1000));
      if (n % 50 == 0) std::this_thread::sleep_for(1ms);
    }
  });
  closer.join();
  auto late = cell_.link->open("late");
  auto checker = std::make_shared<Checker>();
  late.attach(checker, 1);
  EXPECT_TRUE(soon([&] { return checker->isClosed(); }));
}

}  // namespace
}  // namespace mayfly::rpc
