// SPDX-License-Identifier: Apache-2.0
// The network for the cells, which cannot open sockets: whoever opened an "egress" pipe sends `fetch` messages and
// gets `response`s (docs/design/messages.md), as far as its access goes. Requests of one tenant share connections and
// TLS sessions, and those of two never do. Connections of raw bytes (connect()) are shared by nobody. Every decision is counted, and logged: denials always, the rest if wished.
//
// Lives on the thread of its io_context and must outlive its run.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "protocol/cell_messages.h"
#include "rpc/pipe.h"
#include "supervisor/curl_loop.h"
#include "supervisor/egress_exchange.h"
#include "supervisor/tls_client.h"

namespace mayfly::supervisor {

class EgressSession;

class Egress {
 public:
  using Report = std::function<void(protocol::LogLevel level, const std::string& worker, std::string text)>;
  struct Counts {
    uint64_t allowed = 0;
    uint64_t denied = 0;
  };

  Egress(boost::asio::io_context& context, EgressOptions options, Report report);
  ~Egress();

  // Serves the pipe until its peer closes it or breaks the protocol, which closes it with ErrorCode::corrupt.
  void serve(rpc::PipeEnd end, EgressAccess access);
  const Counts& counts() const { return counts_; }

 private:
  friend class EgressSession;
  // What the requests of one tenant share.
  struct Pool {
    explicit Pool(boost::asio::io_context& context) : loop(context), idle(context) {}
    CurlLoop loop;
    size_t sessions = 0;
    size_t sockets = 0;
    boost::asio::steady_timer idle;
  };

  // One connection more of raw bytes, for as long as the answer is kept. Fails with ErrorCode::limit.
  Result<std::shared_ptr<void>> countSocket(Pool& pool);
  Pool& enterPool(const std::string& tenant);
  void leavePool(const std::string& tenant);
  void dropIdlePool();
  const std::vector<egress::Address>& ownAddresses();

  boost::asio::io_context& context_;
  const EgressOptions options_;
  Report report_;
  Resolver resolver_;
  TlsClient::Trust trust_;
  size_t sockets_ = 0;
  Counts counts_;
  std::vector<egress::Address> ownAddresses_;
  std::chrono::steady_clock::time_point ownAddressesUntil_{};
  std::unordered_map<std::string, std::unique_ptr<Pool>> pools_;
  std::unordered_map<EgressSession*, std::unique_ptr<EgressSession>> sessions_;
};

}  // namespace mayfly::supervisor
