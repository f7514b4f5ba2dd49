// SPDX-License-Identifier: Apache-2.0
#include "supervisor/egress_exchange.h"

#include <fmt/format.h>

#include <algorithm>

#include "rpc/error_record.h"

namespace mayfly::supervisor {

using rpc::Message;
using rpc::MessageType;

Message EgressExchange::streamMessage(MessageType type, uint32_t stream, Bytes payload) {
  Message message;
  message.type = type;
  message.id = stream;
  message.payload = std::move(payload);
  return message;
}

Message EgressExchange::errorResponse(uint32_t callId, const Error& error) {
  Message message = streamMessage(MessageType::response, callId);
  message.head = error.message;
  std::ranges::replace_if(message.head, [](char c) { return c == '\n' || c == '\r' || c == '\0'; }, ' ');
  if (!error.name.empty()) message.head += "\n" + error.name;
  return message;
}

Error EgressExchange::denied(egress::Verdict verdict) {
  verdict.allowed = false;
  Error error{
      ErrorCode::denied,
      fmt::format("{} to {} was refused: {} (rule: {})", verb(), destination_.text(), verdict.reason, verdict.rule),
      "EgressDenied"};
  peer_.decided({std::move(verdict), method_, destination_.text()});
  return error;
}

void EgressExchange::lookUp() {
  auto known = [this](Addresses addresses) {
    // As if it had been looked up, so that what follows from it follows later in each case.
    question_ =
        resolver_.answer(std::move(addresses), [this](Result<Addresses> result) { lookedUp(std::move(result)); });
  };
  if (destination_.literal) return known({*destination_.literal});
  if (auto fixed = access_.hosts->find(destination_.host); fixed != access_.hosts->end()) return known(fixed->second);
  // No name server has a say in where this leads.
  if (egress::isLocalhost(destination_.host)) {
    return known({*egress::parseAddress("127.0.0.1"), *egress::parseAddress("::1")});
  }
  question_ = resolver_.ask(access_.tenant, destination_.host, options_.connectTimeoutMs,
                            [this](Result<Addresses> result) { lookedUp(std::move(result)); });
}

void EgressExchange::lookedUp(Result<Addresses> addresses) {
  question_.reset();
  if (!addresses) {
    return found(std::unexpected(Error{addresses.error().code,
                                       failure("the name cannot be resolved: " + addresses.error().message),
                                       "EgressDnsFailed"}));
  }
  egress::Verdict verdict = egress::judge(access_.layers, destination_, *addresses, peer_.here());
  if (!verdict.allowed) return found(std::unexpected(denied(std::move(verdict))));
  peer_.decided({std::move(verdict), method_, destination_.text()});
  found(std::move(addresses));
}

void EgressExchange::dropBody() {
  if (bodyStream_ == 0) return;
  peer_.send(streamMessage(MessageType::cancel, bodyStream_,
                           rpc::encodeErrorRecord("TypeError", "The request ended before its body was sent.")));
  bodyStream_ = 0;
}

void EgressExchange::endWith(const Error& error) {
  dropBody();
  if (!responded_) {
    peer_.send(errorResponse(callId_, error));
  } else if (responseStream_ != 0) {
    peer_.send(streamMessage(MessageType::abort, responseStream_, rpc::encodeErrorRecord("Error", error.message)));
  }
  peer_.ended();
}

}  // namespace mayfly::supervisor
