// SPDX-License-Identifier: Apache-2.0
#include "cell/http_frontend.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "rpc/error_record.h"

namespace mayfly::cell {
namespace {

using rpc::Message;
using rpc::MessageType;

// Of the connection, or set here.
bool isWithheld(std::string_view name) {
  switch (name.size()) {
    case 2: return name == "te";
    case 6: return name == "expect";
    case 7: return name == "trailer";
    case 10: return name == "connection" || name == "keep-alive";
    case 16: return name == "proxy-connection" || name == "cf-connecting-ip";
    case 17: return name == "transfer-encoding";
    default: return false;
  }
}

void appendUrl(std::string& out, const http::Request& request) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  out.append("http://").append(request.authority);
  std::string_view path = request.head.path;
  if (path == "*") out.push_back('/');
  for (char c : path) {
    if (uint8_t(c) < 0x80) {
      out.push_back(c);
    } else {
      out.append({'%', kHex[uint8_t(c) >> 4], kHex[uint8_t(c) & 15]});
    }
  }
}

std::string fetchHead(const http::Request& request) {
  std::string head;
  size_t size = 64 + request.head.path.size() + request.authority.size() + request.peerAddress.size();
  for (const http::Field& field : request.head.fields) size += field.name.size() + field.value.size() + 2;
  head.reserve(size);
  head.append(request.head.method).push_back('\n');
  appendUrl(head, request);
  for (const http::Field& field : request.head.fields) {
    if (isWithheld(field.name)) continue;
    head.append("\n").append(field.name).append("\n").append(field.value);
  }
  head.append("\ncf-connecting-ip\n").append(request.peerAddress);
  return head;
}

Message makeMessage(MessageType type, uint32_t id, uint32_t target = 0) {
  Message message;
  message.type = type;
  message.id = id;
  message.target = target;
  return message;
}

Message makeError(MessageType type, uint32_t id, std::string_view text) {
  Message message = makeMessage(type, id);
  message.payload = rpc::encodeErrorRecord("Error", text);
  return message;
}

}  // namespace

// What arrives on the pipe, on any thread, waits here for the thread of the io_context: one wake-up per batch.
class HttpFrontend::Inbox final : public rpc::Receiver, public std::enable_shared_from_this<Inbox> {
 public:
  Inbox(boost::asio::io_context& context, Target& target) : context_(context), target_(&target) {}

  void deliver(rpc::PipeId, Message message) override {
    std::lock_guard lock(mutex_);
    messages_.push_back(std::move(message));
    wake();
  }
  void closed(rpc::PipeId, Error reason) override {
    std::lock_guard lock(mutex_);
    closed_ = std::move(reason);
    wake();
  }
  // The target is gone. On the thread of the io_context, like what follows.
  void detach() { target_ = nullptr; }

 private:
  void wake() {
    if (std::exchange(awake_, true)) return;
    boost::asio::post(context_, [self = shared_from_this()] { self->drain(); });
  }
  void drain();

  boost::asio::io_context& context_;
  Target* target_;
  std::vector<Message> batch_;

  std::mutex mutex_;  // of the rest
  std::vector<Message> messages_;
  std::optional<Error> closed_;
  bool awake_ = false;
};

// A request in flight.
struct HttpFrontend::Call final : http::ExchangeEvents {
  Call(Target& target, uint32_t id, std::shared_ptr<http::Exchange> exchange)
      : target(target), id(id), exchange(std::move(exchange)) {}

  void bodyArrived(Bytes bytes) override;
  void bodyEnded() override;
  void written(size_t bytes) override;
  void gone() override;

  Target& target;
  const uint32_t id;
  const std::shared_ptr<http::Exchange> exchange;
  bool asksForWebSocket = false;
  uint32_t requestStream = 0;                   // ours; 0: none, or ended
  uint32_t responseStream = 0;                  // the worker's; 0: none yet
  uint64_t window = rpc::kInitialStreamCredit;  // what the worker may send of its stream
  size_t owed = 0;                              // what the client took and the worker was not told
};

