// SPDX-License-Identifier: Apache-2.0
// The supervisor's egress, and a cell that sends any messages to it. Nothing is allowed that has an address, so nothing
// leaves the process. Also the heads on their own, a request's and a response's.
#include <boost/asio/io_context.hpp>

#include "fuzz/target.h"
#include "protocol/codec.h"
#include "rpc/message_codec.h"
#include "supervisor/egress.h"
#include "supervisor/fetch_head.h"

namespace {

using namespace mayfly;
using fuzz::require;

class Peer : public rpc::Receiver {
 public:
  void deliver(rpc::PipeId, rpc::Message message) override {
    require(rpc::checkSize(message).has_value(), "an answer may be sent");
    protocol::Writer out;
    rpc::encodeHead(message, out);
    out.raw(message.payload.data(), message.payload.size());
    require(rpc::decodeMessage(out.span()).has_value(), "an answer keeps to the rules");
  }
  void closed(rpc::PipeId, Error) override {}
};

void runHeads(std::string_view text) {
  if (auto head = supervisor::parseFetchHead(text)) {
    for (const auto& [name, value] : head->headers) {
      require(name.find_first_of("\r\n:") == name.npos && value.find_first_of("\r\n") == value.npos,
              "a header is one line");
    }
  }
  supervisor::ResponseHead response;
  while (!text.empty()) {
    size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    if (!response.addLine(text.substr(0, end))) return;
    text.remove_prefix(end);
  }
  rpc::Message message;
  message.type = rpc::MessageType::response;
  message.head = response.text();
  protocol::Writer out;
  rpc::encodeHead(message, out);
  require(rpc::decodeMessage(out.span()).has_value(), "a response's head keeps to the rules");
}

}  // namespace

MAYFLY_FUZZ_TARGET(egress_pipe) {
  if (!input.empty() && input.front() == 0) {
    return runHeads({reinterpret_cast<const char*>(input.data()) + 1, input.size() - 1});
  }
  boost::asio::io_context context;
  supervisor::EgressOptions options;
  options.lookup = [](const std::string&) -> Result<supervisor::Addresses> {
    return mayfly::fail(ErrorCode::notFound, "there are no names");
  };
  supervisor::EgressAccess access;
  access.worker = access.tenant = "fuzz";
  access.dynamic = true;
  auto policy = egress::parsePolicy({.allowByDefault = false, .allow = {}, .deny = {}}, "fuzz");
  access.layers.push_back(std::make_shared<const egress::Policy>(std::move(*policy)));
  supervisor::Egress egress(context, std::move(options), [](protocol::LogLevel, const std::string&, std::string) {});
  auto [cell, supervisor] = rpc::makePipe();
  egress.serve(std::move(supervisor), std::move(access));
  cell.attach(std::make_shared<Peer>(), 0);

  protocol::Reader in(input.empty() ? input : input.subspan(1));
  while (in.left() > 0 && in.ok()) {
    // `u8 low, u8 high` of the length, so that inputs stay small.
    size_t size = in.u8();
    size |= size_t{in.u8()} << 8;
    auto bytes = protocol::Reader(in.rest());
    auto rest = bytes.rest();
    auto body = rest.subspan(0, std::min(size, rest.size()));
    in = protocol::Reader(rest.subspan(body.size()));
    if (auto message = rpc::decodeMessage(body)) cell.send(std::move(*message));
    context.restart();
    context.poll();
  }
  cell.close({ErrorCode::unavailable, "the end"});
  context.restart();
  context.poll();
  require(egress.counts().allowed == 0, "nothing is allowed");
}
