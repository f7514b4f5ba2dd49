// SPDX-License-Identifier: Apache-2.0
// Outbound HTTP for the cells, which cannot open sockets: whoever opened an "egress" pipe sends `fetch` messages and
// gets `response`s (docs/design/messages.md). One Egress serves all pipes, so that they share connections, TLS sessions
// and resolved names.
//
// Lives on the thread of its io_context and must outlive its run.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <unordered_map>

#include "rpc/pipe.h"
#include "supervisor/egress_request.h"

namespace mayfly::supervisor {

class EgressSession;

class Egress {
 public:
  Egress(boost::asio::io_context& context, EgressOptions options);
  ~Egress();

  // Serves the pipe until its peer closes it or breaks the protocol, which closes it with ErrorCode::corrupt.
  void serve(rpc::PipeEnd end);

 private:
  friend class EgressSession;

  boost::asio::io_context& context_;
  const EgressOptions options_;
  CurlLoop loop_;
  std::unordered_map<EgressSession*, std::unique_ptr<EgressSession>> sessions_;
};

}  // namespace mayfly::supervisor
