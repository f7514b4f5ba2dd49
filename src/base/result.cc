// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

namespace mayfly {

std::string_view errorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid: return "invalid";
    case ErrorCode::notFound: return "notFound";
    case ErrorCode::denied: return "denied";
    case ErrorCode::limit: return "limit";
    case ErrorCode::timeout: return "timeout";
    case ErrorCode::unavailable: return "unavailable";
    case ErrorCode::corrupt: return "corrupt";
    case ErrorCode::internal: return "internal";
  }
  return "internal";
}

}  // namespace mayfly
