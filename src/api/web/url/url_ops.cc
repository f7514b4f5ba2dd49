// SPDX-License-Identifier: Apache-2.0
// URL parsing for mayfly:web/url and mayfly:web/fetch through ada, which Node's executable exports with a C interface but
// without its header: what is used is declared here. One call parses (or parses, sets and serializes) and gives back the
// href; the offsets of its parts go into an Int32Array of the caller, so that no getter needs another call.
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>

#include "isolate/ops.h"

extern "C" {
using AdaUrl = void*;
struct AdaString {
  const char* data;
  size_t length;
};
struct AdaComponents {
  uint32_t protocolEnd;
  uint32_t usernameEnd;
  uint32_t hostStart;
  uint32_t hostEnd;
  uint32_t port;  // all ones: none; so are searchStart and hashStart
  uint32_t pathnameStart;
  uint32_t searchStart;
  uint32_t hashStart;
};
AdaUrl ada_parse(const char* input, size_t length);
AdaUrl ada_parse_with_base(const char* input, size_t inputLength, const char* base, size_t baseLength);
bool ada_can_parse(const char* input, size_t length);
bool ada_can_parse_with_base(const char* input, size_t inputLength, const char* base, size_t baseLength);
bool ada_is_valid(AdaUrl url);
void ada_free(AdaUrl url);
AdaString ada_get_href(AdaUrl url);
const AdaComponents* ada_get_components(AdaUrl url);
bool ada_set_protocol(AdaUrl url, const char* input, size_t length);
bool ada_set_username(AdaUrl url, const char* input, size_t length);
bool ada_set_password(AdaUrl url, const char* input, size_t length);
bool ada_set_host(AdaUrl url, const char* input, size_t length);
bool ada_set_hostname(AdaUrl url, const char* input, size_t length);
bool ada_set_port(AdaUrl url, const char* input, size_t length);
bool ada_set_pathname(AdaUrl url, const char* input, size_t length);
void ada_set_search(AdaUrl url, const char* input, size_t length);
void ada_set_hash(AdaUrl url, const char* input, size_t length);
}

namespace mayfly::api {
namespace {

struct AdaFree {
  void operator()(void* url) const { ada_free(url); }
};
using Url = std::unique_ptr<void, AdaFree>;

// In step with `Part` in url.ts.
enum class Part : int32_t { protocol, username, password, host, hostname, port, pathname, search, hash };

Url parse(const std::string& input) { return Url(ada_parse(input.data(), input.size())); }

// Gives back the href (ASCII) and, where arguments[index] is an Int32Array of 8, the offsets.
void returnUrl(isolate::OpArguments arguments, int index, const Url& url) {
  std::span<uint8_t> offsets = isolate::bytesOf(arguments[index]);
  if (offsets.size() == sizeof(AdaComponents))
    std::memcpy(offsets.data(), ada_get_components(url.get()), sizeof(AdaComponents));
  AdaString href = ada_get_href(url.get());
  arguments.GetReturnValue().Set(isolate::makeLatin1(arguments.GetIsolate(), {href.data, href.length}));
}

// urlParse(input, base | undefined, offsets | undefined): href, or undefined when that is no URL.
void urlParse(isolate::OpArguments arguments) {
  std::string input = isolate::toUtf8(arguments.GetIsolate(), arguments[0]);
  Url url;
  if (arguments[1]->IsUndefined()) {
    url = parse(input);
  } else {
    std::string base = isolate::toUtf8(arguments.GetIsolate(), arguments[1]);
    url.reset(ada_parse_with_base(input.data(), input.size(), base.data(), base.size()));
  }
  if (url && ada_is_valid(url.get())) returnUrl(arguments, 2, url);
}

// urlCanParse(input, base | undefined): boolean
void urlCanParse(isolate::OpArguments arguments) {
  std::string input = isolate::toUtf8(arguments.GetIsolate(), arguments[0]);
  bool valid = false;
  if (arguments[1]->IsUndefined()) {
    valid = ada_can_parse(input.data(), input.size());
  } else {
    std::string base = isolate::toUtf8(arguments.GetIsolate(), arguments[1]);
    valid = ada_can_parse_with_base(input.data(), input.size(), base.data(), base.size());
  }
  arguments.GetReturnValue().Set(valid);
}

// urlSet(href, part, value, offsets): the new href. A value that does not fit changes nothing, as the standard has it.
void urlSet(isolate::OpArguments arguments) {
  Url url = parse(isolate::toUtf8(arguments.GetIsolate(), arguments[0]));
  if (!url || !ada_is_valid(url.get())) {
    isolate::throwTypeError(arguments.GetIsolate(), "Invalid URL string.");
    return;
  }
  std::string value = isolate::toUtf8(arguments.GetIsolate(), arguments[2]);
  const char* data = value.data();
  size_t size = value.size();
  switch (static_cast<Part>(arguments[1].As<v8::Int32>()->Value())) {
    case Part::protocol: ada_set_protocol(url.get(), data, size); break;
    case Part::username: ada_set_username(url.get(), data, size); break;
    case Part::password: ada_set_password(url.get(), data, size); break;
    case Part::host: ada_set_host(url.get(), data, size); break;
    case Part::hostname: ada_set_hostname(url.get(), data, size); break;
    case Part::port: ada_set_port(url.get(), data, size); break;
    case Part::pathname: ada_set_pathname(url.get(), data, size); break;
    case Part::search: ada_set_search(url.get(), data, size); break;
    case Part::hash: ada_set_hash(url.get(), data, size); break;
  }
  returnUrl(arguments, 3, url);
}

}  // namespace

std::span<const isolate::Op> urlOps() {
  static constexpr isolate::Op kOps[] = {
      {"urlParse", urlParse},
      {"urlCanParse", urlCanParse},
      {"urlSet", urlSet},
  };
  return kOps;
}

}  // namespace mayfly::api
