// SPDX-License-Identifier: Apache-2.0
// One question to a worker's control pipe (docs/design/messages.md, "The control pipe") and its whole answer.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "rpc/pipe.h"

namespace mayfly::supervisor {

class PipeReader;

class ControlRequest {
 public:
  using Done = std::function<void(Result<std::string> body)>;

  // Sends `METHOD http://control<path>` with a JSON body (empty: none). `done` is called once on the thread of
  // `context`, never from within here: with the body of a 200 answer, else with why there is none. Destroying the
  // request forgets it.
  ControlRequest(boost::asio::io_context& context, rpc::PipeEnd pipe, std::string_view method, std::string_view path,
                 std::string_view json, Done done);
  ~ControlRequest();
  ControlRequest(const ControlRequest&) = delete;

 private:
  void handle(rpc::Message message);
  void finish(Result<std::string> body);

  rpc::PipeEnd pipe_;
  std::shared_ptr<PipeReader> reader_;
  Done done_;
  uint32_t status_ = 0;
  uint32_t stream_ = 0;
  std::string body_;
};

}  // namespace mayfly::supervisor
