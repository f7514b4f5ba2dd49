// SPDX-License-Identifier: Apache-2.0
// One client's connection: a state machine over its input (what is expected next) and its answer (what is being
// written). It waits for several things at once (bytes, the answer, room, the client's end), which is why it is not a
// coroutine.
//
// Owned by ServerState::connections and by its pending operations. Private to http/.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "http/body_decoder.h"
#include "http/input_buffer.h"
#include "http/output_queue.h"
#include "http/server.h"

namespace mayfly::http {

using Clock = std::chrono::steady_clock;
inline constexpr Clock::time_point kNever = Clock::time_point::max();

class Connection;

// What the connections of a server share.
struct ServerState : std::enable_shared_from_this<ServerState> {
  ServerState(boost::asio::io_context& context, const Limits& limits, Handler& handler)
      : context(context), limits(limits), handler(&handler), ticker(context) {}

  boost::asio::io_context& context;
  Limits limits;
  Handler* handler;  // null when the server is gone
  DateText date;
  std::vector<std::shared_ptr<Connection>> connections;
  std::vector<std::shared_ptr<Connection>> touched;  // wait for flush()
  std::vector<std::shared_ptr<boost::asio::ip::tcp::acceptor>> acceptors;
  boost::asio::steady_timer ticker;
  bool ticking = false;
  bool draining = false;
  std::function<void()> idle;

  void add(const std::shared_ptr<Connection>& connection);
  void remove(Connection& connection);
  void tellIdle();
  void flush();
  void tick();
  void stopAccepting();
};

class Connection final : public Exchange, public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, std::string peerAddress, std::shared_ptr<ServerState> state);

  void start();
  // Does what is due: takes input, writes output, reads on.
  void settle();
  // Acts on deadlines that have passed.
  void sweep(Clock::time_point now);
  void closeIfIdle();
  // Cuts the connection at once.
  void close();

  // Exchange
  std::expected<void, std::string_view> respond(const ResponseHead& head, Bytes body) override;
  std::expected<bool, std::string_view> respondStream(const ResponseHead& head) override;
  std::expected<void, std::string_view> upgrade(const ResponseHead& head) override;
  void respondText(uint16_t status, std::string_view text) override;
  bool write(Bytes bytes) override;
  bool end() override;
  void abort() override;
  void allowBody(uint64_t bytes) override;
  void discardBody() override;

  size_t index = 0;      // in ServerState::connections
  bool touched = false;  // in ServerState::touched

 private:
  // What the input is expected to be: the head, a body that is handed over whole, a body that is handed over as it
  // comes, bytes without a framing (of a WebSocket), nothing (until the answer is complete), or anything (the connection
  // ends; what comes is dropped).
  enum class Input : uint8_t { head, wholeBody, body, raw, complete, ignored };
  enum class Answer : uint8_t { none, pending, streaming, done };
  // What follows when the output is written: the next request, or an end: plain, waiting for the client to have read
  // everything (a close with unread input would take the answer from it), or with a reset.
  enum class After : uint8_t { keep, close, linger, reset };

  void advance();
  bool beginRequest();
  void deliver(BodyForm form, std::string_view body);
  bool takeBody();
  void takeRaw();
  void nextRequest();
  void reject(const Rejection& rejection);
  void failBody(const Rejection& rejection);
  void answered(bool keepAlive);
  void finish(After after);
  void gone();
  void touch();

  void send();
  void outputWritten();
  void read();
  void onRead(boost::system::error_code error, size_t bytes);
  Clock::time_point after(uint32_t ms) const { return Clock::now() + std::chrono::milliseconds(ms); }
  const Limits& limits() const { return state_->limits; }
  ResponseContext responseContext();

  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<ServerState> state_;
  const std::string peerAddress_;
  std::string localAuthority_;

  Input input_ = Input::head;
  Answer answer_ = Answer::none;
  After after_ = After::keep;
  bool closed_ = false, reading_ = false, writing_ = false;
  bool halfClosed_ = false;  // the client will send nothing more
  bool firstRequest_ = true, headStarted_ = false;
  bool waitsForOutput_ = false;  // the next request is not taken before the client took some answers
  Clock::time_point readDeadline_ = kNever, writeDeadline_ = kNever;

  // The request
  InputBuffer in_;
  RequestParser parser_;
  BodyDecoder decoder_;
  ExchangeEvents* events_ = nullptr;
  bool isHead_ = false, keepAlive_ = true, discardBody_ = false;
  uint8_t minorVersion_ = 1;
  uint64_t allowed_ = 0;      // bytes of body that the handler will take
  std::string webSocketKey_;  // of a request that asks for a WebSocket
  bool rawEnded_ = false;     // what came without a framing has ended, and the handler knows

  // The response
  OutputQueue output_;
  ResponseFraming framing_;
  uint64_t lengthLeft_ = 0;
  uint64_t unreported_ = 0;  // bytes of body that were not reported as written
};

}  // namespace mayfly::http
