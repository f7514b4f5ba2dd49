// SPDX-License-Identifier: Apache-2.0
// One connection of raw bytes, for connect() of cloudflare:sockets and for WebSockets: the fetch's body is what is
// written to it, the response's body what is read. That of a WebSocket begins with the handshake of HTTP
// (websocket_request.h). It is judged as every request is, connected to one of the judged addresses, and speaks TLS
// where that is asked for, verified here. `docs/design/messages.md` has the heads (CONNECT, STARTTLS).
//
// Bytes move under credit: the network is read no further than the far peer allowed, and what it may send on is told as
// the kernel takes it. Each direction ends by itself.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <string>

#include "supervisor/egress_exchange.h"
#include "supervisor/tls_client.h"
#include "supervisor/websocket_request.h"

namespace mayfly::supervisor {

// The head of a CONNECT or STARTTLS.
struct ConnectHead {
  enum class Transport : uint8_t { plain, tls };
  bool isUpgrade = false;  // of the connection that call `connection` made
  uint32_t connection = 0;
  std::string host;  // an IPv6 address in brackets; of an upgrade: whose certificate is wanted
  uint16_t port = 0;
  Transport transport = Transport::plain;
};
// Whether the head of a fetch is one. Fails with ErrorCode::invalid for one that is malformed.
bool isConnectHead(std::string_view head);
Result<ConnectHead> parseConnectHead(std::string_view head);

class EgressConnection final : public EgressExchange {
 public:
  // A connection that has spoken plainly, with what it has still to send.
  struct Plain {
    boost::asio::ip::tcp::socket socket;
    std::string unsent;
    egress::Destination destination;
  };

  // `trust` outlives the connection. With `plain` it goes on with that connection.
  EgressConnection(boost::asio::io_context& context, TlsClient::Trust& trust, Means means, Peer peer,
                   std::shared_ptr<void> counted, std::optional<Plain> plain = std::nullopt);
  ~EgressConnection() override;

  Result<void> start(rpc::Message fetch) override;
  Result<void> bodyChunk(Bytes bytes) override;
  void bodyEnd() override;
  void bodyAborted() override;
  void addCredit(uint32_t bytes) override;
  bool responseCancelled() override;

  // Gives the connection up to one that goes on with TLS. Fails when it is not open, or has ended, or speaks TLS.
  Result<Plain> release();

 private:
  enum class Stage : uint8_t { connecting, handshaking, upgrading, open, over };

  std::string_view verb() const override { return webSocket_ ? "fetch" : "connect"; }
  std::string failure(std::string_view why) const override;
  void found(Result<Addresses> addresses) override;
  void connectNext();
  Result<void> startWebSocket(std::string_view head);
  // Judges the name of destination_ and looks it up.
  Result<void> begin();
  void connected();
  void transportReady();
  void arrived(std::span<const uint8_t> bytes);
  void beginTls();
  void opened();
  void advance();
  void read();
  void awaitReadable();
  void linger();
  void deliver(std::span<const uint8_t> bytes);
  void networkEnded();
  void readingOver();
  Result<void> put(std::span<const uint8_t> bytes);
  void flush();
  void flushed(size_t bytes);
  void closeWriteIfDue();
  void endIfDone();
  void broken(const Error& error);
  void over();
  // A handler of an asynchronous operation, which does nothing once this is gone or has given up its socket.
  template <typename Handler>
  auto guarded(Handler handler) {
    return [alive = std::weak_ptr(alive_), handler](auto... arguments) {
      if (!alive.expired()) handler(arguments...);
    };
  }

  boost::asio::io_context& context_;
  TlsClient::Trust& trust_;
  const std::shared_ptr<void> counted_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  Stage stage_ = Stage::connecting;
  ConnectHead head_;
  std::optional<WebSocketRequest> webSocket_;
  std::string webSocketText_;
  bool isRefused_ = false;  // the WebSocket: what comes is the body of an ordinary response
  Addresses addresses_;     // judged
  size_t nextAddress_ = 0;  // of these
  std::chrono::steady_clock::time_point connectUntil_;
  boost::asio::steady_timer timer_;
  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<TlsClient> tls_;

  std::string early_;  // the body, before it can be sent
  std::string out_;    // to be sent, encrypted if that is wanted
  size_t sent_ = 0;    // of out_
  uint64_t owed_ = 0;  // bytes of the body that are in early_ or out_
  uint64_t allowed_ = rpc::kInitialStreamCredit;
  bool awaitsReadable_ = false, awaitsWritable_ = false;
  bool bodyEnded_ = false, endTold_ = false, writeClosed_ = false;
  bool networkEnded_ = false, readCancelled_ = false;
};

}  // namespace mayfly::supervisor