// The worker of one generation, and the requests that it is answering.
class HttpFrontend::Target final : public std::enable_shared_from_this<Target> {
 public:
  Target(HttpFrontend& owner, rpc::PipeEnd end)
      : owner_(owner), inbox_(std::make_shared<Inbox>(owner.context_, *this)), end_(std::move(end)) {}
  ~Target() { inbox_->detach(); }

  void attach() { end_.attach(inbox_, 0); }
  void retire() {
    retired_ = true;
    dropIfIdle();
  }
  size_t inFlight() const { return calls_.size(); }
  uint32_t callsMade() const { return nextCall_ - 1; }

  http::ExchangeEvents* fetch(const std::shared_ptr<http::Exchange>& exchange, const http::Request& request);
  void receive(std::vector<Message>& messages);
  void closed(const Error& reason);

  void send(Message message) { end_.send(std::move(message)); }
  // Forgets a call whose exchange has ended.
  void ended(Call& call);
  // The client is gone before the end.
  void abandoned(Call& call);
  // Nothing more is sent of the request's body.
  void bodyEnded(Call& call);
  void flush();

 private:
  void receive(Message& message);
  void response(Message& message);
  void chunk(Message& message);
  void forget(Call& call);
  void dropIfIdle() {
    if (retired_ && calls_.empty()) owner_.drop(*this);
  }
  static Call* find(const std::unordered_map<uint32_t, Call*>& streams, uint32_t id) {
    auto found = streams.find(id);
    return found == streams.end() ? nullptr : found->second;
  }

  HttpFrontend& owner_;
  std::shared_ptr<Inbox> inbox_;
  rpc::PipeEnd end_;
  bool retired_ = false;
  std::unordered_map<uint32_t, Call> calls_;
  std::unordered_map<uint32_t, Call*> requestStreams_;
  std::unordered_map<uint32_t, Call*> responseStreams_;
  uint32_t nextCall_ = 1, nextStream_ = 1;
};

void HttpFrontend::Inbox::drain() {
  std::optional<Error> closed;
  {
    std::lock_guard lock(mutex_);
    awake_ = false;
    batch_.swap(messages_);
    closed = std::exchange(closed_, std::nullopt);
  }
  if (target_ != nullptr) {
    auto target = target_->shared_from_this();
    target->receive(batch_);
    if (closed) target->closed(*closed);
    target->flush();
  }
  batch_.clear();
}

// --- from the client

void HttpFrontend::Call::bodyArrived(Bytes bytes) {
  Message message = makeMessage(MessageType::chunk, requestStream);
  message.payload = std::move(bytes);
  target.send(std::move(message));
}

void HttpFrontend::Call::bodyEnded() {
  target.send(makeMessage(MessageType::end, requestStream));
  target.bodyEnded(*this);
}

void HttpFrontend::Call::written(size_t bytes) {
  owed += bytes;
  if (owed < rpc::kInitialStreamCredit / 4) return;
  window += owed;
  target.send(makeMessage(MessageType::credit, responseStream, uint32_t(owed)));
  owed = 0;
}

void HttpFrontend::Call::gone() { target.abandoned(*this); }

http::ExchangeEvents* HttpFrontend::Target::fetch(const std::shared_ptr<http::Exchange>& exchange,
                                                  const http::Request& request) {
  uint32_t id = nextCall_++;
  Call& call = calls_.try_emplace(id, *this, id, exchange).first->second;

  Message message = makeMessage(MessageType::fetch, id);
  message.head = fetchHead(request);
  switch (request.bodyForm) {
    case http::BodyForm::none: break;
    case http::BodyForm::whole:
      message.flags = rpc::kBodyInline;
      message.payload = Bytes::copyOf(request.body);
      break;
    case http::BodyForm::upgrade:
      call.asksForWebSocket = true;
      call.requestStream = nextStream_++;
      requestStreams_.emplace(call.requestStream, &call);
      message.flags = rpc::kBodyStream;
      message.stream = call.requestStream;
      break;
    case http::BodyForm::stream:
      call.requestStream = nextStream_++;
      requestStreams_.emplace(call.requestStream, &call);
      message.flags = rpc::kBodyStream;
      message.stream = call.requestStream;
      exchange->allowBody(rpc::kInitialStreamCredit);
      break;
  }
  send(std::move(message));
  return &call;
}

