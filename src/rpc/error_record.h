// SPDX-License-Identifier: Apache-2.0
// How a native peer, which has no V8, writes the payload of `failure`, `abort` and `cancel`: the record
// { name, message } in V8's serialization format (version 15, which later versions read as well).
#pragma once

#include <string_view>

#include "base/bytes.h"

namespace mayfly::rpc {

// `name` and `message` are Latin-1.
Bytes encodeErrorRecord(std::string_view name, std::string_view message);

}  // namespace mayfly::rpc
