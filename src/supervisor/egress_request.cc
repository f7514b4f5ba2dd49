// SPDX-License-Identifier: Apache-2.0
#include "supervisor/egress_request.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

namespace mayfly::supervisor {
namespace {

constexpr size_t kChunkBytesMax = 64 * 1024;
// How long one of several addresses may take to be connected to, before the next is tried.
constexpr std::chrono::milliseconds kNextAddressAfter{2'000};

using rpc::Message;
using rpc::MessageType;

}  // namespace

EgressRequest::~EgressRequest() {
  if (easy_) loop_.remove(easy_.get());
}

Result<void> EgressRequest::start(Message fetch) {
  callId_ = fetch.id;
  bodyStream_ = fetch.stream;
  auto head = parseFetchHead(fetch.head);
  if (!head) return std::unexpected(head.error());
  method_ = head->method;
  easy_.reset(curl_easy_init());
  if (auto set = setUrl(head->url); !set) return set;
  if (auto set = setHeaders(*head); !set) return set;
  setBody(fetch, *head);
  setRest();
  connectUntil_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(options_.connectTimeoutMs);
  lookUp();
  return {};
}

// The URL is parsed once, by curl: policy sees what curl will connect to.
Result<void> EgressRequest::setUrl(const std::string& url) {
  url_.reset(curl_url());
  auto code = curl_url_set(url_.get(), CURLUPART_URL, url.c_str(),
                           CURLU_DISALLOW_USER | CURLU_NON_SUPPORT_SCHEME | CURLU_PATH_AS_IS);
  if (code != CURLUE_OK) {
    return mayfly::fail(ErrorCode::invalid, fmt::format("the URL cannot be fetched: {}", curl_url_strerror(code)));
  }
  auto part = [this](CURLUPart which) {
    char* text = nullptr;
    if (curl_url_get(url_.get(), which, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return std::string();
    std::string copy(text);
    curl_free(text);
    return copy;
  };
  auto port = static_cast<uint16_t>(std::strtoul(part(CURLUPART_PORT).c_str(), nullptr, 10));
  std::string scheme = part(CURLUPART_SCHEME);
  destination_ = {scheme, part(CURLUPART_HOST), std::nullopt, port};
  auto destination = egress::makeDestination(scheme, destination_.host, port);
  if (!destination) return std::unexpected(denied({false, "URL", destination.error().message}));
  destination_ = std::move(*destination);
  if (auto verdict = egress::judgeName(access_.layers, destination_); !verdict.allowed) {
    return std::unexpected(denied(std::move(verdict)));
  }
  if (auto secret = egress::findPlaceholder(access_.secrets, url); !secret.empty()) {
    return std::unexpected(denied(
        {false, "secret", fmt::format("the secret \"{}\" is in the URL; secrets are put into headers only", secret)}));
  }
  curl_easy_setopt(easy_.get(), CURLOPT_CURLU, url_.get());
  curl_easy_setopt(easy_.get(), CURLOPT_PATH_AS_IS, 1L);
  if (scheme == "https") curl_easy_setopt(easy_.get(), CURLOPT_PIPEWAIT, 1L);
  return {};
}

Result<void> EgressRequest::setHeaders(const FetchHead& head) {
  auto add = [this](const std::string& line) {
    curl_slist* first = curl_slist_append(headers_.get(), line.c_str());
    (void)headers_.release();  // is `first`, or its tail
    headers_.reset(first);
  };
  // "name:" would take a header away and "name;" sends an empty one.
  for (const auto& [name, given] : head.headers) {
    auto value = egress::putSecretsIn(access_.secrets, destination_, name, given);
    if (!value) return std::unexpected(denied({false, "secret", value.error().message}));
    add(value->empty() ? name + ";" : name + ": " + *value);
  }
  auto given = [&](std::string_view name) {
    return std::ranges::find(head.headers, name, [](const auto& header) { return header.first; }) != head.headers.end();
  };
  // What curl would add by itself.
  if (!given("accept")) add("accept:");
  // Bodies are unpacked by whoever asked for them.
  if (!given("accept-encoding")) add("accept-encoding: gzip, deflate");
  add("expect:");
  curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, headers_.get());
  return {};
}

void EgressRequest::setBody(Message& fetch, const FetchHead& head) {
  if (fetch.flags & rpc::kBodyStream) {
    body_ = RequestBody::stream(head.contentLength);
  } else if ((fetch.flags & rpc::kBodyInline) || method_ == "POST" || method_ == "PUT" || method_ == "PATCH") {
    body_ = RequestBody::whole(std::move(fetch.payload));
  }
  CURL* easy = easy_.get();
  if (method_ == "HEAD") {
    curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    return;
  }
  if (body_.exists()) {
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &EgressRequest::onRead);
    curl_easy_setopt(easy, CURLOPT_READDATA, this);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, &EgressRequest::onSeek);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, this);
    auto length = body_.length();
    curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, length ? static_cast<curl_off_t>(*length) : curl_off_t{-1});
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method_.c_str());
}

