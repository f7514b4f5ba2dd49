// SPDX-License-Identifier: Apache-2.0
#include "supervisor/egress_request.h"

#include <fmt/format.h>

#include <algorithm>

#include "rpc/error_record.h"

namespace mayfly::supervisor {
namespace {

constexpr size_t kChunkBytesMax = 64 * 1024;

using rpc::Message;
using rpc::MessageType;

Message streamMessage(MessageType type, uint32_t stream, Bytes payload = {}) {
  Message message;
  message.type = type;
  message.id = stream;
  message.payload = std::move(payload);
  return message;
}

}  // namespace

EgressRequest::~EgressRequest() {
  if (easy_) loop_.remove(easy_.get());
}

Message EgressRequest::errorResponse(uint32_t callId, std::string_view why) {
  Message message = streamMessage(MessageType::response, callId);
  message.head = why;
  std::ranges::replace_if(message.head, [](char c) { return c == '\n' || c == '\r' || c == '\0'; }, ' ');
  return message;
}

Result<void> EgressRequest::start(Message fetch) {
  callId_ = fetch.id;
  bodyStream_ = fetch.stream;
  auto head = parseFetchHead(fetch.head);
  if (!head) return std::unexpected(head.error());
  method_ = head->method;
  easy_.reset(curl_easy_init());
  if (auto set = setUrl(head->url); !set) return set;
  setHeaders(*head);
  setBody(fetch, *head);
  setRest();
  loop_.add(easy_.get(), [this](CURLcode code) { done(code); });
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
  std::string port = part(CURLUPART_PORT);
  egress::Destination destination{part(CURLUPART_SCHEME), part(CURLUPART_HOST),
                                  static_cast<uint16_t>(std::strtoul(port.c_str(), nullptr, 10))};
  if (auto allowed = egress::check(options_.rules, destination); !allowed) return allowed;
  host_ = destination.host + ":" + port;
  curl_easy_setopt(easy_.get(), CURLOPT_CURLU, url_.get());
  curl_easy_setopt(easy_.get(), CURLOPT_PATH_AS_IS, 1L);
  if (destination.scheme == "https") curl_easy_setopt(easy_.get(), CURLOPT_PIPEWAIT, 1L);
  return {};
}

void EgressRequest::setHeaders(const FetchHead& head) {
  auto add = [this](const std::string& line) {
    curl_slist* first = curl_slist_append(headers_.get(), line.c_str());
    (void)headers_.release();  // is `first`, or its tail
    headers_.reset(first);
  };
  // "name:" would take a header away and "name;" sends an empty one.
  for (const auto& [name, value] : head.headers) add(value.empty() ? name + ";" : name + ": " + value);
  // What curl would add by itself.
  if (std::ranges::find(head.headers, "accept", [](const auto& header) { return header.first; }) ==
      head.headers.end()) {
    add("accept:");
  }
  add("expect:");
  curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, headers_.get());
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
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, long{options_.connectTimeoutMs});
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate, br");
  if (!options_.caFile.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options_.caFile.c_str());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &EgressRequest::onHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &EgressRequest::onWrite);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
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

void EgressRequest::dropBody() {
  if (bodyStream_ == 0) return;
  peer_.send(streamMessage(MessageType::cancel, bodyStream_,
                           rpc::encodeErrorRecord("TypeError", "The request ended before its body was sent.")));
  bodyStream_ = 0;
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
  message.head = head_.text(hasBody);
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
  std::string why = failure_;
  if (why.empty()) why = errorText_[0] ? errorText_ : curl_easy_strerror(code);
  fail(std::move(why));
}

void EgressRequest::sendEnd() {
  if (!held_.empty()) return;
  if (responseStream_ != 0) peer_.send(streamMessage(MessageType::end, responseStream_));
  peer_.ended();
}

void EgressRequest::fail(std::string why) {
  dropBody();
  std::string text = fmt::format("fetch from {} failed: {}", host_, why);
  if (!responded_) {
    peer_.send(errorResponse(callId_, text));
  } else if (responseStream_ != 0) {
    peer_.send(streamMessage(MessageType::abort, responseStream_, rpc::encodeErrorRecord("Error", text)));
  }
  peer_.ended();
}

}  // namespace mayfly::supervisor