void HttpFrontend::Target::bodyEnded(Call& call) { requestStreams_.erase(std::exchange(call.requestStream, 0)); }

void HttpFrontend::Target::abandoned(Call& call) {
  static constexpr std::string_view kGone = "The client closed the connection.";
  if (call.requestStream != 0) send(makeError(MessageType::abort, call.requestStream, kGone));
  if (call.responseStream != 0) send(makeError(MessageType::cancel, call.responseStream, kGone));
  send(makeMessage(MessageType::finish, call.id));
  forget(call);
}

// --- from the worker

void HttpFrontend::Target::receive(std::vector<Message>& messages) {
  for (Message& message : messages) receive(message);
}

void HttpFrontend::Target::flush() { owner_.server_.flush(); }

void HttpFrontend::Target::receive(Message& message) {
  switch (message.type) {
    case MessageType::response: return response(message);
    case MessageType::failure:
      if (auto found = calls_.find(message.id); found != calls_.end() && found->second.responseStream == 0) {
        found->second.exchange->respondText(500, "");
        ended(found->second);
      }
      return;
    case MessageType::chunk: return chunk(message);
    case MessageType::end:
      if (Call* call = find(responseStreams_, message.id)) {
        (void)call->exchange->end();
        ended(*call);
      }
      return;
    case MessageType::abort:
      if (Call* call = find(responseStreams_, message.id)) {
        call->exchange->abort();
        ended(*call);
      }
      return;
    case MessageType::credit:
      if (Call* call = find(requestStreams_, message.id)) call->exchange->allowBody(message.target);
      return;
    case MessageType::cancel:
      if (Call* call = find(requestStreams_, message.id)) {
        call->exchange->discardBody();
        bodyEnded(*call);
      }
      return;
    // Nothing is exported here.
    case MessageType::call:
    case MessageType::fetch:
      if (message.flags & rpc::kBodyStream)
        send(makeError(MessageType::cancel, message.stream, "The HTTP server exports nothing."));
      return send(makeError(MessageType::failure, message.id, "The HTTP server exports nothing."));
    case MessageType::finish:
    case MessageType::release:
    case MessageType::result:
    case MessageType::init: return;
  }
}

void HttpFrontend::Target::response(Message& message) {
  bool streams = (message.flags & rpc::kBodyStream) != 0;
  auto found = calls_.find(message.id);
  bool usable = found != calls_.end() && found->second.responseStream == 0 &&
                (!streams || (message.stream != 0 && !responseStreams_.contains(message.stream)));
  auto cancelStream = [&](std::string_view why) {
    if (streams) send(makeError(MessageType::cancel, message.stream, why));
  };
  if (!usable) return cancelStream("The response is wanted no longer.");

  Call& call = found->second;
  auto refuse = [&](std::string_view why) {
    cancelStream(why);
    call.exchange->respondText(502, why);
    ended(call);
  };
  if (message.flags & rpc::kCorrupt) return refuse("the worker's response could not be read");
  if (message.target == 101) {
    if (!call.asksForWebSocket || !streams) return refuse("the response is a WebSocket, which nobody asked for");
    if (auto upgraded = call.exchange->upgrade({101, message.head}); !upgraded) return refuse(upgraded.error());
    call.responseStream = message.stream;
    responseStreams_.emplace(message.stream, &call);
    if (call.requestStream != 0) call.exchange->allowBody(rpc::kInitialStreamCredit);
    return;
  }
  if (message.target > 599) return refuse("the response status is not between 200 and 599");
  http::ResponseHead head{uint16_t(message.target), message.head};
  if (!streams) {
    auto sent = call.exchange->respond(head, std::move(message.payload));
    if (!sent) return refuse(sent.error());
    return ended(call);
  }
  auto wantsBody = call.exchange->respondStream(head);
  if (!wantsBody) return refuse(wantsBody.error());
  if (!*wantsBody) {
    cancelStream("A response of this kind has no body.");
    return ended(call);
  }
  call.responseStream = message.stream;
  responseStreams_.emplace(message.stream, &call);
}

