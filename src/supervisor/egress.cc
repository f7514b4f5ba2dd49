// SPDX-License-Identifier: Apache-2.0
#include "supervisor/egress.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>

#include "rpc/error_record.h"
#include "supervisor/pipe_reader.h"

namespace mayfly::supervisor {

using rpc::Message;
using rpc::MessageType;

namespace {
constexpr size_t kRequestsMax = 4096;  // open at once over one pipe
}

// One pipe and its requests. What leaves a request may only be destroyed later, so requests that ended are let go by a
// posted task.
class EgressSession {
 public:
  EgressSession(Egress& egress, rpc::PipeEnd end) : egress_(egress), end_(std::move(end)) {
    PipeReader::Handlers handlers;
    handlers.message = [this](Message message) {
      if (auto handled = handle(std::move(message)); !handled) finish(handled.error());
    };
    handlers.closed = [this](Error reason) { finish(std::move(reason)); };
    reader_ = std::make_shared<PipeReader>(egress.context_, std::move(handlers));
    end_.attach(reader_, 0);
  }
  ~EgressSession() { reader_->stop(); }

 private:
  struct Open {
    std::unique_ptr<EgressRequest> request;
    uint32_t bodyStream;
  };

  Result<void> handle(Message message);
  Result<void> fetch(Message message);
  EgressRequest* find(const std::unordered_map<uint32_t, uint32_t>& streams, uint32_t stream);
  void letGo(uint32_t callId);
  // Ends this session: `this` is gone afterwards.
  void finish(Error reason) {
    end_.close(std::move(reason));
    egress_.sessions_.erase(this);
  }

  Egress& egress_;
  rpc::PipeEnd end_;
  std::shared_ptr<PipeReader> reader_;
  std::unordered_map<uint32_t, Open> requests_;             // by call
  std::unordered_map<uint32_t, uint32_t> bodyStreams_;      // the far peer's streams: their call
  std::unordered_map<uint32_t, uint32_t> responseStreams_;  // ours
  uint32_t lastStream_ = 0;
};

// A stream or call that is not known may have ended while the message was under way, so it is no fault.
Result<void> EgressSession::handle(Message message) {
  switch (message.type) {
    case MessageType::fetch: return fetch(std::move(message));
    case MessageType::chunk:
      if (EgressRequest* request = find(bodyStreams_, message.id))
        return request->bodyChunk(std::move(message.payload));
      return {};
    case MessageType::end:
      if (EgressRequest* request = find(bodyStreams_, message.id)) request->bodyEnd();
      bodyStreams_.erase(message.id);
      return {};
    case MessageType::abort:
      if (EgressRequest* request = find(bodyStreams_, message.id)) request->bodyAborted();
      bodyStreams_.erase(message.id);
      return {};
    case MessageType::credit:
      if (EgressRequest* request = find(responseStreams_, message.id)) request->addCredit(message.target);
      return {};
    case MessageType::cancel:
      if (auto found = responseStreams_.find(message.id); found != responseStreams_.end()) letGo(found->second);
      return {};
    case MessageType::finish:
      if (auto found = requests_.find(message.id); found != requests_.end() && !found->second.request->responded()) {
        letGo(message.id);
      }
      return {};
    case MessageType::release: return {};
    case MessageType::call: {
      Message failure;
      failure.type = MessageType::failure;
      failure.id = message.id;
      failure.payload = rpc::encodeErrorRecord("TypeError", "The network has no methods but fetch().");
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
    end_.send(EgressRequest::errorResponse(callId, fmt::format("more than {} requests are open", kRequestsMax)));
    return {};
  }
  EgressRequest::Peer peer;
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
  auto request = std::make_unique<EgressRequest>(egress_.loop_, egress_.options_, std::move(peer));
  uint32_t bodyStream = message.stream;
  if (auto started = request->start(std::move(message)); !started) {
    end_.send(EgressRequest::errorResponse(callId, started.error().message));
    request->dropBody();
    return {};
  }
  if (bodyStream != 0) bodyStreams_.emplace(bodyStream, callId);
  requests_.emplace(callId, Open{std::move(request), bodyStream});
  return {};
}

EgressRequest* EgressSession::find(const std::unordered_map<uint32_t, uint32_t>& streams, uint32_t stream) {
  auto call = streams.find(stream);
  if (call == streams.end()) return nullptr;
  auto request = requests_.find(call->second);
  return request == requests_.end() ? nullptr : request->second.request.get();
}

void EgressSession::letGo(uint32_t callId) {
  auto found = requests_.extract(callId);
  if (!found) return;
  Open& open = found.mapped();
  open.request->dropBody();
  bodyStreams_.erase(open.bodyStream);
  responseStreams_.erase(open.request->responseStream());
}

Egress::Egress(boost::asio::io_context& context, EgressOptions options)
    : context_(context), options_(std::move(options)), loop_(context) {}

Egress::~Egress() = default;

void Egress::serve(rpc::PipeEnd end) {
  auto session = std::make_unique<EgressSession>(*this, std::move(end));
  EgressSession* key = session.get();
  sessions_.emplace(key, std::move(session));
}

}  // namespace mayfly::supervisor
