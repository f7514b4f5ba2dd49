// SPDX-License-Identifier: Apache-2.0
// A whole link whose far end writes any bytes. It ends once, with everything that was opened over it, and keeps no more
// in memory than its bounds, also when the far end reads nothing.
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <deque>
#include <memory>

#include "fuzz/target.h"
#include "rpc/link.h"

namespace {

using namespace mayfly::rpc;
using mayfly::fuzz::require;

// A peer that does something at every message, from within the io_context's thread.
class Peer : public Receiver {
 public:
  void deliver(PipeId, Message message) override { messages.push_back(std::move(message)); }
  void closed(PipeId, mayfly::Error) override { ++closings; }
  std::deque<Message> messages;
  int closings = 0;
};

struct Opened {
  PipeEnd end;
  std::shared_ptr<Peer> peer = std::make_shared<Peer>();
};

}  // namespace

MAYFLY_FUZZ_TARGET(link) {
  mayfly::fuzz::Input in(input);
  uint8_t mode = in.byte();
  bool keeps = (mode & 2) != 0;   // pipes that the far end opens
  bool echoes = (mode & 4) != 0;  // what comes over them
  bool reads = (mode & 8) != 0;   // whether the far end takes what we send
  size_t step = in.byte() + 1u;
  int sockets[2];
  require(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0, "there is a socket pair");

  boost::asio::io_context context;
  std::deque<Opened> opened;
  size_t controls = 0;
  int lost = 0;
  Link::Handlers handlers;
  handlers.opened = [&](std::string_view, PipeEnd end) {
    if (!keeps) return;
    opened.push_back({std::move(end)});
    opened.back().end.attach(opened.back().peer, 0);
  };
  handlers.control = [&](mayfly::Bytes frame) { controls += frame.size(); };
  handlers.lost = [&](mayfly::Error) { ++lost; };
  auto link =
      Link::create(context, sockets[0], (mode & 1) != 0 ? LinkSide::supervisor : LinkSide::cell, std::move(handlers));
  link->start();
  Opened own{link->open("own")};
  own.end.attach(own.peer, 0);

  auto turn = [&] {
    context.restart();
    context.poll();
    for (auto& [end, peer] : opened) {
      for (; !peer->messages.empty(); peer->messages.pop_front()) {
        if (echoes) end.send(std::move(peer->messages.front()));
      }
    }
    char taken[4096];
    while (reads && ::recv(sockets[1], taken, sizeof taken, MSG_DONTWAIT) > 0) {
    }
  };
  auto bytes = in.rest();
  while (!bytes.empty() && lost == 0) {
    ssize_t written = ::send(sockets[1], bytes.data(), std::min(step, bytes.size()), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (written > 0) bytes = bytes.subspan(static_cast<size_t>(written));
    turn();
    if (written <= 0 && lost == 0) break;
  }
  ::close(sockets[1]);
  for (int i = 0; i < 4; ++i) turn();
  require(lost == 1, "a link is lost once");
  require(controls <= input.size(), "no more is handed on than was sent");
  require(own.peer->closings == 1, "a pipe of a lost link is closed once");
  for (const auto& [end, peer] : opened) require(peer->closings == 1, "a pipe that was opened is closed once");
}
