// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "http/connection.h"

namespace mayfly::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto kAcceptRetry = std::chrono::milliseconds(50);

std::string addressText(asio::ip::address address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return address.to_string();
}

asio::awaitable<void> acceptLoop(std::shared_ptr<ServerState> state, std::shared_ptr<tcp::acceptor> acceptor) {
  asio::steady_timer pause(state->context);
  while (acceptor->is_open()) {
    if (state->connections.size() >= state->limits.connectionsMax) {
      pause.expires_after(kAcceptRetry);
      co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
      continue;
    }
    tcp::endpoint peer;
    auto [error, socket] = co_await acceptor->async_accept(peer, asio::as_tuple(asio::use_awaitable));
    if (!acceptor->is_open()) break;
    if (error) {
      // Out of file descriptors or memory, or the client left the queue: what waits is taken a little later.
      if (error == asio::error::connection_aborted) continue;
      pause.expires_after(kAcceptRetry);
      co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
      continue;
    }
    boost::system::error_code ignored;
    (void)socket.set_option(tcp::no_delay(true), ignored);
    state->add(std::make_shared<Connection>(std::move(socket), addressText(peer.address()), state));
  }
}

}  // namespace

void ServerState::add(const std::shared_ptr<Connection>& connection) {
  connection->index = connections.size();
  connections.push_back(connection);
  tick();
  connection->start();
}

void ServerState::remove(Connection& connection) {
  size_t index = connection.index;
  connections.back()->index = index;
  std::swap(connections[index], connections.back());
  connections.pop_back();
  tellIdle();
}

void ServerState::tellIdle() {
  if (connections.empty() && idle) boost::asio::post(context, std::exchange(idle, nullptr));
}

void ServerState::flush() {
  while (!touched.empty()) {
    std::vector<std::shared_ptr<Connection>> batch;
    batch.swap(touched);
    for (auto& connection : batch) {
      connection->touched = false;
      if (handler != nullptr) connection->settle();
    }
    if (touched.empty()) {  // keeps its memory
      batch.clear();
      touched.swap(batch);
    }
  }
}

// Runs while there are connections: compares their deadlines with the clock, often enough for the shortest of them.
void ServerState::tick() {
  if (ticking) return;
  ticking = true;
  uint32_t shortest =
      std::min({limits.headerTimeoutMs, limits.bodyTimeoutMs, limits.writeTimeoutMs, limits.idleTimeoutMs});
  ticker.expires_after(std::chrono::milliseconds(std::clamp<uint32_t>(shortest / 4, 5, 500)));
  ticker.async_wait([self = shared_from_this()](boost::system::error_code error) {
    self->ticking = false;
    if (error || self->handler == nullptr) return;
    Clock::time_point now = Clock::now();
    // From the back: one that is removed is replaced by the last, which has been visited.
    for (size_t i = self->connections.size(); i-- > 0;) {
      if (i < self->connections.size()) std::shared_ptr(self->connections[i])->sweep(now);
    }
    self->flush();
    if (!self->connections.empty()) self->tick();
  });
}

void ServerState::stopAccepting() {
  boost::system::error_code ignored;
  for (auto& acceptor : acceptors) (void)acceptor->close(ignored);
  acceptors.clear();
}

Server::Server(asio::io_context& context, const Limits& limits, Handler& handler)
    : state_(std::make_shared<ServerState>(context, limits, handler)) {}

Server::~Server() {
  state_->idle = nullptr;
  state_->stopAccepting();
  while (!state_->connections.empty()) std::shared_ptr(state_->connections.back())->close();
  state_->handler = nullptr;
  state_->touched.clear();
  state_->ticker.cancel();
}

Result<void> Server::listen(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  int listening = 0;
  socklen_t optionSize = sizeof listening;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listening, &optionSize) != 0 || listening == 0 ||
      (address.ss_family != AF_INET && address.ss_family != AF_INET6)) {
    return fail(ErrorCode::invalid, "descriptor " + std::to_string(socket) + " is not a listening TCP socket");
  }
  int own = fcntl(socket, F_DUPFD_CLOEXEC, 3);
  if (own < 0) {
    return fail(ErrorCode::unavailable, std::string("cannot duplicate the listening socket: ") + strerror(errno));
  }
  auto acceptor = std::make_shared<tcp::acceptor>(state_->context);
  boost::system::error_code error;
  (void)acceptor->assign(address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), own, error);
  if (error) {
    ::close(own);
    return fail(ErrorCode::unavailable, "cannot accept on the listening socket: " + error.message());
  }
  state_->acceptors.push_back(acceptor);
  asio::co_spawn(state_->context, acceptLoop(state_, acceptor), asio::detached);
  return {};
}

void Server::setLimits(const Limits& limits) { state_->limits = limits; }

void Server::flush() { state_->flush(); }

void Server::drain(std::function<void()> idle) {
  state_->draining = true;
  state_->stopAccepting();
  state_->idle = std::move(idle);
  for (size_t i = state_->connections.size(); i-- > 0;) {
    if (i < state_->connections.size()) std::shared_ptr(state_->connections[i])->closeIfIdle();
  }
  state_->tellIdle();
}

size_t Server::connections() const { return state_->connections.size(); }

}  // namespace mayfly::http
