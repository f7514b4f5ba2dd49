// SPDX-License-Identifier: Apache-2.0
// The client side of one TLS connection, as a transformation of bytes: what came from the network goes in, what belongs
// there comes out, and whoever owns the socket moves it. So it needs no thread and no socket, each direction can end by
// itself, and a connection that has spoken plainly can go on with TLS.
//
// docs/decisions/0012-sockets.md says why this is not libcurl's or Boost.Asio's. Lives on one thread.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <span>
#include <string>

#include "base/result.h"

namespace mayfly::supervisor {

class TlsClient {
 public:
  // What the connections of a process share: which certificates are trusted. They are read when first wanted. `caFile`
  // empty: the system's.
  class Trust {
   public:
    explicit Trust(std::string caFile) : caFile_(std::move(caFile)) {}

   private:
    friend class TlsClient;
    struct Free {
      void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    };
    Result<SSL_CTX*> context();

    const std::string caFile_;
    std::unique_ptr<SSL_CTX, Free> context_;
  };

  // `host`: a name, or an address in its usual spelling, that the server's certificate must be for. `Protocol::http11`
  // is told to the server, which could otherwise take it for HTTP/2.
  enum class Protocol : uint8_t { any, http11 };
  static Result<std::unique_ptr<TlsClient>> make(Trust& trust, const std::string& host, bool hostIsAddress,
                                                 Protocol protocol);

  // From the network. `end`: nothing more comes.
  void received(std::span<const uint8_t> bytes);
  void receivedEnd();
  // Goes on with the handshake; true when it is complete. Fails with what is wrong, a certificate for example.
  Result<bool> handshake();

  // How many bytes of plain text were put into `to`; 0: more must come from the network, or it has ended (atEnd()).
  // Fails when the connection broke off, which is not an end.
  Result<size_t> read(std::span<uint8_t> to);
  bool atEnd() const { return atEnd_; }
  // After the handshake.
  Result<void> write(std::span<const uint8_t> bytes);
  // Tells the server that nothing more will be written.
  void closeWrite();
  // Appends what is to be sent to `out`.
  void takeOutput(std::string& out);

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  explicit TlsClient(SSL* ssl);

  std::unique_ptr<SSL, Free> ssl_;
  BIO* in_;   // of ssl_
  BIO* out_;  // of ssl_
  bool atEnd_ = false;
};

}  // namespace mayfly::supervisor
