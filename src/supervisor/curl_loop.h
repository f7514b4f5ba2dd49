// SPDX-License-Identifier: Apache-2.0
// libcurl's multi interface on an io_context. curl's sockets live in an epoll set of their own, and the io_context
// waits for that set: so curl may open and close its sockets as it likes, and no handler ever holds one.
//
// Lives on the thread that runs the io_context; not to be destroyed from within curl's callbacks.
#pragma once

#include <curl/curl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <unordered_map>

namespace mayfly::supervisor {

class CurlLoop {
 public:
  using Done = std::function<void(CURLcode)>;

  explicit CurlLoop(boost::asio::io_context& context);
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;

  // Starts a transfer. `done` is called from the loop, once, with the transfer already removed; never from within
  // add().
  void add(CURL* easy, Done done);
  // Ends a transfer without `done`. Not to be called from curl's callbacks.
  void remove(CURL* easy);

 private:
  static int onSocket(CURL* easy, curl_socket_t socket, int what, void* self, void* watched);
  static int onTimer(CURLM* multi, long timeoutMs, void* self);
  void waitForSockets();
  void drive(curl_socket_t socket, int events);

  CURLM* multi_;
  boost::asio::posix::stream_descriptor epoll_;
  boost::asio::steady_timer timer_;
  std::unordered_map<CURL*, Done> transfers_;
  // Handlers that were about to run when this was destroyed find it gone.
  std::shared_ptr<CurlLoop*> alive_ = std::make_shared<CurlLoop*>(this);
};

}  // namespace mayfly::supervisor