void EgressRequest::setRest() {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, errorText_);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // whatever the environment says
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_2TLS});
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &EgressRequest::onOpenSocket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, std::max(1L, long{options_.stallTimeoutMs} / 1000));
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, std::max(1L, long{options_.idleTimeoutMs} / 1000));
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  if (!options_.caFile.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options_.caFile.c_str());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &EgressRequest::onHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &EgressRequest::onWrite);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
}

// --- where to

void EgressRequest::found(Result<Addresses> addresses) {
  if (!addresses) return endWith(addresses.error());
  addresses_ = std::move(*addresses);
  connect();
}

// The name stays what TLS, the Host header and kept connections go by; of the latter curl takes only those that were
// made to the same address.
void EgressRequest::connect() {
  const egress::Address& address = addresses_[nextAddress_++];
  std::string to = address.isV4() ? address.text() : "[" + address.text() + "]";
  connectTo_.reset(curl_slist_append(nullptr, fmt::format("::{}:{}", to, destination_.port).c_str()));
  curl_easy_setopt(easy_.get(), CURLOPT_CONNECT_TO, connectTo_.get());
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(connectUntil_ - std::chrono::steady_clock::now());
  if (nextAddress_ < addresses_.size()) left = std::min(left, kNextAddressAfter);
  curl_easy_setopt(easy_.get(), CURLOPT_CONNECTTIMEOUT_MS, std::max(1L, static_cast<long>(left.count())));
  loop_.add(easy_.get(), [this](CURLcode code) { done(code); });
}

