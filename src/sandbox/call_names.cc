// SPDX-License-Identifier: Apache-2.0
#include "sandbox/call_names.h"

#include <sys/syscall.h>

namespace mayfly::sandbox {
namespace {

struct NamedCall {
  int number;
  std::string_view name;
};

constexpr NamedCall kCalls[] = {
#include "call_names.inc"
};

}  // namespace

std::string_view callName(int number) {
  for (const NamedCall& call : kCalls) {
    if (call.number == number) return call.name;
  }
  return {};
}

}  // namespace mayfly::sandbox
