// SPDX-License-Identifier: Apache-2.0
// The cell's side of its heartbeat (supervisor/heartbeat.h): each byte goes through the loops of all shards, one after
// another, and then back. A loop that is stuck keeps it, and the supervisor replaces the cell.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <vector>

namespace mayfly::cell {

class Pulse {
 public:
  // `contexts`: of the shards. Lives as long as they do.
  Pulse(std::vector<boost::asio::io_context*> contexts, int socket);

 private:
  void wait();
  void pass(size_t shard);

  const std::vector<boost::asio::io_context*> contexts_;
  boost::asio::posix::stream_descriptor socket_;
  char byte_ = 0;
};

}  // namespace mayfly::cell
