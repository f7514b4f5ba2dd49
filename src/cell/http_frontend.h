// SPDX-License-Identifier: Apache-2.0
// Brings HTTP requests to the host worker of a shard: each becomes a `fetch` message on the pipe to it, and the
// `response`, with the chunks of its body, goes back to the client (docs/design/messages.md). A native peer of the
// session that the worker keeps on the other end.
//
// When the worker is replaced, requests in flight end on the old pipe, which is dropped after the last of them.
//
// Lives on one io_context, used from the thread that runs it at the time; owned by the shard.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "http/server.h"
#include "rpc/pipe.h"

namespace mayfly::cell {

// Another pipe to the same worker, for when the numbers of calls on the first come to an end.
struct PipeRenewal {
  std::function<rpc::PipeEnd()> open = {};
  uint32_t callsMax = 1u << 31;  // on one pipe
};

class HttpFrontend final : private http::Handler {
 public:
  // `listenSockets` stay the caller's; several front ends may accept on the same.
  HttpFrontend(boost::asio::io_context& context, std::vector<int> listenSockets, const http::Limits& limits);
  ~HttpFrontend() override;
  HttpFrontend(const HttpFrontend&) = delete;

  // Begins to accept.
  Result<void> start();
  // New requests go to `worker`, the end of a pipe whose export 0 is the worker. Until the first call, and after a
  // worker was lost, requests are answered with 503.
  void setTarget(rpc::PipeEnd worker, PipeRenewal renewal = {});
  void setLimits(const http::Limits& limits);
  // Stops accepting, ends requests in flight with `Connection: close`; `idle` is called once when all are done.
  void drain(std::function<void()> idle);
  size_t inFlight() const;

 private:
  class Target;
  class Inbox;
  struct Call;

  http::ExchangeEvents* request(const std::shared_ptr<http::Exchange>& exchange, const http::Request& request) override;
  // The target has no more requests and gets none, or its pipe is closed.
  void drop(Target& target);

  boost::asio::io_context& context_;
  const std::vector<int> listenSockets_;
  std::shared_ptr<Target> current_;
  PipeRenewal renewal_;
  std::vector<std::shared_ptr<Target>> retired_;  // still have requests in flight
  Error lost_;                                    // why there is no current target
  http::Server server_;
};

}  // namespace mayfly::cell
