// SPDX-License-Identifier: Apache-2.0
#include "rpc/error_record.h"

#include <string>

namespace mayfly::rpc {
namespace {

void putVarint(std::string& out, size_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void putText(std::string& out, std::string_view text) {
  out.push_back('"');  // a one-byte string
  putVarint(out, text.size());
  out.append(text);
}

}  // namespace

Bytes encodeErrorRecord(std::string_view name, std::string_view message) {
  std::string out("\xff\x0f", 2);  // version 15
  out.push_back('o');              // an object: properties up to '{', then how many they were
  putText(out, "name");
  putText(out, name);
  putText(out, "message");
  putText(out, message);
  out.push_back('{');
  putVarint(out, 2);
  return Bytes::copyOf(out);
}

}  // namespace mayfly::rpc
