// SPDX-License-Identifier: Apache-2.0
// For tests: a listening socket on a free port of 127.0.0.1, and a client that sends bytes as they are and reads what
// comes, so that nothing malformed is put right on the way.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace mayfly::http {

inline constexpr int kPatienceMs = 5'000;

class ListeningSocket {
 public:
  ListeningSocket() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(fd_, 128), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~ListeningSocket() { ::close(fd_); }
  ListeningSocket(const ListeningSocket&) = delete;

  int fd() const { return fd_; }
  uint16_t port() const { return port_; }

 private:
  int fd_;
  uint16_t port_ = 0;
};

class RawClient {
 public:
  // `receiveBuffer`: bytes that the kernel takes for a client that does not read; 0: its default.
  explicit RawClient(uint16_t port, int receiveBuffer = 0) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receiveBuffer > 0) setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, sizeof receiveBuffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0) << strerror(errno);
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  void closeSending() { ::shutdown(fd_, SHUT_WR); }

  // Sends all, or as much as the peer takes before it cuts the connection.
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(size_t(sent));
    }
  }
  // Sends what the kernel takes at once; returns how much.
  size_t sendNow(std::string_view bytes) {
    ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent > 0 ? size_t(sent) : 0;
  }

  // What comes next, at most `max` bytes; empty when the connection ended or nothing came within `waitMs`.
  std::string receive(size_t max = 65536, int waitMs = kPatienceMs) {
    pollfd poller{fd_, POLLIN, 0};
    if (::poll(&poller, 1, waitMs) <= 0) return {};
    std::string bytes(max, '\0');
    ssize_t size = ::recv(fd_, bytes.data(), max, 0);
    wasReset_ = size < 0 && errno == ECONNRESET;
    ended_ = size <= 0;
    bytes.resize(size > 0 ? size_t(size) : 0);
    return bytes;
  }
  // Everything until the connection ends.
  std::string receiveAll() {
    std::string all = std::exchange(ahead_, {});
    for (std::string some = receive(); !some.empty(); some = receive()) all += some;
    EXPECT_TRUE(ended_) << "the connection is still open after: " << all.substr(0, 1000);
    return all;
  }
  // Everything up to and with `mark`.
  std::string receiveUntil(std::string_view mark) {
    std::string all = std::exchange(ahead_, {});
    size_t at;
    while ((at = all.find(mark)) == std::string::npos) {
      std::string some = receive();
      if (some.empty()) {
        ADD_FAILURE() << "\"" << mark << "\" did not come, but: " << all.substr(0, 1000);
        return all;
      }
      all += some;
    }
    ahead_ = all.substr(at + mark.size());
    return all.substr(0, at + mark.size());
  }
  std::string receiveBytes(size_t count) {
    std::string all = std::exchange(ahead_, {});
    while (all.size() < count) {
      std::string some = receive();
      if (some.empty()) {
        ADD_FAILURE() << count << " bytes expected, " << all.size() << " came";
        return all;
      }
      all += some;
    }
    ahead_ = all.substr(count);
    return all.substr(0, count);
  }

  struct Response {
    std::string head;
    std::string body;
    int status = 0;
  };
  // One response with a Content-Length or chunks.
  Response receiveResponse(bool toHead = false) {
    Response response;
    response.head = receiveUntil("\r\n\r\n");
    response.status = response.head.size() > 12 ? std::atoi(response.head.c_str() + 9) : 0;
    if (toHead) return response;
    if (size_t at = response.head.find("content-length: "); at != std::string::npos) {
      response.body = receiveBytes(size_t(std::atoll(response.head.c_str() + at + 16)));
    } else if (response.head.find("transfer-encoding: chunked") != std::string::npos) {
      for (;;) {
        std::string line = receiveUntil("\r\n");
        size_t size = std::strtoull(line.c_str(), nullptr, 16);
        response.body += receiveBytes(size);
        if (receiveBytes(2) != "\r\n") ADD_FAILURE() << "a chunk does not end in CR LF";
        if (size == 0) break;
      }
    }
    return response;
  }
  Response request(std::string_view bytes) {
    send(bytes);
    return receiveResponse(bytes.starts_with("HEAD "));
  }

  bool ended() const { return ended_; }
  bool wasReset() const { return wasReset_; }

 private:
  int fd_;
  bool ended_ = false, wasReset_ = false;
  std::string ahead_;
};

}  // namespace mayfly::http
