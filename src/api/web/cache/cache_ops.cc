// SPDX-License-Identifier: Apache-2.0
// The cell's CacheStore for mayfly:web/cache: each op works in the space of the worker that calls it.
#include "isolate/cache_store.h"

#include <cmath>

#include "isolate/isolate.h"
#include "isolate/ops.h"

namespace mayfly::api {
namespace {

using isolate::CachedResponse;
using isolate::OpArguments;

std::string text(OpArguments arguments, int index) { return isolate::toUtf8(arguments.GetIsolate(), arguments[index]); }

int64_t milliseconds(OpArguments arguments, int index) {
  double value = arguments[index]->IsNumber() ? arguments[index].As<v8::Number>()->Value() : 0;
  return std::isfinite(value) ? static_cast<int64_t>(std::clamp(value, 0.0, 8.64e15)) : 0;
}

// (key, status, head, body, storedMs, expiresMs) -> whether it was small enough
void cachePut(OpArguments arguments) {
  auto& isolate = isolate::isolateOf(arguments);
  auto body = isolate::bytesOf(arguments[3]);
  bool kept = false;
  if (body.size() <= isolate.engine().caches().limits().response) {
    kept =
        isolate.engine().caches().put(isolate.cacheSpace(), text(arguments, 0),
                                      {.status = arguments[1].As<v8::Uint32>()->Value(),
                                       .head = text(arguments, 2),
                                       .body = std::make_shared<const std::vector<uint8_t>>(body.begin(), body.end()),
                                       .storedMs = milliseconds(arguments, 4),
                                       .expiresMs = milliseconds(arguments, 5)});
  }
  arguments.GetReturnValue().Set(kept);
}

// (key, nowMs) -> [status, head, storedMs, body] or undefined
void cacheMatch(OpArguments arguments) {
  v8::Isolate* v8 = arguments.GetIsolate();
  auto& isolate = isolate::isolateOf(arguments);
  auto found = isolate.engine().caches().find(isolate.cacheSpace(), text(arguments, 0), milliseconds(arguments, 1));
  if (!found) return;
  v8::Local<v8::ArrayBuffer> body;
  if (!isolate::makeArrayBuffer(v8, *found->body).ToLocal(&body)) return;
  v8::Local<v8::Value> parts[] = {v8::Integer::NewFromUnsigned(v8, found->status), isolate::makeString(v8, found->head),
                                  v8::Number::New(v8, static_cast<double>(found->storedMs)), body};
  arguments.GetReturnValue().Set(v8::Array::New(v8, parts, std::size(parts)));
}

// (key, nowMs) -> whether there was one
void cacheDelete(OpArguments arguments) {
  auto& isolate = isolate::isolateOf(arguments);
  arguments.GetReturnValue().Set(
      isolate.engine().caches().remove(isolate.cacheSpace(), text(arguments, 0), milliseconds(arguments, 1)));
}

void cacheResponseBytesMax(OpArguments arguments) {
  arguments.GetReturnValue().Set(
      static_cast<double>(isolate::isolateOf(arguments).engine().caches().limits().response));
}

}  // namespace

std::span<const isolate::Op> cacheOps() {
  static constexpr isolate::Op kOps[] = {{"cachePut", cachePut},
                                         {"cacheMatch", cacheMatch},
                                         {"cacheDelete", cacheDelete},
                                         {"cacheResponseBytesMax", cacheResponseBytesMax}};
  return kOps;
}

}  // namespace mayfly::api