void HttpFrontend::Target::chunk(Message& message) {
  Call* call = find(responseStreams_, message.id);
  if (call == nullptr) return;
  std::string_view why;
  if (message.payload.size() > call->window) {
    call->exchange->abort();
    why = "More was written than the client has room for.";
  } else {
    call->window -= message.payload.size();
    if (call->exchange->write(std::move(message.payload))) return;
    why = "More was written than the Content-Length says.";
  }
  send(makeError(MessageType::cancel, message.id, why));
  ended(*call);
}

void HttpFrontend::Target::ended(Call& call) {
  if (call.requestStream != 0) {
    send(makeError(MessageType::abort, call.requestStream, "The response was complete before the request's body was."));
  }
  forget(call);  // an answered fetch needs no `finish`
}

void HttpFrontend::Target::forget(Call& call) {
  if (call.requestStream != 0) requestStreams_.erase(call.requestStream);
  if (call.responseStream != 0) responseStreams_.erase(call.responseStream);
  calls_.erase(call.id);
  dropIfIdle();
}

void HttpFrontend::Target::closed(const Error& reason) {
  std::string text = "the worker is gone: " + reason.message;
  for (auto& [id, call] : calls_) {
    if (call.responseStream != 0) {
      call.exchange->abort();
    } else {
      call.exchange->respondText(503, text);
    }
  }
  requestStreams_.clear();
  responseStreams_.clear();
  calls_.clear();
  if (!retired_) owner_.lost_ = reason;
  owner_.drop(*this);
}

// --- the front end

HttpFrontend::HttpFrontend(boost::asio::io_context& context, std::vector<int> listenSockets, const http::Limits& limits)
    : context_(context),
      listenSockets_(std::move(listenSockets)),
      lost_{ErrorCode::unavailable, "no worker has been started yet"},
      server_(context, limits, *this) {}

HttpFrontend::~HttpFrontend() = default;

Result<void> HttpFrontend::start() {
  for (int socket : listenSockets_) {
    if (auto listening = server_.listen(socket); !listening) return listening;
  }
  return {};
}

void HttpFrontend::setTarget(rpc::PipeEnd worker, PipeRenewal renewal) {
  renewal_ = std::move(renewal);
  auto old = std::exchange(current_, std::make_shared<Target>(*this, std::move(worker)));
  current_->attach();
  if (!old) return;
  retired_.push_back(old);
  old->retire();
}

void HttpFrontend::setLimits(const http::Limits& limits) { server_.setLimits(limits); }

void HttpFrontend::drain(std::function<void()> idle) { server_.drain(std::move(idle)); }

size_t HttpFrontend::inFlight() const {
  size_t count = current_ ? current_->inFlight() : 0;
  for (const auto& target : retired_) count += target->inFlight();
  return count;
}

http::ExchangeEvents* HttpFrontend::request(const std::shared_ptr<http::Exchange>& exchange,
                                            const http::Request& request) {
  if (current_ && renewal_.open && current_->callsMade() >= renewal_.callsMax) setTarget(renewal_.open(), renewal_);
  if (current_) return current_->fetch(exchange, request);
  exchange->respondText(503, lost_.message);
  return nullptr;
}

void HttpFrontend::drop(Target& target) {
  // Destroyed a little later: this may be called by the target itself.
  std::shared_ptr<Target> dropped;
  if (current_.get() == &target) dropped = std::move(current_);
  auto found = std::find_if(retired_.begin(), retired_.end(), [&](auto& each) { return each.get() == &target; });
  if (found != retired_.end()) {
    dropped = std::move(*found);
    retired_.erase(found);
  }
  if (dropped) boost::asio::post(context_, [dropped = std::move(dropped)] {});
}

}  // namespace mayfly::cell
