// SPDX-License-Identifier: Apache-2.0
#include "http/connection.h"

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <cerrno>
#include <charconv>
#include <utility>

#include "http/keep_alive.h"
#include "http/websocket_handshake.h"

namespace mayfly::http {
namespace {

using boost::asio::ip::tcp;

constexpr size_t kReadBytes = size_t{64} * 1024;        // at once, of bodies
constexpr size_t kHeadReadBytes = size_t{4} * 1024;     // at least, of heads
constexpr size_t kAheadBytesMax = size_t{16} * 1024;    // of later requests, while one is answered
constexpr size_t kChunkBytesMax = size_t{64} * 1024;    // of one bodyArrived()
constexpr size_t kOutputBytesMax = size_t{128} * 1024;  // answers in the queue before the next request is taken
constexpr uint32_t kLingerMs = 2'000;
// A client that has closed its sending side has gone, mostly; a few wait for the answer. So it has this long to come.
constexpr uint32_t kHalfClosedMs = 1'000;

}  // namespace

Connection::Connection(tcp::socket socket, std::string peerAddress, std::shared_ptr<ServerState> state)
    : socket_(std::move(socket)), state_(std::move(state)), peerAddress_(std::move(peerAddress)) {}

void Connection::start() {
  readDeadline_ = after(limits().headerTimeoutMs);
  read();
}

void Connection::touch() {
  if (touched || closed_) return;
  touched = true;
  state_->touched.push_back(shared_from_this());
}

void Connection::settle() {
  do {
    waitsForOutput_ = false;
    advance();
    send();
  } while (waitsForOutput_ && !closed_ && output_.size() < kOutputBytesMax);
  read();
}

// --- the request

void Connection::advance() {
  while (!closed_) {
    switch (input_) {
      case Input::head:
        if (in_.empty()) return;
        if (output_.size() >= kOutputBytesMax) {
          waitsForOutput_ = true;
          return;
        }
        if (!headStarted_) {
          headStarted_ = true;
          if (!firstRequest_) readDeadline_ = after(limits().headerTimeoutMs);
        }
        switch (parser_.parse(in_.bytes(), limits())) {
          case RequestParser::Progress::more:
            if (halfClosed_) close();
            return;
          case RequestParser::Progress::rejected: return reject(parser_.rejection());
          case RequestParser::Progress::done: break;
        }
        if (!beginRequest()) return;
        break;
      case Input::wholeBody: {
        size_t headBytes = parser_.headBytes();
        size_t length = size_t(parser_.head().length);
        if (in_.size() < headBytes + length) return;
        input_ = Input::complete;
        readDeadline_ = kNever;
        parser_.moved(in_.bytes());
        deliver(BodyForm::whole, in_.view().substr(headBytes, length));
        in_.consume(headBytes + length);
        break;
      }
      case Input::body:
        if (!takeBody()) return;
        break;
      case Input::raw: return takeRaw();
      case Input::complete:
        if (answer_ != Answer::done || after_ != After::keep) return;
        nextRequest();
        break;
      case Input::ignored: in_.consume(in_.size()); return;
    }
  }
}

// A head is there. False if it is refused.
bool Connection::beginRequest() {
  const RequestHead& head = parser_.head();
  isHead_ = head.method == "HEAD";
  minorVersion_ = head.minorVersion;
  keepAlive_ = head.keepAlive;
  discardBody_ = false;
  allowed_ = 0;
  bool hasBody = head.framing == Framing::chunked || head.length > 0;
  if (head.length > limits().bodyBytesMax) {
    reject({413, "the body is too large"});
    return false;
  }
  if (hasBody && head.expectContinue && in_.size() == parser_.headBytes()) output_.add("HTTP/1.1 100 Continue\r\n\r\n");

  if (hasBody && head.framing == Framing::length && head.length <= kWholeBodyBytesMax) {
    input_ = Input::wholeBody;
    readDeadline_ = after(limits().bodyTimeoutMs);
    return true;
  }
  size_t headBytes = parser_.headBytes();
  if (hasBody) {
    input_ = Input::body;
    readDeadline_ = kNever;
    decoder_.begin(head.framing, head.length, limits());
    deliver(BodyForm::stream, {});
  } else {
    input_ = Input::complete;
    readDeadline_ = kNever;
    webSocketKey_ = webSocketKey(head);
    deliver(webSocketKey_.empty() ? BodyForm::none : BodyForm::upgrade, {});
  }
  in_.consume(headBytes);
  return true;
}

void Connection::deliver(BodyForm form, std::string_view body) {
  const RequestHead& head = parser_.head();
  std::string_view authority = head.authority;
  if (authority.empty()) {  // HTTP/1.0: the address that the client has connected to
    if (localAuthority_.empty()) {
      boost::system::error_code error;
      tcp::endpoint local = socket_.local_endpoint(error);
      std::string address = local.address().to_string();
      if (size_t zone = address.find('%'); zone != std::string::npos) address.resize(zone);
      localAuthority_ = (local.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(local.port());
    }
    authority = localAuthority_;
  }
  answer_ = Answer::pending;
  if (halfClosed_) readDeadline_ = after(kHalfClosedMs);
  unreported_ = 0;
  Request request{head, authority, peerAddress_, form, body};
  ExchangeEvents* events = state_->handler->request(shared_from_this(), request);
  if (answer_ == Answer::pending || answer_ == Answer::streaming) events_ = events;
  parser_.reset();
}

// Hands over what is allowed of a streamed body. True when the body is complete.
bool Connection::takeBody() {
  while (!decoder_.complete() && !decoder_.failed() && !in_.empty()) {
    if (discardBody_) {
      in_.consume(decoder_.decode(in_.view(), in_.size()).consumed);
      continue;
    }
    // Runs of small chunks are gathered.
    size_t room = size_t(std::min<uint64_t>({allowed_, kChunkBytesMax, in_.size()}));
    Bytes piece = Bytes::ofSize(room);
    size_t filled = 0;
    size_t consumed;
    do {
      BodyDecoder::Step step = decoder_.decode(in_.view(), room - filled);
      if (!step.data.empty()) std::memcpy(piece.data() + filled, step.data.data(), step.data.size());
      filled += step.data.size();
      consumed = step.consumed;
      in_.consume(consumed);
    } while (consumed > 0 && !in_.empty() && !decoder_.failed() && !decoder_.complete());
    if (filled > 0) {
      allowed_ -= filled;
      events_->bodyArrived(Bytes(piece.release(), filled));
    }
    if (consumed == 0 && filled == 0) break;  // nothing more is allowed
    if (closed_) return false;
  }
  if (decoder_.failed()) {
    failBody(decoder_.rejection());
    return false;
  }
  if (!decoder_.complete()) return false;
  input_ = Input::complete;
  readDeadline_ = kNever;
  if (!discardBody_ && events_ != nullptr) events_->bodyEnded();
  return true;
}

// Hands over what is allowed of the bytes of a WebSocket.
void Connection::takeRaw() {
  if (discardBody_) in_.consume(in_.size());
  while (!in_.empty() && allowed_ > 0 && events_ != nullptr && !closed_) {
    size_t size = size_t(std::min<uint64_t>({allowed_, kChunkBytesMax, in_.size()}));
    Bytes piece = Bytes::copyOf(in_.view().substr(0, size));
    in_.consume(size);
    allowed_ -= size;
    events_->bodyArrived(std::move(piece));
  }
  if (!halfClosed_ || !in_.empty() || rawEnded_ || closed_) return;
  rawEnded_ = true;
  if (events_ != nullptr) events_->bodyEnded();
}

void Connection::nextRequest() {
  answer_ = Answer::none;
  input_ = Input::head;
  firstRequest_ = headStarted_ = false;
  readDeadline_ = after(limits().idleTimeoutMs);
  if ((state_->draining || halfClosed_) && in_.empty()) finish(After::close);
}

// Answers a request that nobody was told about, and ends the connection: where the next one begins is unknown.
void Connection::reject(const Rejection& rejection) {
  answer_ = Answer::pending;
  keepAlive_ = isHead_ = false;
  respondText(rejection.status, rejection.text);
}

// The same for a request that somebody is answering.
void Connection::failBody(const Rejection& rejection) {
  bool begun = answer_ != Answer::pending;
  gone();
  if (begun) {
    finish(After::reset);
  } else {
    reject(rejection);
  }
}

void Connection::gone() {
  if (ExchangeEvents* events = std::exchange(events_, nullptr)) events->gone();
}

void Connection::allowBody(uint64_t bytes) {
  allowed_ += std::min(bytes, UINT64_MAX - allowed_);
  touch();
}

void Connection::discardBody() {
  discardBody_ = true;
  touch();
}

// --- the response

ResponseContext Connection::responseContext() {
  return {.isHead = isHead_,
          .minorVersion = minorVersion_,
          .keepAlive = keepAlive_ && !state_->draining,
          .wholeBytes = {},
          .date = state_->date.now()};
}

std::expected<void, std::string_view> Connection::respond(const ResponseHead& head, Bytes body) {
  ResponseContext context = responseContext();
  context.wholeBytes = body.size();
  std::string& text = output_.text();
  size_t before = text.size();
  auto framing = appendResponseHead(text, head, context);
  if (!framing) return std::unexpected(framing.error());
  output_.added(text.size() - before);
  if (framing->body != ResponseFraming::Body::none) output_.add(std::move(body));
  answered(framing->keepAlive);
  return {};
}

std::expected<bool, std::string_view> Connection::respondStream(const ResponseHead& head) {
  std::string& text = output_.text();
  size_t before = text.size();
  auto framing = appendResponseHead(text, head, responseContext());
  if (!framing) return std::unexpected(framing.error());
  output_.added(text.size() - before);
  if (framing->body == ResponseFraming::Body::none) {
    answered(framing->keepAlive);
    return false;
  }
  framing_ = *framing;
  lengthLeft_ = framing_.length;
  answer_ = Answer::streaming;
  touch();
  return true;
}

std::expected<void, std::string_view> Connection::upgrade(const ResponseHead& head) {
  std::string& text = output_.text();
  size_t before = text.size();
  auto written = appendUpgradeHead(text, head, webSocketKey_, state_->date.now());
  if (!written) return written;
  output_.added(text.size() - before);
  framing_ = {.body = ResponseFraming::Body::untilClose, .length = 0, .keepAlive = false};
  answer_ = Answer::streaming;
  input_ = Input::raw;
  readDeadline_ = halfClosed_ ? after(kHalfClosedMs) : kNever;
  noticeVanishedPeer(socket_);
  touch();
  return {};
}

void Connection::respondText(uint16_t status, std::string_view text) {
  std::string body(reasonPhrase(status));
  if (!text.empty()) body.append(": ").append(text);
  body.push_back('\n');
  std::string head(reasonPhrase(status));
  head.append("\ncontent-type\ntext/plain; charset=utf-8");
  // Cannot be refused: both texts are ours.
  (void)respond({status, head}, Bytes::copyOf(body));
}

bool Connection::write(Bytes bytes) {
  if (bytes.empty()) return true;
  unreported_ += bytes.size();
  if (framing_.body == ResponseFraming::Body::chunked) {
    char size[20];
    auto [last, error] = std::to_chars(size, size + 16, bytes.size(), 16);
    *last++ = '\r';
    *last++ = '\n';
    output_.add(std::string_view(size, last));
    output_.add(std::move(bytes));
    output_.add("\r\n");
  } else {
    if (framing_.body == ResponseFraming::Body::length) {
      if (bytes.size() > lengthLeft_) {
        abort();
        return false;
      }
      lengthLeft_ -= bytes.size();
    }
    output_.add(std::move(bytes));
  }
  touch();
  return true;
}

bool Connection::end() {
  if (framing_.body == ResponseFraming::Body::length && lengthLeft_ > 0) {
    abort();
    return false;
  }
  if (framing_.body == ResponseFraming::Body::chunked) output_.add("0\r\n\r\n");
  answered(framing_.keepAlive);
  return true;
}

void Connection::abort() {
  events_ = nullptr;
  // An end of the stream is the end of a body that is framed by it, so that one is broken off with a reset.
  bool plain = answer_ == Answer::streaming && framing_.body != ResponseFraming::Body::untilClose;
  finish(plain ? After::close : After::reset);
}

// The answer is complete, but for its way out.
void Connection::answered(bool keepAlive) {
  answer_ = Answer::done;
  events_ = nullptr;
  bool incomplete = input_ != Input::complete && !rawEnded_;
  if (!keepAlive) return finish(incomplete ? After::linger : After::close);
  if (incomplete) {
    // The rest of the body has the time of one read, then the connection is closed.
    discardBody_ = true;
    readDeadline_ = after(limits().bodyTimeoutMs);
  }
  touch();
}

// No further request is taken.
void Connection::finish(After after) {
  answer_ = Answer::done;
  input_ = Input::ignored;
  after_ = after;
  readDeadline_ = kNever;
  touch();
}

// --- the socket

void Connection::send() {
  if (closed_ || writing_) return;
  while (!output_.empty()) {
    iovec parts[16];
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = output_.gather(parts);
    ssize_t sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      writing_ = true;
      writeDeadline_ = after(limits().writeTimeoutMs);
      socket_.async_wait(tcp::socket::wait_write, [self = shared_from_this()](boost::system::error_code) {
        if (self->closed_) return;
        self->writing_ = false;
        self->writeDeadline_ = kNever;
        self->settle();
        self->state_->flush();
      });
      break;
    }
    if (sent < 0) return close();
    output_.consume(size_t(sent));
    if (halfClosed_ && answer_ == Answer::streaming) readDeadline_ = after(kHalfClosedMs);
  }
  outputWritten();
}

void Connection::outputWritten() {
  // What is still in the queue counts as body, framing and all.
  if (events_ != nullptr && unreported_ > output_.size()) {
    size_t taken = size_t(unreported_ - output_.size());
    unreported_ -= taken;
    events_->written(taken);
  }
  if (!output_.empty()) return;
  switch (after_) {
    case After::keep: return;
    case After::close: return close();
    case After::reset: {
      boost::system::error_code ignored;
      (void)socket_.set_option(tcp::socket::linger(true, 0), ignored);
      return close();
    }
    case After::linger: {
      if (readDeadline_ != kNever) return;  // it lingers already
      boost::system::error_code ignored;
      (void)socket_.shutdown(tcp::socket::shutdown_send, ignored);
      readDeadline_ = after(kLingerMs);
      return;
    }
  }
}

// Keeps a read pending wherever bytes, or the client's end, are of interest.
void Connection::read() {
  if (closed_ || reading_ || halfClosed_) return;
  size_t want = kHeadReadBytes;
  switch (input_) {
    case Input::head:
      if (waitsForOutput_) return;
      break;
    case Input::wholeBody: want = parser_.headBytes() + size_t(parser_.head().length) - in_.size(); break;
    case Input::body:
      if (!discardBody_ && allowed_ == 0) {
        readDeadline_ = kNever;
        return;
      }
      if (readDeadline_ == kNever) readDeadline_ = after(limits().bodyTimeoutMs);
      want = kReadBytes;
      break;
    case Input::raw:
      if (allowed_ == 0 && !discardBody_) return;
      want = kReadBytes;
      break;
    case Input::complete:
      if (in_.size() >= kAheadBytesMax) return;
      break;
    case Input::ignored:
      if (after_ != After::linger) return;
      break;
  }
  std::span<char> room = in_.prepare(want);
  reading_ = true;
  socket_.async_read_some(boost::asio::buffer(room.data(), room.size()),
                          [self = shared_from_this()](boost::system::error_code error, size_t bytes) {
                            self->reading_ = false;
                            if (self->closed_) return;
                            self->onRead(error, bytes);
                            self->state_->flush();
                          });
}

void Connection::onRead(boost::system::error_code error, size_t bytes) {
  if (error == boost::asio::error::eof && input_ == Input::raw) {
    halfClosed_ = true;
    readDeadline_ = after(kHalfClosedMs);
    return settle();
  }
  if (error) {
    bool answerComes = input_ == Input::complete || (answer_ == Answer::done && !output_.empty());
    if (error != boost::asio::error::eof || !answerComes) return close();
    halfClosed_ = true;
    if (input_ != Input::complete) return finish(After::close);
    readDeadline_ = after(kHalfClosedMs);
    return settle();
  }
  in_.commit(bytes);
  bool bodyExpected = input_ == Input::wholeBody || (input_ == Input::body && answer_ != Answer::done);
  if (bodyExpected) readDeadline_ = after(limits().bodyTimeoutMs);
  settle();
}

void Connection::sweep(Clock::time_point now) {
  if (now >= writeDeadline_) {
    boost::system::error_code ignored;
    (void)socket_.set_option(tcp::socket::linger(true, 0), ignored);
    return close();
  }
  if (now < readDeadline_) return;
  readDeadline_ = kNever;
  switch (input_) {
    case Input::head:
      if (!headStarted_) return close();
      reject({408, "the headers did not arrive in time"});
      break;
    case Input::wholeBody: reject({408, "the body did not arrive in time"}); break;
    case Input::body:
      if (answer_ == Answer::done) return close();
      failBody({408, "the body did not arrive in time"});
      break;
    case Input::raw:
    case Input::complete:
    case Input::ignored: return close();
  }
  settle();
}

void Connection::closeIfIdle() {
  if (input_ == Input::head && !headStarted_ && output_.empty()) close();
}

void Connection::close() {
  if (closed_) return;
  closed_ = true;
  auto self = shared_from_this();  // outlives its removal
  boost::system::error_code ignored;
  (void)socket_.close(ignored);
  gone();
  state_->remove(*this);
}

}  // namespace mayfly::http
