// SPDX-License-Identifier: Apache-2.0
// One outbound request: a `fetch` message becomes a libcurl transfer, and what comes back becomes `response`, `chunk`
// and `end`. Its host is looked up once, every address is judged (src/egress/policy.h), and curl connects to one of
// those addresses and to no other: it is told which, and the socket's address is compared before it is used. Both bodies stream under credit: curl is paused while the request's body is late or the response's reader
// is slow, so neither is held in memory beyond the credit given.
//
// Owned by the session of the pipe it came by; destroying it cancels the transfer, but not from within its callbacks.
// Loop thread only.
#pragma once

#include <curl/curl.h>

#include <functional>
#include <memory>
#include <string>

#include "egress/policy.h"
#include "rpc/message.h"
#include "supervisor/curl_loop.h"
#include "supervisor/fetch_head.h"
#include "supervisor/network_rules.h"
#include "supervisor/request_body.h"
#include "supervisor/resolver.h"

namespace mayfly::supervisor {

struct EgressOptions {
  std::string caFile;                   // certificates to trust instead of the system's; empty: the system's
  uint32_t connectTimeoutMs = 10'000;   // with the lookup of the name
  uint32_t stallTimeoutMs = 300'000;    // without a byte in either direction
  uint32_t idleTimeoutMs = 60'000;      // of a connection that is kept
  std::vector<uint16_t> listenPorts{};  // our own, closed to dynamic workers
  bool logAllowed = false;
  Lookup lookup = systemLookup;
  uint32_t namesKeptMs = 10'000;
};

// What was decided, for the log and the counts.
struct EgressDecision {
  egress::Verdict verdict;
  std::string method;
  std::string destination;  // "https://api.example.com:8443", or the URL where there is none yet
};

class EgressRequest {
 public:
  struct Peer {
    std::function<void(rpc::Message)> send;
    std::function<uint32_t()> newStream;
    std::function<void()> ended;  // everything has been sent; the owner destroys the request later
    std::function<void(const EgressDecision&)> decided;
    std::function<egress::Here()> here;
  };
  // All outlive the request.
  struct Means {
    CurlLoop& loop;
    Resolver& resolver;
    const EgressOptions& options;
    const EgressAccess& access;
  };

  EgressRequest(Means means, Peer peer)
      : loop_(means.loop),
        resolver_(means.resolver),
        options_(means.options),
        access_(means.access),
        peer_(std::move(peer)) {}
  ~EgressRequest();
  EgressRequest(const EgressRequest&) = delete;

  // Begins the transfer. When it fails, errorResponse() is the answer.
  Result<void> start(rpc::Message fetch);
  // Answers a fetch that gets no response: a `response` of status 0 whose head says why, and the error's name if it has
  // one.
  static rpc::Message errorResponse(uint32_t callId, const Error& error);

  // Our stream with the response's body; 0: none (yet).
  uint32_t responseStream() const { return responseStream_; }
  bool responded() const { return responded_; }

  // What the far peer does with the two streams.
  Result<void> bodyChunk(Bytes bytes);
  void bodyEnd();
  void bodyAborted();
  // Tells the far peer that the rest of the body is not wanted, if there is a rest.
  void dropBody();
  void addCredit(uint32_t bytes);

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
  void lookUp();
  void lookedUp(Result<Addresses> addresses);
  // Begins the transfer, with the next of the addresses.
  void connect();
  Error denied(egress::Verdict verdict);
  void respond();
  size_t sendUnderCredit(std::string_view bytes);
  void resume(int direction);
  void done(CURLcode code);
  void sendEnd();
  void fail(std::string why);
  void fail(const Error& error);

  template <auto free>
  struct With {
    void operator()(auto* what) const { free(what); }
  };

  CurlLoop& loop_;
  Resolver& resolver_;
  const EgressOptions& options_;
  const EgressAccess& access_;
  Peer peer_;
  uint32_t callId_ = 0;
  std::string method_;
  egress::Destination destination_;
  Resolver::Question question_;
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
  uint32_t bodyStream_ = 0;  // the far peer's stream that brings the body, until it ended; 0: none

  ResponseHead head_;
  bool responded_ = false;
  bool received_ = false;  // the whole response came
  uint32_t responseStream_ = 0;
  uint64_t credit_ = rpc::kInitialStreamCredit;
  std::string held_;  // came from curl and waits for credit
};

}  // namespace mayfly::supervisor
