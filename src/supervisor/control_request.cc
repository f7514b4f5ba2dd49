// SPDX-License-Identifier: Apache-2.0
#include "supervisor/control_request.h"

#include <fmt/format.h>

#include "supervisor/pipe_reader.h"

namespace mayfly::supervisor {
namespace {

using rpc::Message;
using rpc::MessageType;

constexpr size_t kBodyBytesMax = 64 * 1024 * 1024;

}  // namespace

ControlRequest::ControlRequest(boost::asio::io_context& context, rpc::PipeEnd pipe, std::string_view method,
                               std::string_view path, std::string_view json, Done done)
    : pipe_(std::move(pipe)), done_(std::move(done)) {
  PipeReader::Handlers handlers;
  handlers.message = [this](Message message) { handle(std::move(message)); };
  handlers.closed = [this](Error reason) { finish(std::unexpected(std::move(reason))); };
  reader_ = std::make_shared<PipeReader>(context, std::move(handlers));
  pipe_.attach(reader_, 0);
  Message fetch;
  fetch.type = MessageType::fetch;
  fetch.id = 1;
  fetch.head = fmt::format("{}\nhttp://control{}", method, path);
  if (!json.empty()) {
    fetch.head += "\ncontent-type\napplication/json";
    fetch.flags = rpc::kBodyInline;
    fetch.payload = Bytes::copyOf(json);
  }
  pipe_.send(std::move(fetch));
}

ControlRequest::~ControlRequest() { reader_->stop(); }

void ControlRequest::handle(Message message) {
  switch (message.type) {
    case MessageType::response:
      status_ = message.target;
      if (message.flags & rpc::kBodyStream) {
        stream_ = message.stream;
        return;
      }
      return finish(std::string(message.payload.view()));
    case MessageType::chunk: {
      if (message.id != stream_) return;
      body_.append(message.payload.view());
      if (body_.size() > kBodyBytesMax) {
        return finish(fail(ErrorCode::limit, fmt::format("the answer exceeds {} bytes", kBodyBytesMax)));
      }
      Message credit;
      credit.type = MessageType::credit;
      credit.id = stream_;
      credit.target = static_cast<uint32_t>(message.payload.size());
      return pipe_.send(std::move(credit));
    }
    case MessageType::end:
      if (message.id == stream_) finish(std::move(body_));
      return;
    case MessageType::abort:
      if (message.id == stream_) finish(fail(ErrorCode::unavailable, "the answer broke off"));
      return;
    case MessageType::failure: return finish(fail(ErrorCode::internal, "the worker could not answer"));
    default: return;
  }
}

void ControlRequest::finish(Result<std::string> body) {
  reader_->stop();
  if (body && status_ != 200) {
    body = fail(ErrorCode::internal, fmt::format("the worker answered with status {}: {}", status_, *body));
  }
  if (Done done = std::exchange(done_, nullptr)) done(std::move(body));
}

}  // namespace mayfly::supervisor
