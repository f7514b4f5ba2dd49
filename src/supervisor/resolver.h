// SPDX-License-Identifier: Apache-2.0
// Names to addresses, by the system's resolver, which blocks: each lookup has a thread of its own, of which there is a
// bounded number in all and per tenant, so that the slow name servers of one do not hold up the others. Answers are
// kept for a few seconds; what may be connected to is judged each time.
//
// Lives on the thread of its io_context, where answers arrive. Lookups that are under way when it is destroyed end by
// themselves, unheard.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "egress/address.h"

namespace mayfly::supervisor {

using Addresses = std::vector<egress::Address>;

// Blocks; called on any thread. Fails with ErrorCode::notFound.
using Lookup = std::function<Result<Addresses>(const std::string& name)>;
Result<Addresses> systemLookup(const std::string& name);

class Resolver {
 public:
  using Answer = std::function<void(Result<Addresses>)>;
  // Forgets the question when it is destroyed.
  using Question = std::shared_ptr<void>;

  Resolver(boost::asio::io_context& context, Lookup lookup, uint32_t keptMs);
  ~Resolver();
  Resolver(const Resolver&) = delete;

  // `answer` is called once, later, never from within.
  [[nodiscard]] Question ask(const std::string& tenant, const std::string& name, uint32_t deadlineMs, Answer answer);
  // The same with addresses that are known.
  [[nodiscard]] Question answer(Addresses addresses, Answer answer);

 private:
  using Clock = std::chrono::steady_clock;
  // Whoever answers first takes the answer away: the lookup or the deadline.
  struct Waiting {
    Waiting(boost::asio::io_context& context, Answer answer) : answer(std::move(answer)), deadline(context) {}
    Answer answer;
    boost::asio::steady_timer deadline;
  };
  struct Asked {
    std::string name;
    std::weak_ptr<Waiting> waiting;
  };
  struct Tenant {
    std::deque<Asked> waiting;
    size_t running = 0;
  };
  struct Kept {
    Addresses addresses;
    Clock::time_point until;
  };
  struct Mailbox;  // what threads hold of this

  static void give(const std::weak_ptr<Waiting>& waiting, Result<Addresses> addresses);
  void startWaiting();
  void start(const std::string& tenant, Asked asked);
  void found(const std::string& tenant, const Asked& asked, Result<Addresses> addresses);
  void keep(const std::string& name, const Addresses& addresses);

  boost::asio::io_context& context_;
  const Lookup lookup_;
  const std::chrono::milliseconds kept_;
  std::shared_ptr<Mailbox> mailbox_;
  std::map<std::string, Tenant> tenants_;
  std::string last_;  // the tenant that was served last
  size_t running_ = 0;
  std::map<std::string, Kept> answers_;
};

}  // namespace mayfly::supervisor
