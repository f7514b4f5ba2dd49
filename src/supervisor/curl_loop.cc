// SPDX-License-Identifier: Apache-2.0
#include "supervisor/curl_loop.h"

#include <sys/epoll.h>

#include <array>

namespace mayfly::supervisor {
namespace {

constexpr long kConnectionsMax = 2048;     // open at once; further transfers wait
constexpr long kConnectionsKeptMax = 256;  // idle, for the next request

}  // namespace

CurlLoop::CurlLoop(boost::asio::io_context& context)
    : multi_(curl_multi_init()), epoll_(context, epoll_create1(EPOLL_CLOEXEC)), timer_(context) {
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlLoop::onSocket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlLoop::onTimer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
  curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, kConnectionsMax);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kConnectionsKeptMax);
  waitForSockets();
}

CurlLoop::~CurlLoop() {
  for (auto& [easy, done] : transfers_) curl_multi_remove_handle(multi_, easy);
  curl_multi_cleanup(multi_);
}

void CurlLoop::add(CURL* easy, Done done) {
  transfers_.emplace(easy, std::move(done));
  curl_multi_add_handle(multi_, easy);  // asks for a timer, which starts it
}

void CurlLoop::remove(CURL* easy) {
  if (transfers_.erase(easy) > 0) curl_multi_remove_handle(multi_, easy);
}

int CurlLoop::onSocket(CURL*, curl_socket_t socket, int what, void* self, void* watched) {
  auto& loop = *static_cast<CurlLoop*>(self);
  int epoll = loop.epoll_.native_handle();
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(epoll, EPOLL_CTL_DEL, socket, nullptr);
    return 0;
  }
  epoll_event event{};
  if (what & CURL_POLL_IN) event.events |= EPOLLIN;
  if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
  event.data.fd = socket;
  // A socket that curl closed and whose number came again left the set by itself, so both cases occur.
  if (epoll_ctl(epoll, EPOLL_CTL_MOD, socket, &event) != 0) epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
  return 0;
}

int CurlLoop::onTimer(CURLM*, long timeoutMs, void* self) {
  auto& loop = *static_cast<CurlLoop*>(self);
  if (timeoutMs < 0) {
    loop.timer_.cancel();
    return 0;
  }
  loop.timer_.expires_after(std::chrono::milliseconds(timeoutMs));
  loop.timer_.async_wait([weak = std::weak_ptr(loop.alive_)](boost::system::error_code error) {
    auto alive = weak.lock();
    if (!error && alive) (*alive)->drive(CURL_SOCKET_TIMEOUT, 0);
  });
  return 0;
}

void CurlLoop::waitForSockets() {
  epoll_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                    [this, weak = std::weak_ptr(alive_)](boost::system::error_code error) {
                      if (error || weak.expired()) return;
                      std::array<epoll_event, 64> ready;
                      int count = epoll_wait(epoll_.native_handle(), ready.data(), ready.size(), 0);
                      for (int i = 0; i < count; ++i) {
                        int events = 0;
                        if (ready[i].events & EPOLLIN) events |= CURL_CSELECT_IN;
                        if (ready[i].events & EPOLLOUT) events |= CURL_CSELECT_OUT;
                        if (ready[i].events & (EPOLLERR | EPOLLHUP)) events |= CURL_CSELECT_ERR;
                        drive(ready[i].data.fd, events);
                      }
                      waitForSockets();
                    });
}

void CurlLoop::drive(curl_socket_t socket, int events) {
  int running = 0;
  curl_multi_socket_action(multi_, socket, events, &running);
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    CURLcode code = message->data.result;
    auto found = transfers_.find(easy);
    if (found == transfers_.end()) continue;
    Done done = std::move(found->second);
    transfers_.erase(found);
    curl_multi_remove_handle(multi_, easy);  // `message` is invalid from here
    done(code);
  }
}

}  // namespace mayfly::supervisor
