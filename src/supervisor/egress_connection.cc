// SPDX-License-Identifier: Apache-2.0
#include "supervisor/egress_connection.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <charconv>

#include "base/text.h"
#include "http/keep_alive.h"
#include "rpc/error_record.h"

namespace mayfly::supervisor {
namespace {

using boost::asio::ip::tcp;
using rpc::Message;
using rpc::MessageType;

constexpr size_t kReadBytes = size_t{64} * 1024;
// What comes with the answer to a handshake is passed on at once, without a look at the credit.
static_assert(kReadBytes <= rpc::kInitialStreamCredit);
// How long one of several addresses may take to be connected to, before the next is tried.
constexpr std::chrono::milliseconds kNextAddressAfter{2'000};
// For what was written before a close, when nobody reads any more.
constexpr std::chrono::seconds kLinger{10};
constexpr std::string_view kLost = "Network connection lost.";

template <typename Number>
bool readNumber(std::string_view text, Number& to) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
  return error == std::errc() && end == text.data() + text.size();
}

tcp::endpoint endpointOf(const egress::Address& address, uint16_t port) {
  if (address.isV4()) return {boost::asio::ip::make_address_v4(address.text()), port};
  return {boost::asio::ip::make_address_v6(address.text()), port};
}

void configure(tcp::socket& socket) {
  boost::system::error_code ignored;
  (void)socket.set_option(tcp::no_delay(true), ignored);
  http::noticeVanishedPeer(socket);
  (void)socket.non_blocking(true, ignored);
}

}  // namespace

bool isConnectHead(std::string_view head) { return head.starts_with("CONNECT\n") || head.starts_with("STARTTLS\n"); }

Result<ConnectHead> parseConnectHead(std::string_view text) {
  auto fields = splitLines(text);
  ConnectHead head;
  if (fields.size() != 4) return fail(ErrorCode::invalid, "a CONNECT head lacks a field");
  if (fields[0] == "STARTTLS") {
    head.isUpgrade = true;
    head.host = fields[1];
    head.transport = ConnectHead::Transport::tls;
    if (fields[2] != "connection" || !readNumber(fields[3], head.connection)) {
      return fail(ErrorCode::invalid, "a STARTTLS head names no connection");
    }
    return head;
  }
  size_t colon = fields[1].rfind(':');
  if (colon == fields[1].npos || !readNumber(fields[1].substr(colon + 1), head.port)) {
    return fail(ErrorCode::invalid, fmt::format("\"{}\" is not HOST:PORT", fields[1]));
  }
  head.host = fields[1].substr(0, colon);
  if (fields[2] != "transport" || (fields[3] != "plain" && fields[3] != "tls")) {
    return fail(ErrorCode::invalid, "the transport of a connection is \"plain\" or \"tls\"");
  }
  if (fields[3] == "tls") head.transport = ConnectHead::Transport::tls;
  return head;
}

EgressConnection::EgressConnection(boost::asio::io_context& context, TlsClient::Trust& trust, Means means, Peer peer,
                                   std::shared_ptr<void> counted, std::optional<Plain> plain)
    : EgressExchange(means, std::move(peer)),
      context_(context),
      trust_(trust),
      counted_(std::move(counted)),
      timer_(context),
      socket_(plain ? std::move(plain->socket) : tcp::socket(context)) {
  method_ = "CONNECT";
  if (!plain) return;
  out_ = std::move(plain->unsent);
  destination_ = std::move(plain->destination);
}

EgressConnection::~EgressConnection() { alive_.reset(); }

std::string EgressConnection::failure(std::string_view why) const {
  return fmt::format("{} {} failed: {}", webSocket_ ? "fetch from" : "connect to", destination_.text(), why);
}

Result<void> EgressConnection::start(Message fetch) {
  callId_ = fetch.id;
  bodyStream_ = fetch.stream;
  bodyEnded_ = bodyStream_ == 0;
  if (isWebSocketHead(fetch.head)) return startWebSocket(fetch.head);
  auto head = parseConnectHead(fetch.head);
  if (!head) return std::unexpected(head.error());
  head_ = std::move(*head);
  connectUntil_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(options_.connectTimeoutMs);
  if (head_.isUpgrade) {
    auto named = egress::makeDestination("tcp", head_.host, destination_.port);
    if (!named) return std::unexpected(named.error());
    destination_ = std::move(*named);
    boost::asio::post(context_, guarded([this] { beginTls(); }));
    return {};
  }
  destination_ = {"tcp", head_.host, std::nullopt, head_.port};
  auto destination = egress::makeDestination("tcp", head_.host, head_.port);
  if (!destination) return std::unexpected(denied({false, "address", destination.error().message}));
  destination_ = std::move(*destination);
  return begin();
}

Result<void> EgressConnection::startWebSocket(std::string_view head) {
  method_ = "GET";
  connectUntil_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(options_.connectTimeoutMs);
  auto request = WebSocketRequest::make(head);
  if (!request) return std::unexpected(request.error());
  webSocket_ = std::move(*request);
  destination_ = {webSocket_->scheme(), webSocket_->host(), std::nullopt, webSocket_->port()};
  auto destination = egress::makeDestination(webSocket_->scheme(), webSocket_->host(), webSocket_->port());
  if (!destination) return std::unexpected(denied({false, "URL", destination.error().message}));
  destination_ = std::move(*destination);
  if (destination_.scheme == "https") head_.transport = ConnectHead::Transport::tls;
  if (auto secret = egress::findPlaceholder(access_.secrets, webSocket_->url()); !secret.empty()) {
    return std::unexpected(denied(
        {false, "secret", fmt::format("the secret \"{}\" is in the URL; secrets are put into headers only", secret)}));
  }
  auto text = webSocket_->text([this](const std::string& name, const std::string& given) -> Result<std::string> {
    auto value = egress::putSecretsIn(access_.secrets, destination_, name, given);
    if (!value) return std::unexpected(denied({false, "secret", value.error().message}));
    return *value;
  });
  if (!text) return std::unexpected(text.error());
  webSocketText_ = std::move(*text);
  return begin();
}

Result<void> EgressConnection::begin() {
  if (auto verdict = egress::judgeName(access_.layers, destination_); !verdict.allowed) {
    return std::unexpected(denied(std::move(verdict)));
  }
  lookUp();
  return {};
}

void EgressConnection::found(Result<Addresses> addresses) {
  if (!addresses) return broken(addresses.error());
  addresses_ = std::move(*addresses);
  connectNext();
}

void EgressConnection::connectNext() {
  tcp::endpoint endpoint = endpointOf(addresses_[nextAddress_++], destination_.port);
  boost::system::error_code error;
  socket_ = tcp::socket(context_);
  (void)socket_.open(endpoint.protocol(), error);
  if (error) return broken({ErrorCode::unavailable, failure(error.message())});
  auto until = connectUntil_;
  if (nextAddress_ < addresses_.size()) until = std::min(until, std::chrono::steady_clock::now() + kNextAddressAfter);
  timer_.expires_at(until);
  timer_.async_wait(guarded([this, attempt = nextAddress_](boost::system::error_code expired) {
    boost::system::error_code ignored;
    if (!expired && stage_ == Stage::connecting && attempt == nextAddress_) (void)socket_.close(ignored);
  }));
  socket_.async_connect(endpoint, guarded([this](boost::system::error_code failed) {
                          timer_.cancel();
                          if (!failed) return connected();
                          if (nextAddress_ < addresses_.size()) return connectNext();
                          bool late = failed == boost::asio::error::operation_aborted;
                          broken({late ? ErrorCode::timeout : ErrorCode::unavailable,
                                  failure(late ? "there was no answer in time" : failed.message())});
                        }));
}

void EgressConnection::connected() {
  configure(socket_);
  if (head_.transport == ConnectHead::Transport::tls) return beginTls();
  transportReady();
}

void EgressConnection::transportReady() {
  if (!webSocket_) {
    opened();
    if (stage_ == Stage::open) advance();
    return;
  }
  stage_ = Stage::upgrading;
  if (auto done = put({reinterpret_cast<const uint8_t*>(webSocketText_.data()), webSocketText_.size()}); !done) {
    return broken(done.error());
  }
  webSocketText_.clear();
  timer_.expires_after(std::chrono::milliseconds(options_.stallTimeoutMs));
  timer_.async_wait(guarded([this](boost::system::error_code expired) {
    if (expired || stage_ != Stage::upgrading) return;
    broken({ErrorCode::timeout, failure("the WebSocket handshake was not answered in time")});
  }));
  flush();
  if (stage_ == Stage::upgrading) advance();
}

void EgressConnection::beginTls() {
  auto tls = TlsClient::make(trust_, destination_.host, destination_.literal.has_value(),
                             webSocket_ ? TlsClient::Protocol::http11 : TlsClient::Protocol::any);
  if (!tls) return broken({tls.error().code, failure(tls.error().message)});
  tls_ = std::move(*tls);
  stage_ = Stage::handshaking;
  timer_.expires_at(connectUntil_);
  timer_.async_wait(guarded([this](boost::system::error_code expired) {
    if (expired || stage_ != Stage::handshaking) return;
    broken({ErrorCode::timeout, failure("the TLS handshake was not completed in time")});
  }));
  advance();
}

void EgressConnection::opened() {
  stage_ = Stage::open;
  timer_.cancel();
  responded_ = true;
  responseStream_ = peer_.newStream();
  Message message = streamMessage(MessageType::response, callId_);
  message.target = webSocket_ ? webSocket_->response().status() : 200;
  message.head = webSocket_ ? webSocket_->response().text() : "OK";
  message.flags = rpc::kBodyStream;
  message.stream = responseStream_;
  peer_.send(std::move(message));
  if (isRefused_) {
    dropBody();
    bodyEnded_ = true;
    early_.clear();
  }
  std::string early = std::exchange(early_, {});
  if (auto done = put({reinterpret_cast<const uint8_t*>(early.data()), early.size()}); !done) {
    return broken(done.error());
  }
  flush();
}

// --- from the network

void EgressConnection::awaitReadable() {
  if (awaitsReadable_ || stage_ == Stage::over || stage_ == Stage::connecting || networkEnded_ || readCancelled_)
    return;
  if (stage_ == Stage::open && credit_ == 0) return;
  awaitsReadable_ = true;
  socket_.async_wait(tcp::socket::wait_read, guarded([this](boost::system::error_code error) {
                       awaitsReadable_ = false;
                       if (!error) read();
                     }));
}

void EgressConnection::read() {
  if (stage_ == Stage::over || readCancelled_) return;
  uint8_t bytes[kReadBytes];
  size_t size = stage_ == Stage::open && !tls_ ? std::min<uint64_t>(credit_, kReadBytes) : kReadBytes;
  if (size == 0) return;
  ssize_t got = ::recv(socket_.native_handle(), bytes, size, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return awaitReadable();
  if (got < 0) return broken({ErrorCode::unavailable, std::string(kLost)});
  if (!tls_) {
    if (got == 0) return networkEnded();
    arrived({bytes, static_cast<size_t>(got)});
    return awaitReadable();
  }
  if (got == 0)
    tls_->receivedEnd();
  else
    tls_->received({bytes, static_cast<size_t>(got)});
  advance();
}

// Does what can be done with what came so far, and waits for more.
void EgressConnection::advance() {
  if (tls_ && stage_ == Stage::handshaking) {
    auto done = tls_->handshake();
    tls_->takeOutput(out_);
    flush();
    if (stage_ != Stage::handshaking) return;
    if (!done) return broken({done.error().code, failure(done.error().message)});
    if (*done) {
      timer_.cancel();
      return transportReady();
    }
  } else if (tls_ && (stage_ == Stage::open || stage_ == Stage::upgrading) && !networkEnded_ && !readCancelled_) {
    uint8_t bytes[kReadBytes];
    while (credit_ > 0) {
      auto got = tls_->read({bytes, std::min<uint64_t>(credit_, kReadBytes)});
      if (!got) return broken({ErrorCode::unavailable, std::string(kLost)});
      if (*got == 0) break;
      arrived({bytes, *got});
      if (stage_ == Stage::over || networkEnded_) return;
    }
    // Answers of the protocol itself.
    tls_->takeOutput(out_);
    flush();
    if (stage_ == Stage::over) return;
    if (tls_->atEnd()) return networkEnded();
  }
  awaitReadable();
}

void EgressConnection::arrived(std::span<const uint8_t> bytes) {
  if (stage_ == Stage::upgrading) {
    auto taken = webSocket_->take({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    if (!taken) return broken({taken.error().code, failure(taken.error().message)});
    bytes = bytes.subspan(*taken);
    if (!webSocket_->complete()) return;
    auto upgraded = webSocket_->upgraded();
    if (!upgraded) return broken({upgraded.error().code, failure(upgraded.error().message)});
    isRefused_ = !*upgraded;
    if (isRefused_) webSocket_->beginBody();
    opened();
    if (stage_ != Stage::open) return;
  }
  if (!isRefused_) {
    if (!bytes.empty()) deliver(bytes);
    return;
  }
  std::string body;
  auto complete = webSocket_->takeBody({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, body);
  if (!complete) return broken(complete.error());
  if (!body.empty()) deliver({reinterpret_cast<const uint8_t*>(body.data()), body.size()});
  if (*complete) readingOver();
}

void EgressConnection::deliver(std::span<const uint8_t> bytes) {
  credit_ -= bytes.size();
  peer_.send(streamMessage(MessageType::chunk, responseStream_, Bytes::copyOf(bytes)));
}

void EgressConnection::networkEnded() {
  if (stage_ == Stage::upgrading) return broken({ErrorCode::unavailable, failure("the connection was closed")});
  if (isRefused_ && !webSocket_->endsWithConnection()) return broken({ErrorCode::unavailable, std::string(kLost)});
  readingOver();
}

void EgressConnection::readingOver() {
  networkEnded_ = true;
  peer_.send(streamMessage(MessageType::end, responseStream_));
  endIfDone();
}

void EgressConnection::addCredit(uint32_t bytes) {
  credit_ += bytes;
  if (stage_ == Stage::open) advance();
}

// Writing may go on; what was written before is still sent.
bool EgressConnection::responseCancelled() {
  if (writeClosed_ || stage_ != Stage::open) return true;
  readCancelled_ = true;
  if (bodyEnded_) linger();
  return false;
}

void EgressConnection::linger() {
  timer_.expires_after(kLinger);
  timer_.async_wait(guarded([this](boost::system::error_code expired) {
    if (!expired) over();
  }));
}

// --- to the network

Result<void> EgressConnection::bodyChunk(Bytes bytes) {
  if (bytes.size() > allowed_ || bodyEnded_) {
    return fail(ErrorCode::corrupt, "a connection is sent more than the credit that was given for it");
  }
  allowed_ -= bytes.size();
  owed_ += bytes.size();
  if (stage_ == Stage::over) return {};
  if (stage_ != Stage::open) {
    early_.append(bytes.view());
    return {};
  }
  if (auto done = put(bytes.span()); !done) {
    broken(done.error());
  } else {
    flush();
  }
  return {};
}

Result<void> EgressConnection::put(std::span<const uint8_t> bytes) {
  if (!tls_) {
    out_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }
  if (!tls_->write(bytes)) return fail(ErrorCode::unavailable, std::string(kLost));
  tls_->takeOutput(out_);
  return {};
}

void EgressConnection::flush() {
  if (awaitsWritable_ || stage_ == Stage::over) return;
  size_t before = sent_;
  while (sent_ < out_.size()) {
    ssize_t sent =
        ::send(socket_.native_handle(), out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      awaitsWritable_ = true;
      socket_.async_wait(tcp::socket::wait_write, guarded([this](boost::system::error_code) {
                           awaitsWritable_ = false;
                           flush();
                         }));
      break;
    }
    if (sent < 0) return broken({ErrorCode::unavailable, std::string(kLost)});
    sent_ += static_cast<size_t>(sent);
  }
  size_t now = sent_ - before;
  if (sent_ == out_.size()) {
    out_.clear();
    if (out_.capacity() > kReadBytes) out_.shrink_to_fit();
    sent_ = 0;
  }
  flushed(now);
  closeWriteIfDue();
}

// What TLS adds to the bytes of the body is in their number, so the last credit waits for all to be sent.
void EgressConnection::flushed(size_t bytes) {
  uint64_t told = out_.empty() && stage_ == Stage::open ? owed_ : std::min<uint64_t>(owed_, bytes);
  if (stage_ != Stage::open || told == 0) return;
  owed_ -= told;
  allowed_ += told;
  if (bodyStream_ == 0) return;
  Message credit = streamMessage(MessageType::credit, bodyStream_);
  credit.target = static_cast<uint32_t>(told);
  peer_.send(std::move(credit));
}

void EgressConnection::bodyEnd() {
  bodyStream_ = 0;
  bodyEnded_ = true;
  if (stage_ != Stage::open) return;
  if (readCancelled_) linger();
  flush();
}

void EgressConnection::closeWriteIfDue() {
  // A server that has refused a WebSocket may take an end for a client that has gone.
  if (!bodyEnded_ || writeClosed_ || stage_ != Stage::open || (isRefused_ && !networkEnded_)) return;
  if (tls_ && !endTold_) {
    endTold_ = true;
    tls_->closeWrite();
    tls_->takeOutput(out_);
    return flush();
  }
  if (!out_.empty()) return;
  writeClosed_ = true;
  boost::system::error_code ignored;
  (void)socket_.shutdown(tcp::socket::shutdown_send, ignored);
  endIfDone();
}

void EgressConnection::bodyAborted() {
  bodyStream_ = 0;
  forgetLookup();
  broken({ErrorCode::unavailable, "The writing side of the connection was aborted."});
}

void EgressConnection::endIfDone() {
  if ((writeClosed_ || isRefused_) && (networkEnded_ || readCancelled_)) over();
}

void EgressConnection::broken(const Error& error) {
  if (stage_ == Stage::over) return;
  stage_ = Stage::over;
  timer_.cancel();
  if (bodyStream_ != 0) {
    peer_.send(streamMessage(MessageType::cancel, bodyStream_, rpc::encodeErrorRecord("Error", error.message)));
    bodyStream_ = 0;
  }
  if (networkEnded_ || readCancelled_) return peer_.ended();  // there is nobody to be told
  endWith(error);
}

void EgressConnection::over() {
  if (stage_ == Stage::over) return;
  stage_ = Stage::over;
  timer_.cancel();
  peer_.ended();
}

Result<EgressConnection::Plain> EgressConnection::release() {
  if (stage_ != Stage::open || tls_ || networkEnded_ || bodyEnded_) {
    return fail(ErrorCode::invalid, "the connection was closed before TLS could be started");
  }
  alive_.reset();  // its handlers have nothing to do any more
  boost::system::error_code ignored;
  (void)socket_.cancel(ignored);
  Plain plain{std::move(socket_), out_.substr(sent_), destination_};
  stage_ = Stage::over;
  peer_.send(streamMessage(MessageType::end, responseStream_));
  dropBody();
  peer_.ended();
  return plain;
}

}  // namespace mayfly::supervisor
