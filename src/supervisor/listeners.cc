// SPDX-License-Identifier: Apache-2.0
#include "supervisor/listeners.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace mayfly::supervisor {
namespace {

constexpr int kBacklog = 4096;

Error explain(int error, const std::string& host, uint16_t port, std::string_view option) {
  std::string_view portOption = option.empty() ? "--port N" : option;
  if (error == EADDRINUSE) {
    return {ErrorCode::unavailable,
            fmt::format("port {} on {} is in use by another program: end that one, or choose another port with {} "
                        "(port 0 takes any that is free)",
                        port, host, portOption)};
  }
  if (error == EACCES) {
    return {ErrorCode::denied,
            fmt::format("port {} on {} needs privileges: choose one above 1023 with {}", port, host, portOption)};
  }
  if (error == EADDRNOTAVAIL) {
    return {ErrorCode::invalid,
            fmt::format("{} is not an address of this machine: use {} 127.0.0.1, or 0.0.0.0 for all of its addresses",
                        host, option.empty() ? "--host" : option)};
  }
  return {ErrorCode::unavailable, fmt::format("cannot listen on {} port {}: {}", host, port, std::strerror(error))};
}

// A socket that listens on `address`, or -1 with errno set.
int listenOn(const addrinfo& address) {
  int fd = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(fd, address.ai_addr, address.ai_addrlen) == 0 && listen(fd, kBacklog) == 0) return fd;
  int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

uint16_t portOf(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(address).sin_port);
}

void setPort(addrinfo& address, uint16_t port) {
  auto& to = address.ai_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(address.ai_addr)->sin6_port
                                           : reinterpret_cast<sockaddr_in*>(address.ai_addr)->sin_port;
  to = htons(port);
}

}  // namespace

Listeners::~Listeners() {
  for (int fd : sockets_) ::close(fd);
}

Result<Listeners> Listeners::open(const std::string& host, uint16_t port, std::string_view option) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* addresses = nullptr;
  std::string bare = host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
  if (int code = getaddrinfo(bare.c_str(), nullptr, &hints, &addresses); code != 0) {
    return fail(ErrorCode::invalid,
                fmt::format("{} {}: {}", option.empty() ? "--host" : option, host, gai_strerror(code)));
  }
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> all(addresses, &freeaddrinfo);

  Listeners listeners;
  int lastError = 0;
  for (addrinfo* address = addresses; address != nullptr; address = address->ai_next) {
    setPort(*address, port);
    int fd = listenOn(*address);
    if (fd >= 0) {
      listeners.sockets_.push_back(fd);
      port = portOf(fd);  // the further addresses get the same one
    } else {
      lastError = errno;
      // A name may have addresses of a family that this machine does not use.
      if (lastError != EADDRNOTAVAIL && lastError != EAFNOSUPPORT)
        return std::unexpected(explain(lastError, host, port, option));
    }
  }
  if (listeners.sockets_.empty()) return std::unexpected(explain(lastError, host, port, option));
  listeners.port_ = port;
  listeners.url_ = fmt::format("http://{}:{}", bare.find(':') == bare.npos ? bare : "[" + bare + "]", port);
  return listeners;
}

}  // namespace mayfly::supervisor
