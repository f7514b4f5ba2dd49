// SPDX-License-Identifier: Apache-2.0
#include "supervisor/resolver.h"

#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <mutex>
#include <thread>

namespace mayfly::supervisor {
namespace {

constexpr size_t kThreadsMax = 32;
constexpr size_t kThreadsPerTenantMax = 8;
constexpr size_t kWaitingPerTenantMax = 4096;
constexpr size_t kKeptMax = 4096;

}  // namespace

struct Resolver::Mailbox {
  std::mutex mutex;
  Resolver* resolver;  // null when it is gone
};

Result<Addresses> systemLookup(const std::string& name) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  int error = getaddrinfo(name.c_str(), nullptr, &hints, &list);
  if (error != 0) return fail(ErrorCode::notFound, gai_strerror(error));
  Addresses addresses;
  for (addrinfo* each = list; each != nullptr; each = each->ai_next) {
    auto address = egress::addressOf(each->ai_addr);
    if (address && std::ranges::find(addresses, *address) == addresses.end()) addresses.push_back(*address);
  }
  freeaddrinfo(list);
  if (addresses.empty()) return fail(ErrorCode::notFound, "it has no address");
  return addresses;
}

Resolver::Resolver(boost::asio::io_context& context, Lookup lookup, uint32_t keptMs)
    : context_(context), lookup_(std::move(lookup)), kept_(keptMs), mailbox_(std::make_shared<Mailbox>()) {
  mailbox_->resolver = this;
}

Resolver::~Resolver() {
  std::lock_guard lock(mailbox_->mutex);
  mailbox_->resolver = nullptr;
}

void Resolver::give(const std::weak_ptr<Waiting>& waiting, Result<Addresses> addresses) {
  auto still = waiting.lock();
  if (!still || !still->answer) return;
  still->deadline.cancel();
  std::exchange(still->answer, nullptr)(std::move(addresses));
}

Resolver::Question Resolver::answer(Addresses addresses, Answer answer) {
  auto waiting = std::make_shared<Waiting>(context_, std::move(answer));
  boost::asio::post(context_, [weak = std::weak_ptr(waiting), addresses = std::move(addresses)]() mutable {
    give(weak, std::move(addresses));
  });
  return waiting;
}

Resolver::Question Resolver::ask(const std::string& tenant, const std::string& name, uint32_t deadlineMs,
                                 Answer answer) {
  if (auto kept = answers_.find(name); kept != answers_.end() && Clock::now() < kept->second.until) {
    return this->answer(kept->second.addresses, std::move(answer));
  }
  auto waiting = std::make_shared<Waiting>(context_, std::move(answer));
  auto& queue = tenants_[tenant].waiting;
  bool full = queue.size() >= kWaitingPerTenantMax;
  if (!full) queue.push_back({name, waiting});
  waiting->deadline.expires_after(std::chrono::milliseconds(full ? 0 : deadlineMs));
  waiting->deadline.async_wait([weak = std::weak_ptr(waiting), full, deadlineMs](boost::system::error_code error) {
    if (error) return;
    give(weak, fail(ErrorCode::timeout, full ? "too many names wait to be looked up"
                                             : fmt::format("there was no answer within {} ms", deadlineMs)));
  });
  startWaiting();
  return waiting;
}

// One of each tenant in turn.
void Resolver::startWaiting() {
  while (running_ < kThreadsMax && !tenants_.empty()) {
    auto next = tenants_.upper_bound(last_);
    size_t tried = 0;
    for (; tried < tenants_.size(); ++tried, ++next) {
      if (next == tenants_.end()) next = tenants_.begin();
      Tenant& tenant = next->second;
      while (!tenant.waiting.empty() && tenant.waiting.front().waiting.expired()) tenant.waiting.pop_front();
      if (!tenant.waiting.empty() && tenant.running < kThreadsPerTenantMax) break;
    }
    if (tried == tenants_.size()) return;
    last_ = next->first;
    Asked asked = std::move(next->second.waiting.front());
    next->second.waiting.pop_front();
    start(next->first, std::move(asked));
  }
}

void Resolver::start(const std::string& tenant, Asked asked) {
  ++running_;
  ++tenants_[tenant].running;
  std::thread([mailbox = mailbox_, lookup = lookup_, tenant, asked = std::move(asked)] {
    auto addresses = lookup(asked.name);
    std::lock_guard lock(mailbox->mutex);
    if (mailbox->resolver == nullptr) return;
    boost::asio::post(mailbox->resolver->context_,
                      [mailbox, tenant, asked, addresses = std::move(addresses)]() mutable {
                        // On the thread that alone destroys the resolver.
                        if (mailbox->resolver != nullptr) mailbox->resolver->found(tenant, asked, std::move(addresses));
                      });
  }).detach();
}

void Resolver::found(const std::string& tenant, const Asked& asked, Result<Addresses> addresses) {
  --running_;
  auto its = tenants_.find(tenant);
  --its->second.running;
  if (addresses) keep(asked.name, *addresses);
  startWaiting();
  if (its->second.running == 0 && its->second.waiting.empty()) tenants_.erase(its);
  give(asked.waiting, std::move(addresses));
}

void Resolver::keep(const std::string& name, const Addresses& addresses) {
  if (kept_.count() == 0) return;
  auto now = Clock::now();
  if (answers_.size() >= kKeptMax) std::erase_if(answers_, [&](const auto& kept) { return kept.second.until <= now; });
  if (answers_.size() >= kKeptMax) answers_.clear();
  answers_[name] = {addresses, now + kept_};
}

}  // namespace mayfly::supervisor
