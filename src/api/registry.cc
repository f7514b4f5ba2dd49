// SPDX-License-Identifier: Apache-2.0
#include "api/registry.h"

namespace mayfly::api {

// Each is defined in the folder's *_ops.cc as `std::span<const isolate::Op> urlOps() { static constexpr Op kOps[] ...`.

std::span<const isolate::Op> bufferOps();
std::span<const isolate::Op> cacheOps();
std::span<const isolate::Op> codecOps();
std::span<const isolate::Op> compressionOps();
std::span<const isolate::Op> consoleOps();
std::span<const isolate::Op> cryptoOps();
std::span<const isolate::Op> encodingOps();
std::span<const isolate::Op> htmlRewriterOps();
std::span<const isolate::Op> nodeCryptoOps();
std::span<const isolate::Op> nodeKeyOps();
std::span<const isolate::Op> subtleOps();
std::span<const isolate::Op> urlOps();

std::vector<std::span<const isolate::Op>> opTables() {
  return {
      compressionOps(),
      consoleOps(),
      encodingOps(),
      urlOps(),
  };
}

std::vector<isolate::GroupOps> groupOpTables() {
  return {
      {"mayfly:node/buffer", bufferOps()},  {"mayfly:node/crypto", nodeCryptoOps()},
      {"mayfly:node/crypto", nodeKeyOps()}, {"mayfly:web/cache", cacheOps()},
      {"mayfly:node/zlib", codecOps()},     {"mayfly:web/crypto", cryptoOps()},
      {"mayfly:web/crypto", subtleOps()},   {"mayfly:web/html_rewriter", htmlRewriterOps()},
  };
}

}  // namespace mayfly::api
