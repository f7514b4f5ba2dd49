// SPDX-License-Identifier: Apache-2.0
#include "cell/pulse.h"

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

namespace mayfly::cell {

Pulse::Pulse(std::vector<boost::asio::io_context*> contexts, int socket)
    : contexts_(std::move(contexts)), socket_(*contexts_[0], socket) {
  boost::asio::post(*contexts_[0], [this] { wait(); });
}

void Pulse::wait() {
  socket_.async_read_some(boost::asio::buffer(&byte_, 1), [this](boost::system::error_code error, size_t) {
    // Without the supervisor the links break too, and end the cell.
    if (!error) pass(1);
  });
}

void Pulse::pass(size_t shard) {
  if (shard < contexts_.size()) return boost::asio::post(*contexts_[shard], [this, shard] { pass(shard + 1); });
  boost::asio::post(*contexts_[0], [this] {
    (void)!::send(socket_.native_handle(), &byte_, 1, MSG_NOSIGNAL);
    wait();
  });
}

}  // namespace mayfly::cell
