// SPDX-License-Identifier: Apache-2.0
// What a client may cost the HTTP server. Every bound that it enforces on its own account is one of these.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mayfly::http {

struct Limits {
  size_t headerBytesMax = size_t{128} * 1024;  // request line and headers, also the trailers of a chunked body: 431
  size_t urlBytesMax = size_t{16} * 1024;      // request target: 414
  size_t fieldsMax = 1000;                     // number of headers: 431
  uint64_t bodyBytesMax = uint64_t{100} * 1024 * 1024;  // 413
  uint32_t headerTimeoutMs = 10'000;  // from the first byte (first request: from accept) to the whole head: 408
  uint32_t bodyTimeoutMs = 30'000;    // between two reads of a body that somebody waits for: 408
  uint32_t writeTimeoutMs = 30'000;   // between two moments at which the client takes bytes: reset
  uint32_t idleTimeoutMs = 60'000;    // keep-alive without a request: close
  size_t connectionsMax = 10'000;     // further ones wait in the kernel's queue
};

}  // namespace mayfly::http
