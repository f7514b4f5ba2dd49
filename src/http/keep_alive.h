// SPDX-License-Identifier: Apache-2.0
// For connections that may be silent for long, as those of WebSockets and raw bytes are.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>

namespace mayfly::http {

// A peer that vanished without a word is noticed after two minutes.
inline void noticeVanishedPeer(boost::asio::ip::tcp::socket& socket) {
  boost::system::error_code ignored;
  (void)socket.set_option(boost::asio::socket_base::keep_alive(true), ignored);
  int idle = 60, interval = 15, count = 4;
  (void)setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  (void)setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  (void)setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

}  // namespace mayfly::http
