// SPDX-License-Identifier: Apache-2.0
#include "http/response_head.h"

#include <charconv>

#include "http/characters.h"

namespace mayfly::http {
namespace {

// Of this connection, not of the response.
bool isHopByHop(std::string_view name) {
  switch (name.size()) {
    case 2: return name == "te";
    case 7: return name == "trailer" || name == "upgrade";
    case 10: return name == "connection" || name == "keep-alive";
    case 16: return name == "proxy-connection";
    case 17: return name == "transfer-encoding";
    default: return false;
  }
}

void appendNumber(std::string& out, uint64_t number) {
  char digits[24];
  auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, end);
}

// Takes the next '\n'-separated field off `text`.
std::string_view next(std::string_view& text) {
  size_t end = text.find('\n');
  std::string_view field = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return field;
}

}  // namespace

std::expected<ResponseFraming, std::string_view> appendResponseHead(std::string& out, const ResponseHead& head,
                                                                    const ResponseContext& context) {
  const size_t before = out.size();
  auto refuse = [&](std::string_view why) {
    out.resize(before);
    return std::unexpected(why);
  };
  if (head.status < 200 || head.status > 599) return refuse("the response status is not between 200 and 599");

  // A '\n' that ends the text leaves an empty value behind, which next() cannot tell from the end: count instead.
  std::string_view rest = head.text;
  std::string_view reason = next(rest);
  if (reason.empty()) reason = reasonPhrase(head.status);
  if (!isFieldValue(reason)) return refuse("the response status text holds a control character");
  bool anyFields = head.text.find('\n') != std::string_view::npos;

  out.append("HTTP/1.1 ");
  appendNumber(out, head.status);
  out.push_back(' ');
  out.append(reason);
  out.append("\r\n");

  std::optional<uint64_t> givenLength;
  bool sawDate = false;
  while (anyFields) {
    size_t nameEnd = rest.find('\n');
    if (nameEnd == std::string_view::npos) return refuse("the response headers are not pairs of name and value");
    std::string_view name = rest.substr(0, nameEnd);
    rest.remove_prefix(nameEnd + 1);
    anyFields = rest.find('\n') != std::string_view::npos;
    std::string_view value = next(rest);

    const size_t start = out.size();
    out.append(name);
    for (size_t i = start; i < out.size(); i++) {
      out[i] = kTokenLower[uint8_t(out[i])];
      if (out[i] == 0) return refuse("a response header name holds a character that is not allowed");
    }
    name = std::string_view(out).substr(start);
    if (name.empty()) return refuse("a response header has no name");
    if (!isFieldValue(value)) return refuse("a response header value holds a control character");
    if (name == "content-length") {
      uint64_t length = 0;
      auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
      if (error != std::errc() || end != value.data() + value.size())
        return refuse("the response's Content-Length is not a number");
      if (givenLength && *givenLength != length) return refuse("the response has two different Content-Length headers");
      givenLength = length;
      out.resize(start);
      continue;
    }
    if (isHopByHop(name)) {
      out.resize(start);
      continue;
    }
    if (name == "date") sawDate = true;
    out.append(": ");
    out.append(value);
    out.append("\r\n");
  }

  ResponseFraming framing;
  framing.keepAlive = context.keepAlive;
  auto lengthHeader = [&](uint64_t length) {
    out.append("content-length: ");
    appendNumber(out, length);
    out.append("\r\n");
  };
  if (head.status == 204 || head.status == 304 || context.isHead) {
    // The length, if any, is that of the body which a GET would have had.
    if (head.status != 204) {
      if (givenLength) {
        lengthHeader(*givenLength);
      } else if (context.wholeBytes.value_or(0) > 0 && head.status != 304) {
        lengthHeader(*context.wholeBytes);
      }
    }
  } else if (context.wholeBytes) {
    framing.body = ResponseFraming::Body::length;
    framing.length = *context.wholeBytes;
    lengthHeader(framing.length);
  } else if (givenLength) {
    framing.body = ResponseFraming::Body::length;
    framing.length = *givenLength;
    lengthHeader(framing.length);
  } else if (context.minorVersion == 0) {
    framing.body = ResponseFraming::Body::untilClose;
    framing.keepAlive = false;
  } else {
    framing.body = ResponseFraming::Body::chunked;
    out.append("transfer-encoding: chunked\r\n");
  }

  if (!sawDate) {
    out.append("date: ");
    out.append(context.date);
    out.append("\r\n");
  }
  if (!framing.keepAlive) {
    out.append("connection: close\r\n");
  } else if (context.minorVersion == 0) {
    out.append("connection: keep-alive\r\n");
  }
  out.append("\r\n");
  return framing;
}

std::string_view reasonPhrase(uint16_t status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 203: return "Non-Authoritative Information";
    case 204: return "No Content";
    case 205: return "Reset Content";
    case 206: return "Partial Content";
    case 300: return "Multiple Choices";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 418: return "I'm a teapot";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 425: return "Too Early";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 451: return "Unavailable For Legal Reasons";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    case 511: return "Network Authentication Required";
    default: return "";
  }
}

std::string_view DateText::now() {
  time_t second = time(nullptr);
  if (second != second_) {
    second_ = second;
    tm utc;
    gmtime_r(&second, &utc);
    strftime(text_, sizeof text_, "%a, %d %b %Y %H:%M:%S GMT", &utc);
  }
  return text_;
}

}  // namespace mayfly::http
