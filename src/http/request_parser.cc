// SPDX-License-Identifier: Apache-2.0
#include "http/request_parser.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstring>
#include <string>

#include "http/characters.h"

namespace mayfly::http {
namespace {

constexpr size_t kMethodBytesMax = 32;
// Before a request line, where some clients leave them behind a body (RFC 9112, section 2.2).
constexpr int kEmptyLinesMax = 4;

bool isDigit(char c) { return c >= '0' && c <= '9'; }

// The URL standard takes a host whose last label is a number for an IPv4 address, in many spellings; here only the
// dotted quad is one, and anything else that looks like a number is refused.
bool endsInNumber(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  std::string_view last = host.substr(host.rfind('.') + 1);  // npos + 1 is 0
  if (last.starts_with("0x") || last.starts_with("0X")) return true;
  return !last.empty() && last.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

bool isAuthority(std::string_view text) {
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    size_t close = text.find(']');
    if (close == std::string_view::npos) return false;
    in6_addr address;
    if (inet_pton(AF_INET6, std::string(text.substr(1, close - 1)).c_str(), &address) != 1) return false;
    port = text.substr(close + 1);
    if (!port.empty() && port[0] != ':') return false;
  } else {
    size_t colon = text.find(':');
    host = text.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view() : text.substr(colon);
    if (host.empty() || host.size() > 255) return false;
    for (char c : host) {
      bool alphanumeric = isDigit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
      if (!alphanumeric && std::string_view("-._~!$&'()*+,;=").find(c) == std::string_view::npos) return false;
    }
    if (endsInNumber(host)) {
      in_addr address;
      if (inet_pton(AF_INET, std::string(host).c_str(), &address) != 1) return false;
    }
  }
  if (port.size() <= 1) return true;
  uint16_t number = 0;
  auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size();
}

RequestParser::Progress RequestParser::reject(uint16_t status, std::string_view text) {
  rejection_ = {status, text};
  return Progress::rejected;
}

void RequestParser::reset() {
  position_ = scanned_ = 0;
  sawRequestLine_ = false;
  emptyLines_ = 0;
  host_ = {};
  runs_.clear();
  sawHost_ = sawLength_ = sawTransferEncoding_ = close_ = keepAlive_ = false;
  head_ = {};
}

RequestParser::Progress RequestParser::parse(std::span<char> bytes, const Limits& limits) {
  for (;;) {
    const char* newline = nullptr;
    if (bytes.size() > scanned_) {
      newline = static_cast<const char*>(std::memchr(bytes.data() + scanned_, '\n', bytes.size() - scanned_));
    }
    if (newline == nullptr) {
      scanned_ = bytes.size();
      if (!sawRequestLine_ && bytes.size() > position_) {
        auto first = uint8_t(bytes[position_]);
        if (first == 0x16) return reject(400, "this port speaks plain HTTP, and this looks like TLS");
        if (first != '\r' && kTokenLower[first] == 0) return reject(400, "malformed request line");
        if (bytes.size() - position_ > limits.urlBytesMax + kMethodBytesMax + 16)
          return reject(414, "the URL is too long");
      }
      if (bytes.size() > limits.headerBytesMax) return reject(431, "the headers are too large");
      return Progress::more;
    }

    size_t end = size_t(newline - bytes.data());  // of '\n'
    scanned_ = end + 1;
    if (end >= limits.headerBytesMax) {
      if (!sawRequestLine_ && end - position_ > limits.urlBytesMax) return reject(414, "the URL is too long");
      return reject(431, "the headers are too large");
    }
    if (end == position_ || bytes[end - 1] != '\r') return reject(400, "a line does not end in CR LF");
    end--;  // of the line

    if (!sawRequestLine_) {
      if (end == position_) {
        if (++emptyLines_ > kEmptyLinesMax) return reject(400, "malformed request line");
      } else {
        if (!requestLine(bytes, end, limits)) return Progress::rejected;
        sawRequestLine_ = true;
      }
    } else if (end == position_) {
      position_ = scanned_;
      return finish(bytes) ? Progress::done : Progress::rejected;
    } else {
      if (runs_.size() == limits.fieldsMax) return reject(431, "too many headers");
      if (!fieldLine(bytes, end)) return Progress::rejected;
    }
    position_ = scanned_;
  }
}

bool RequestParser::requestLine(std::span<char> bytes, size_t end, const Limits& limits) {
  auto bad = [this](uint16_t status, std::string_view text) {
    reject(status, text);
    return false;
  };
  std::string_view line(bytes.data() + position_, end - position_);
  size_t space = line.find(' ');
  size_t lastSpace = line.rfind(' ');
  std::string_view method = line.substr(0, space);
  if (!isToken(method)) return bad(400, "malformed request line: the method is not a token");
  if (method.size() > kMethodBytesMax) return bad(501, "the method is not supported");
  if (space == std::string_view::npos || lastSpace == space)
    return bad(400, "malformed request line: expected METHOD URL HTTP/1.1");

  std::string_view version = line.substr(lastSpace + 1);
  if (version.size() != 8 || !version.starts_with("HTTP/") || !isDigit(version[5]) || version[6] != '.' ||
      !isDigit(version[7])) {
    return bad(400, "malformed request line: the version is not HTTP/1.1");
  }
  if (version[5] != '1') return bad(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
  head_.minorVersion = version[7] == '0' ? 0 : 1;

  std::string_view target = line.substr(space + 1, lastSpace - space - 1);
  if (target.size() > limits.urlBytesMax) return bad(414, "the URL is too long");
  if (target.empty()) return bad(400, "malformed request line: no URL");
  for (char c : target) {
    if (uint8_t(c) <= 0x20 || c == 0x7f || c == '#')
      return bad(400, "the URL holds a character that must be percent-encoded");
  }
  if (method == "CONNECT" || method == "TRACE") return bad(501, "the method is not supported");

  method_ = {uint32_t(position_), uint32_t(method.size())};
  target_ = {uint32_t(position_ + space + 1), uint32_t(target.size())};
  return true;
}

bool RequestParser::fieldLine(std::span<char> bytes, size_t end) {
  auto bad = [this](std::string_view text) {
    reject(400, text);
    return false;
  };
  size_t at = position_;
  if (bytes[at] == ' ' || bytes[at] == '\t') return bad("a header is folded over several lines");
  for (; at < end; at++) {
    char lowered = kTokenLower[uint8_t(bytes[at])];
    if (lowered == 0) break;
    bytes[at] = lowered;
  }
  if (at == end || bytes[at] != ':' || at == position_)
    return bad("a header name holds a character that is not allowed");
  Run name{uint32_t(position_), uint32_t(at - position_)};
  at++;
  while (at < end && (bytes[at] == ' ' || bytes[at] == '\t')) at++;
  while (end > at && (bytes[end - 1] == ' ' || bytes[end - 1] == '\t')) end--;
  Run value{uint32_t(at), uint32_t(end - at)};
  if (!isFieldValue(value.in(bytes))) return bad("a header value holds a control character");
  if (!knownField(name.in(bytes), value, value.in(bytes))) return false;
  runs_.push_back({name, value});
  return true;
}

// What the headers say about the message itself.
bool RequestParser::knownField(std::string_view name, Run value, std::string_view text) {
  auto bad = [this](uint16_t status, std::string_view why) {
    reject(status, why);
    return false;
  };
  switch (name.size()) {
    case 4:
      if (name != "host") return true;
      if (sawHost_) return bad(400, "more than one Host header");
      sawHost_ = true;
      host_ = value;
      if (!isAuthority(text)) return bad(400, "the Host header is not a host name");
      return true;
    case 6:
      if (name != "expect") return true;
      if (!equalsIgnoringCase(text, "100-continue"))
        return bad(417, "the only expectation that is understood is 100-continue");
      head_.expectContinue = true;
      return true;
    case 10:
      if (name != "connection") return true;
      eachListElement(text, [this](std::string_view option) {
        if (equalsIgnoringCase(option, "close")) close_ = true;
        if (equalsIgnoringCase(option, "keep-alive")) keepAlive_ = true;
      });
      return true;
    case 14: {
      if (name != "content-length") return true;
      if (sawLength_) return bad(400, "more than one Content-Length header");
      sawLength_ = true;
      // from_chars takes a '-' for signed types only, and never a '+', white space or a prefix.
      auto [last, error] = std::from_chars(text.data(), text.data() + text.size(), head_.length);
      if (error == std::errc::result_out_of_range) return bad(400, "the Content-Length is too large a number");
      if (error != std::errc() || last != text.data() + text.size())
        return bad(400, "the Content-Length is not a number");
      return true;
    }
    case 17:
      if (name != "transfer-encoding") return true;
      if (sawTransferEncoding_) return bad(400, "more than one Transfer-Encoding header");
      sawTransferEncoding_ = true;
      if (!equalsIgnoringCase(text, "chunked"))
        return bad(400, "the only Transfer-Encoding that is understood is chunked");
      return true;
    default: return true;
  }
}

bool RequestParser::finish(std::span<char> bytes) {
  auto bad = [this](std::string_view text) {
    reject(400, text);
    return false;
  };
  if (sawTransferEncoding_) {
    if (sawLength_) return bad("both Content-Length and Transfer-Encoding");
    if (head_.minorVersion == 0) return bad("Transfer-Encoding in HTTP/1.0");
    head_.framing = Framing::chunked;
  } else if (sawLength_) {
    head_.framing = Framing::length;
  }
  if (head_.minorVersion == 0) head_.expectContinue = false;
  head_.keepAlive = !close_ && (head_.minorVersion == 1 || keepAlive_);
  if (!sawHost_ && head_.minorVersion == 1) return bad("the Host header is missing");
  return place(bytes);
}

// Turns offsets into views.
bool RequestParser::place(std::span<char> bytes) {
  head_.method = method_.in(bytes);
  head_.target = target_.in(bytes);
  head_.authority = host_.in(bytes);
  fields_.clear();
  for (const FieldRun& run : runs_) fields_.push_back({run.name.in(bytes), run.value.in(bytes)});
  head_.fields = fields_;
  return resolveTarget();
}

// RFC 9112, 3.2. An absolute form whose authority is not that of Host is refused: the standard lets the former win, but
// whoever stands in front may have looked at the latter.
bool RequestParser::resolveTarget() {
  std::string_view target = head_.target;
  if (target[0] == '/') {
    head_.path = target;
    return true;
  }
  if (target == "*" && head_.method == "OPTIONS") {
    head_.path = target;
    return true;
  }
  size_t scheme = equalsIgnoringCase(target.substr(0, 7), "http://")    ? 7
                  : equalsIgnoringCase(target.substr(0, 8), "https://") ? 8
                                                                        : 0;
  if (scheme == 0) {
    reject(400, "the URL must begin with a slash");
    return false;
  }
  size_t end = std::min(target.find_first_of("/?", scheme), target.size());
  std::string_view authority = target.substr(scheme, end - scheme);
  if (!isAuthority(authority)) {
    reject(400, "the URL holds no valid host name");
    return false;
  }
  if (sawHost_ && !equalsIgnoringCase(authority, head_.authority)) {
    reject(400, "the URL and the Host header name different hosts");
    return false;
  }
  head_.authority = authority;
  head_.path = target.substr(end);
  return true;
}

}  // namespace mayfly::http
