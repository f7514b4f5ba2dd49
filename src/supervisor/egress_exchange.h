// SPDX-License-Identifier: Apache-2.0
// What every way out of a cell has in common: a `fetch` message begins it, a destination is judged by name, looked up,
// judged by each of its addresses, and only then is anything connected to. An HTTP request (egress_request.h) and a
// connection of raw bytes (egress_connection.h) are such exchanges.
//
// Owned by the session of the pipe it came by; destroying it ends what is under way, but not from within its callbacks.
// Loop thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "egress/policy.h"
#include "rpc/message.h"
#include "supervisor/network_rules.h"
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
  size_t socketsMax = 10'000;  // connections of raw bytes, in all
  size_t socketsPerTenantMax = 2'000;
};

// What was decided, for the log and the counts.
struct EgressDecision {
  egress::Verdict verdict;
  std::string method;
  std::string destination;  // "https://api.example.com:8443", or the URL where there is none yet
};

class EgressExchange {
 public:
  struct Peer {
    std::function<void(rpc::Message)> send;
    std::function<uint32_t()> newStream;
    std::function<void()> ended;  // everything has been sent; the owner destroys the exchange later
    std::function<void(const EgressDecision&)> decided;
    std::function<egress::Here()> here;
  };
  // All outlive the exchange.
  struct Means {
    Resolver& resolver;
    const EgressOptions& options;
    const EgressAccess& access;
  };

  virtual ~EgressExchange() = default;
  EgressExchange(const EgressExchange&) = delete;

  // When it fails, errorResponse() is the answer.
  virtual Result<void> start(rpc::Message fetch) = 0;
  // Answers a fetch that gets no response: a `response` of status 0 whose head says why, and the error's name if it has
  // one.
  static rpc::Message errorResponse(uint32_t callId, const Error& error);

  // Our stream with the response's body; 0: none (yet).
  uint32_t responseStream() const { return responseStream_; }
  bool responded() const { return responded_; }

  // What the far peer does with the two streams.
  virtual Result<void> bodyChunk(Bytes bytes) = 0;
  virtual void bodyEnd() = 0;
  virtual void bodyAborted() = 0;
  virtual void addCredit(uint32_t bytes) = 0;
  // The response is read no further. True: then this is of no more use; false: it calls Peer::ended when it is.
  virtual bool responseCancelled() { return true; }
  // Tells the far peer that the rest of the body is not wanted, if there is a rest.
  void dropBody();

 protected:
  EgressExchange(Means means, Peer peer)
      : options_(means.options), access_(means.access), peer_(std::move(peer)), resolver_(means.resolver) {}

  // "fetch", "connect": how messages begin.
  virtual std::string_view verb() const = 0;
  virtual std::string failure(std::string_view why) const = 0;
  // The addresses of destination_, of which each is allowed; or why there are none.
  virtual void found(Result<Addresses> addresses) = 0;

  static rpc::Message streamMessage(rpc::MessageType type, uint32_t stream, Bytes payload = {});
  Error denied(egress::Verdict verdict);
  // Calls found(), later.
  void lookUp();
  void forgetLookup() { question_.reset(); }
  // Answers with `error`, or ends the response with it.
  void endWith(const Error& error);

  const EgressOptions& options_;
  const EgressAccess& access_;
  Peer peer_;
  uint32_t callId_ = 0;
  std::string method_;
  egress::Destination destination_;
  uint32_t bodyStream_ = 0;  // the far peer's stream that brings the body, until it ended; 0: none
  bool responded_ = false;
  uint32_t responseStream_ = 0;
  uint64_t credit_ = rpc::kInitialStreamCredit;

 private:
  void lookedUp(Result<Addresses> addresses);

  Resolver& resolver_;
  Resolver::Question question_;
};

}  // namespace mayfly::supervisor
