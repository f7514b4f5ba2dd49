// SPDX-License-Identifier: Apache-2.0
// One outbound request: a `fetch` message becomes a libcurl transfer, and what comes back becomes `response`, `chunk`
// and `end`. Curl connects to one of the judged addresses and to no other: it is told which, and the socket's address is
// compared before it is used. Both bodies stream under credit: curl is paused while the request's body is late or the
// response's reader is slow, so neither is held in memory beyond the credit given.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <string>

#include "supervisor/curl_loop.h"
#include "supervisor/egress_exchange.h"
#include "supervisor/fetch_head.h"
#include "supervisor/request_body.h"

namespace mayfly::supervisor {

class EgressRequest final : public EgressExchange {
 public:
  // `loop` outlives the request.
  EgressRequest(CurlLoop& loop, Means means, Peer peer) : EgressExchange(means, std::move(peer)), loop_(loop) {}
  ~EgressRequest() override;

  Result<void> start(rpc::Message fetch) override;
  Result<void> bodyChunk(Bytes bytes) override;
  void bodyEnd() override;
  void bodyAborted() override;
  void addCredit(uint32_t bytes) override;

 private:
  static size_t onHeader(char* data, size_t one, size_t size, void* self);
  static size_t onWrite(char* data, size_t one, size_t size, void* self);
  static size_t onRead(char* to, size_t one, size_t size, void* self);
  static int onSeek(void* self, curl_off_t offset, int origin);
  static curl_socket_t onOpenSocket(void* self, curlsocktype purpose, curl_sockaddr* address);
  Result<void> setUrl(const std::string& url);
  Result<void> setHeaders(const FetchHead& head);
  void setBody(rpc::Message& fetch, const FetchHead& head);
  void setRest();
  std::string_view verb() const override { return "fetch"; }
  std::string failure(std::string_view why) const override;
  void found(Result<Addresses> addresses) override;
  // Begins the transfer, with the next of the addresses.
  void connect();
  void respond();
  size_t sendUnderCredit(std::string_view bytes);
  void resume(int direction);
  void done(CURLcode code);
  void sendEnd();
  void fail(std::string why);

  template <auto free>
  struct With {
    void operator()(auto* what) const { free(what); }
  };

  CurlLoop& loop_;
  Addresses addresses_;     // judged
  size_t nextAddress_ = 0;  // of these
  std::chrono::steady_clock::time_point connectUntil_;
  // In this order: curl's handle reads the others until it is cleaned up.
  std::unique_ptr<CURLU, With<curl_url_cleanup>> url_;
  std::unique_ptr<curl_slist, With<curl_slist_free_all>> headers_;
  std::unique_ptr<curl_slist, With<curl_slist_free_all>> connectTo_;
  char errorText_[CURL_ERROR_SIZE] = {};
  std::unique_ptr<CURL, With<curl_easy_cleanup>> easy_;
  int paused_ = 0;       // CURLPAUSE_SEND and CURLPAUSE_RECV
  std::string failure_;  // why one of our callbacks ended the transfer

  RequestBody body_;

  ResponseHead head_;
  bool received_ = false;  // the whole response came
  std::string held_;       // came from curl and waits for credit
};

}  // namespace mayfly::supervisor
