// SPDX-License-Identifier: Apache-2.0
#include "supervisor/egress.h"

#include <fmt/format.h>
#include <ifaddrs.h>

#include <algorithm>
#include <boost/asio/post.hpp>

#include "rpc/error_record.h"
#include "supervisor/egress_connection.h"
#include "supervisor/egress_request.h"
#include "supervisor/pipe_reader.h"

namespace mayfly::supervisor {

using rpc::Message;
using rpc::MessageType;

namespace {
constexpr size_t kRequestsMax = 4096;     // open at once over one pipe
constexpr size_t kDenialsLoggedMax = 20;  // of one pipe, in each second
constexpr size_t kIdlePoolsMax = 64;      // of tenants who have no pipe open
constexpr std::chrono::seconds kOwnAddressesKept{10};
}  // namespace

// One pipe and its requests. What leaves a request may only be destroyed later, so requests that ended are let go by a
// posted task.
class EgressSession {
 public:
  EgressSession(Egress& egress, rpc::PipeEnd end, EgressAccess access)
      : egress_(egress), access_(std::move(access)), pool_(egress.enterPool(access_.tenant)), end_(std::move(end)) {
    PipeReader::Handlers handlers;
    handlers.message = [this](Message message) {
      if (auto handled = handle(std::move(message)); !handled) finish(handled.error());
    };
    handlers.closed = [this](Error reason) { finish(std::move(reason)); };
    reader_ = std::make_shared<PipeReader>(egress.context_, std::move(handlers));
    end_.attach(reader_, 0);
  }
  ~EgressSession() {
    reader_->stop();
    requests_.clear();
    egress_.leavePool(access_.tenant);
  }

 private:
  struct Open {
    std::unique_ptr<EgressExchange> exchange;
    uint32_t bodyStream;
  };

  Result<void> handle(Message message);
  Result<void> fetch(Message message);
  Result<std::unique_ptr<EgressExchange>> makeExchange(std::string_view head, EgressExchange::Peer peer);
  EgressExchange* find(const std::unordered_map<uint32_t, uint32_t>& streams, uint32_t stream);
  void letGo(uint32_t callId);
  void decided(const EgressDecision& decision);
  egress::Here here() const;
  // Ends this session: `this` is gone afterwards.
  void finish(Error reason) {
    end_.close(std::move(reason));
    egress_.sessions_.erase(this);
  }

