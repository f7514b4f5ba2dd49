// SPDX-License-Identifier: Apache-2.0
// The HTTP/1.1 server: connections, framing, limits, time-outs and back-pressure. What a request means is a Handler's
// business.
//
// A connection carries one exchange (a request and its response) at a time; requests that a client sends ahead wait in
// the socket, so answers keep their order. Bodies stream under credit in both directions: the socket is read no further
// than the handler allowed (allowBody), and the handler learns what the client has taken (written).
//
// Lives on one io_context; everything is called on, and calls back on, the thread that runs it at the time. What is
// done to an exchange takes effect with the next flush(): do it once per batch. The server flushes by itself after each
// of its own calls of a Handler or ExchangeEvents.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "http/limits.h"
#include "http/request_parser.h"
#include "http/response_head.h"

namespace boost::asio {
class io_context;
}

namespace mayfly::http {

// Bodies of at most this size that come with a length are handed over whole, with the request.
inline constexpr size_t kWholeBodyBytesMax = size_t{64} * 1024;

// `upgrade`: the request asks for a WebSocket. After Exchange::upgrade() the client's bytes come as a streamed body.
enum class BodyForm : uint8_t { none, whole, stream, upgrade };

// Valid during Handler::request.
struct Request {
  const RequestHead& head;
  std::string_view authority;    // of the URL; never empty
  std::string_view peerAddress;  // "192.0.2.1", "2001:db8::1"
  BodyForm bodyForm = BodyForm::none;
  std::string_view body;  // BodyForm::whole
};

// What the one who answers is told. Never called from within a call of Exchange.
class ExchangeEvents {
 public:
  virtual ~ExchangeEvents() = default;
  // At most 64 KiB, and in all no more than was allowed.
  virtual void bodyArrived(Bytes bytes) = 0;
  virtual void bodyEnded() = 0;
  // The client took so many more bytes of the streamed response.
  virtual void written(size_t bytes) = 0;
  // The client went away, or broke the rules, or was too slow: the last call.
  virtual void gone() = 0;
};

// One request being answered. Ends, and must be let go, when respond, respondText, end or abort returned, when
// respondStream returned false, when write or end returned false, or with ExchangeEvents::gone.
class Exchange {
 public:
  virtual ~Exchange() = default;

  // One of these begins the response. A refused head leaves the exchange as it was.
  virtual std::expected<void, std::string_view> respond(const ResponseHead& head, Bytes body) = 0;
  // False: this response has no body (HEAD, 204, 304) and is complete.
  virtual std::expected<bool, std::string_view> respondStream(const ResponseHead& head) = 0;
  // Of a request with BodyForm::upgrade: the answer 101. From then on bytes go both ways, each with an end of its own.
  virtual std::expected<void, std::string_view> upgrade(const ResponseHead& head) = 0;
  // A short plain text that says what went wrong.
  virtual void respondText(uint16_t status, std::string_view text) = 0;

  // False: the body does not have the length that its head promised, and the connection is cut.
  [[nodiscard]] virtual bool write(Bytes bytes) = 0;
  [[nodiscard]] virtual bool end() = 0;
  // Cuts the connection after what was written, so that the client sees that the body is not complete.
  virtual void abort() = 0;

  // So many more bytes of a streamed request body are welcome.
  virtual void allowBody(uint64_t bytes) = 0;
  // The rest of it is read and dropped.
  virtual void discardBody() = 0;
};

class Handler {
 public:
  virtual ~Handler() = default;
  // Returns who is told about the exchange, or null if it has answered it already.
  virtual ExchangeEvents* request(const std::shared_ptr<Exchange>& exchange, const Request& request) = 0;
};

struct ServerState;

class Server {
 public:
  Server(boost::asio::io_context& context, const Limits& limits, Handler& handler);
  ~Server();  // cuts every connection

  // Accepts on a listening socket that others may accept on too; it is duplicated, the caller keeps its own.
  Result<void> listen(int socket);
  // For requests from now on.
  void setLimits(const Limits& limits);
  void flush();
  // Accepts no more, closes idle connections, and the others after the response in progress. `idle` is called once,
  // when there is no connection left.
  void drain(std::function<void()> idle);
  size_t connections() const;

 private:
  std::shared_ptr<ServerState> state_;
};

}  // namespace mayfly::http