// Whatever curl was told or thinks, no socket is opened towards an address that was not judged.
curl_socket_t EgressRequest::onOpenSocket(void* self, curlsocktype, curl_sockaddr* to) {
  auto& request = *static_cast<EgressRequest*>(self);
  const egress::Address& judged = request.addresses_[request.nextAddress_ - 1];
  auto address = egress::addressOf(&to->addr);
  // The port stands at the same place for both families.
  uint16_t port = ntohs(reinterpret_cast<const sockaddr_in*>(&to->addr)->sin_port);
  if (!address || *address != judged || port != request.destination_.port) {
    request.failure_ = "the address to connect to is not the one that was judged";
    return CURL_SOCKET_BAD;
  }
  return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

// --- the request's body

Result<void> EgressRequest::bodyChunk(Bytes bytes) {
  auto added = body_.add(std::move(bytes));
  if (added) resume(CURLPAUSE_SEND);
  return added;
}

void EgressRequest::bodyEnd() {
  bodyStream_ = 0;
  body_.end();
  resume(CURLPAUSE_SEND);
}

void EgressRequest::bodyAborted() {
  bodyStream_ = 0;
  forgetLookup();
  loop_.remove(easy_.get());
  fail("the request's body was aborted");
}

size_t EgressRequest::onRead(char* to, size_t one, size_t size, void* self) {
  auto& request = *static_cast<EgressRequest*>(self);
  auto read = request.body_.read({reinterpret_cast<uint8_t*>(to), one * size});
  if (!read) {
    request.failure_ = read.error().message;
    return CURL_READFUNC_ABORT;
  }
  if (read->waits) {
    request.paused_ |= CURLPAUSE_SEND;
    return CURL_READFUNC_PAUSE;
  }
  if (request.bodyStream_ != 0 && read->bytes > 0) {
    Message credit = streamMessage(MessageType::credit, request.bodyStream_);
    credit.target = static_cast<uint32_t>(read->bytes);
    request.peer_.send(std::move(credit));
  }
  return read->bytes;
}

int EgressRequest::onSeek(void* self, curl_off_t offset, int origin) {
  auto& body = static_cast<EgressRequest*>(self)->body_;
  bool went = origin == SEEK_SET && offset >= 0 && body.seek(static_cast<uint64_t>(offset));
  return went ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

// --- the response

size_t EgressRequest::onHeader(char* data, size_t one, size_t size, void* self) {
  auto& request = *static_cast<EgressRequest*>(self);
  auto added = request.head_.addLine({data, one * size});
  if (!added) {
    request.failure_ = added.error().message;
    return 0;
  }
  if (request.head_.complete() && !request.responded_) request.respond();
  return one * size;
}

void EgressRequest::respond() {
  responded_ = true;
  Message message = streamMessage(MessageType::response, callId_);
  message.target = head_.status();
  bool hasBody = head_.hasBody(method_);
  message.head = head_.text();
  if (hasBody && head_.isEmpty()) {
    message.flags = rpc::kBodyInline;
  } else if (hasBody) {
    responseStream_ = peer_.newStream();
    message.flags = rpc::kBodyStream;
    message.stream = responseStream_;
  }
  peer_.send(std::move(message));
}

// Sends as much as there is credit for and returns how much that was.
size_t EgressRequest::sendUnderCredit(std::string_view bytes) {
  size_t size = std::min<uint64_t>(bytes.size(), credit_);
  credit_ -= size;
  for (size_t at = 0; at < size; at += kChunkBytesMax) {
    auto part = bytes.substr(at, std::min(size - at, kChunkBytesMax));
    peer_.send(streamMessage(MessageType::chunk, responseStream_, Bytes::copyOf(part)));
  }
  return size;
}

size_t EgressRequest::onWrite(char* data, size_t one, size_t size, void* self) {
  auto& request = *static_cast<EgressRequest*>(self);
  std::string_view bytes(data, one * size);
  if (request.responseStream_ == 0) return bytes.size();
  if (request.credit_ == 0 || !request.held_.empty()) {
    request.paused_ |= CURLPAUSE_RECV;
    return CURL_WRITEFUNC_PAUSE;
  }
  request.held_ = bytes.substr(request.sendUnderCredit(bytes));
  return bytes.size();
}

void EgressRequest::addCredit(uint32_t bytes) {
  credit_ += bytes;
  held_.erase(0, sendUnderCredit(held_));
  if (received_) return sendEnd();
  if (held_.empty() && credit_ > 0) resume(CURLPAUSE_RECV);
}

void EgressRequest::resume(int direction) {
  if ((paused_ & direction) == 0) return;
  paused_ &= ~direction;
  curl_easy_pause(easy_.get(), paused_);
}

void EgressRequest::done(CURLcode code) {
  if (code == CURLE_OK && responded_) {
    received_ = true;
    dropBody();
    return sendEnd();
  }
  curl_off_t connectedAfterUs = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_CONNECT_TIME_T, &connectedAfterUs);
  if (connectedAfterUs == 0 && (code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT) && !responded_ &&
      failure_.empty() && nextAddress_ < addresses_.size()) {
    errorText_[0] = '\0';
    return connect();
  }
  std::string why = failure_;
  if (why.empty()) why = errorText_[0] ? errorText_ : curl_easy_strerror(code);
  fail(std::move(why));
}

void EgressRequest::sendEnd() {
  if (!held_.empty()) return;
  if (responseStream_ != 0) peer_.send(streamMessage(MessageType::end, responseStream_));
  peer_.ended();
}

std::string EgressRequest::failure(std::string_view why) const {
  return fmt::format("fetch from {} failed: {}", destination_.text(), why);
}

void EgressRequest::fail(std::string why) { endWith(Error{ErrorCode::unavailable, failure(why)}); }

}  // namespace mayfly::supervisor
