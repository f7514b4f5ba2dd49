// SPDX-License-Identifier: Apache-2.0
// Expected failure is a value. Result<T> holds a T or an Error; an Error has a code for programs and a message for
// people that says what was wrong, where, and what would be right. Exceptions are for libraries that throw: they are
// caught where the library is called.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace mayfly {

enum class ErrorCode : uint8_t {
  invalid,      // the input is wrong and will stay wrong
  notFound,     // what was named does not exist
  denied,       // policy refuses it
  limit,        // a limit was exceeded
  timeout,      // it took too long
  unavailable,  // a peer or a resource is gone; trying again may help
  corrupt,      // bytes that should have been well formed were not
  internal,     // our own bug
};

std::string_view errorCodeName(ErrorCode code);

struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;
  // A stable name that programs match on, such as "CpuLimitExceeded"; empty where the code says enough.
  std::string name = {};
};

template <typename T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

}  // namespace mayfly