  Egress& egress_;
  const EgressAccess access_;
  Egress::Pool& pool_;
  rpc::PipeEnd end_;
  std::shared_ptr<PipeReader> reader_;
  std::unordered_map<uint32_t, Open> requests_;             // by call
  std::unordered_map<uint32_t, uint32_t> bodyStreams_;      // the far peer's streams: their call
  std::unordered_map<uint32_t, uint32_t> responseStreams_;  // ours
  uint32_t lastStream_ = 0;
  std::chrono::steady_clock::time_point denialsSince_{};
  size_t denials_ = 0;  // since then
};

// A stream or call that is not known may have ended while the message was under way, so it is no fault.
Result<void> EgressSession::handle(Message message) {
  switch (message.type) {
    case MessageType::fetch: return fetch(std::move(message));
    case MessageType::chunk:
      if (EgressExchange* exchange = find(bodyStreams_, message.id))
        return exchange->bodyChunk(std::move(message.payload));
      return {};
    case MessageType::end:
      if (EgressExchange* exchange = find(bodyStreams_, message.id)) exchange->bodyEnd();
      bodyStreams_.erase(message.id);
      return {};
    case MessageType::abort:
      if (EgressExchange* exchange = find(bodyStreams_, message.id)) exchange->bodyAborted();
      bodyStreams_.erase(message.id);
      return {};
    case MessageType::credit:
      if (EgressExchange* exchange = find(responseStreams_, message.id)) exchange->addCredit(message.target);
      return {};
    case MessageType::cancel:
      if (EgressExchange* exchange = find(responseStreams_, message.id); exchange && exchange->responseCancelled()) {
        letGo(responseStreams_.at(message.id));
      }
      return {};
    case MessageType::finish:
      if (auto found = requests_.find(message.id); found != requests_.end() && !found->second.exchange->responded()) {
        letGo(message.id);
      }
      return {};
    case MessageType::release: return {};
    case MessageType::call: {
      Message failure;
      failure.type = MessageType::failure;
      failure.id = message.id;
      failure.payload = rpc::encodeErrorRecord("TypeError", "The network has no methods but fetch() and connect().");
      end_.send(std::move(failure));
      return {};
    }
    default: return fail(ErrorCode::corrupt, "egress: a message that does not belong here");
  }
}

Result<void> EgressSession::fetch(Message message) {
  uint32_t callId = message.id;
  if (requests_.contains(callId)) return fail(ErrorCode::corrupt, "egress: a call number is used twice");
  if (bodyStreams_.contains(message.stream)) return fail(ErrorCode::corrupt, "egress: a stream number is used twice");
  if (requests_.size() >= kRequestsMax) {
    end_.send(EgressExchange::errorResponse(
        callId, {ErrorCode::limit, fmt::format("more than {} requests are open", kRequestsMax)}));
    return {};
  }
  EgressExchange::Peer peer;
  peer.send = [this](Message answer) { end_.send(std::move(answer)); };
  peer.newStream = [this, callId] {
    responseStreams_.emplace(++lastStream_, callId);
    return lastStream_;
  };
  peer.ended = [this, callId, alive = std::weak_ptr(reader_)] {
    boost::asio::post(egress_.context_, [this, callId, alive] {
      if (!alive.expired()) letGo(callId);
    });
  };
  peer.decided = [this](const EgressDecision& decision) { decided(decision); };
  peer.here = [this] { return here(); };
  uint32_t bodyStream = message.stream;
  auto exchange = makeExchange(message.head, std::move(peer));
  auto started = exchange ? (*exchange)->start(std::move(message)) : std::unexpected(exchange.error());
  if (!started) {
    end_.send(EgressExchange::errorResponse(callId, started.error()));
    if (exchange) (*exchange)->dropBody();
    return {};
  }
  if (bodyStream != 0) bodyStreams_.emplace(bodyStream, callId);
  requests_.emplace(callId, Open{std::move(*exchange), bodyStream});
  return {};
}

Result<std::unique_ptr<EgressExchange>> EgressSession::makeExchange(std::string_view head, EgressExchange::Peer peer) {
  EgressExchange::Means means{egress_.resolver_, egress_.options_, access_};
  bool isWebSocket = isWebSocketHead(head);
  if (!isConnectHead(head) && !isWebSocket) return std::make_unique<EgressRequest>(pool_.loop, means, std::move(peer));
  auto parsed = isWebSocket ? ConnectHead{} : parseConnectHead(head);
  if (!parsed) return std::unexpected(parsed.error());
  std::optional<EgressConnection::Plain> plain;
  if (parsed->isUpgrade) {
    auto found = requests_.find(parsed->connection);
    auto* connection =
        found == requests_.end() ? nullptr : dynamic_cast<EgressConnection*>(found->second.exchange.get());
    if (connection == nullptr) return fail(ErrorCode::invalid, "the connection was closed before TLS could be started");
    auto released = connection->release();
    if (!released) return std::unexpected(released.error());
    plain = std::move(*released);
  }
  auto counted = egress_.countSocket(pool_);
  if (!counted) return std::unexpected(counted.error());
  return std::make_unique<EgressConnection>(egress_.context_, egress_.trust_, means, std::move(peer),
                                            std::move(*counted), std::move(plain));
}

EgressExchange* EgressSession::find(const std::unordered_map<uint32_t, uint32_t>& streams, uint32_t stream) {
  auto call = streams.find(stream);
  if (call == streams.end()) return nullptr;
  auto request = requests_.find(call->second);
  return request == requests_.end() ? nullptr : request->second.exchange.get();
}

void EgressSession::letGo(uint32_t callId) {
  auto found = requests_.extract(callId);
  if (!found) return;
  Open& open = found.mapped();
  open.exchange->dropBody();
  bodyStreams_.erase(open.bodyStream);
  responseStreams_.erase(open.exchange->responseStream());
}

egress::Here EgressSession::here() const {
  egress::Here here{egress_.ownAddresses(), {}};
  if (access_.dynamic) here.closedPorts = egress_.options_.listenPorts;
  return here;
}

void EgressSession::decided(const EgressDecision& decision) {
  const auto& [verdict, method, destination] = decision;
  if (verdict.allowed) {
    ++egress_.counts_.allowed;
    if (egress_.options_.logAllowed) {
      egress_.report_(protocol::LogLevel::debug, access_.worker,
                      fmt::format("egress allowed: {} {} (rule: {})", method, destination, verdict.rule));
    }
    return;
  }
  ++egress_.counts_.denied;
  auto now = std::chrono::steady_clock::now();
  if (now - denialsSince_ > std::chrono::seconds(1)) {
    if (denials_ > kDenialsLoggedMax) {
      egress_.report_(protocol::LogLevel::warn, access_.worker,
                      fmt::format("egress denied: {} more within a second", denials_ - kDenialsLoggedMax));
    }
    denialsSince_ = now;
    denials_ = 0;
  }
  if (++denials_ > kDenialsLoggedMax) return;
  egress_.report_(
      protocol::LogLevel::warn, access_.worker,
      fmt::format("egress denied: {} {}: {} (rule: {})", method, destination, verdict.reason, verdict.rule));
}

Egress::Egress(boost::asio::io_context& context, EgressOptions options, Report report)
    : context_(context),
      options_(std::move(options)),
      report_(std::move(report)),
      resolver_(context, options_.lookup, options_.namesKeptMs),
      trust_(options_.caFile) {}

Egress::~Egress() { sessions_.clear(); }

void Egress::serve(rpc::PipeEnd end, EgressAccess access) {
  auto session = std::make_unique<EgressSession>(*this, std::move(end), std::move(access));
  EgressSession* key = session.get();
  sessions_.emplace(key, std::move(session));
}

Result<std::shared_ptr<void>> Egress::countSocket(Pool& pool) {
  auto limit = [](size_t most, std::string_view whose) {
    return std::unexpected(Error{ErrorCode::limit,
                                 fmt::format("{} has {} connections open, the most that are possible", whose, most),
                                 "SocketLimitExceeded"});
  };
  if (sockets_ >= options_.socketsMax) return limit(options_.socketsMax, "this server");
  if (pool.sockets >= options_.socketsPerTenantMax) return limit(options_.socketsPerTenantMax, "the tenant");
  ++sockets_;
  ++pool.sockets;
  return std::shared_ptr<void>(&pool, [this, &pool](void*) {
    --sockets_;
    --pool.sockets;
  });
}

Egress::Pool& Egress::enterPool(const std::string& tenant) {
  auto& pool = pools_[tenant];
  if (!pool) pool = std::make_unique<Pool>(context_);
  ++pool->sessions;
  pool->idle.cancel();
  return *pool;
}

// Kept for a while: the next worker of the same tenant finds its connections.
void Egress::leavePool(const std::string& tenant) {
  Pool& pool = *pools_.at(tenant);
  if (--pool.sessions > 0) return;
  pool.idle.expires_after(std::chrono::milliseconds(options_.idleTimeoutMs));
  pool.idle.async_wait([this, tenant](boost::system::error_code error) {
    if (error) return;
    auto found = pools_.find(tenant);
    if (found != pools_.end() && found->second->sessions == 0) pools_.erase(found);
  });
  dropIdlePool();
}

void Egress::dropIdlePool() {
  auto oldest = pools_.end();
  size_t idle = 0;
  for (auto each = pools_.begin(); each != pools_.end(); ++each) {
    if (each->second->sessions > 0) continue;
    ++idle;
    if (oldest == pools_.end() || each->second->idle.expiry() < oldest->second->idle.expiry()) oldest = each;
  }
  if (idle > kIdlePoolsMax) pools_.erase(oldest);
}

const std::vector<egress::Address>& Egress::ownAddresses() {
  auto now = std::chrono::steady_clock::now();
  if (now < ownAddressesUntil_) return ownAddresses_;
  ownAddressesUntil_ = now + kOwnAddressesKept;
  ownAddresses_.clear();
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return ownAddresses_;
  for (ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr) continue;
    if (auto address = egress::addressOf(each->ifa_addr)) ownAddresses_.push_back(*address);
  }
  freeifaddrs(list);
  return ownAddresses_;
}

}  // namespace mayfly::supervisor
