// SPDX-License-Identifier: Apache-2.0
// How groups of built-ins are compiled and found: compileGroup, the `requireGroup` that they import each other with,
// and lazy properties, which make a global's group load when the global is first read.
#pragma once

#include <v8.h>

#include <span>

#include "isolate/engine.h"

namespace mayfly::isolate {

// A function (exports, requireGroup, ops[, registerHooks]).
v8::MaybeLocal<v8::Function> compileGroup(v8::Isolate* isolate, v8::Local<v8::Context> context,
                                          const BuiltinGroup& group, bool useCache);
v8::Local<v8::Function> makeRequireFunction(v8::Isolate* isolate, v8::Local<v8::Context> context);
// registerHooks(hooks) leaves its argument as `holder.hooks`.
v8::Local<v8::Function> makeRegisterFunction(v8::Isolate* isolate, v8::Local<v8::Context> context,
                                             v8::Local<v8::Object> holder);
// V8's own console talks to an inspector that is not there. Removed in the snapshot.
void removeConsole(v8::Isolate* isolate, v8::Local<v8::Context> context);
// What V8 adds to each context that it makes from a snapshot: shared memory, which is a clock and a channel, goes, and
// Temporal becomes ours.
void replaceGlobals(v8::Isolate* isolate, v8::Local<v8::Context> context);
// Addresses of all native functions above, for the snapshot.
std::span<const intptr_t> builtinReferences();
std::span<const Op> builtinOps();  // defineLazy

}  // namespace mayfly::isolate
