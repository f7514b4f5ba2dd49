// SPDX-License-Identifier: Apache-2.0
// Stack traces that name the user's files: positions in a bundle are mapped through its source map when a stack is
// first read. And the start configuration as JavaScript sees it.
#pragma once

#include <v8.h>

#include <string>

#include "base/result.h"

namespace mayfly::isolate {

class Isolate;
struct StartSpec;

// Without a map V8 formats stacks itself. A map that cannot be read is reported in the log and ignored.
void installSourceMap(Isolate& isolate, const std::string& mainModule, const std::string& sourceMap);
// With the name that programs match on, where it has one, also as its code.
v8::Local<v8::Value> makeError(v8::Isolate* isolate, const Error& error);
// StartConfig of api/core/ops.d.ts.
v8::MaybeLocal<v8::Value> makeStartConfig(Isolate& isolate, const StartSpec& spec);

}  // namespace mayfly::isolate
