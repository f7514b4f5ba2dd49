// SPDX-License-Identifier: Apache-2.0
// For the console's inspection: what JavaScript cannot ask an array without listing each of its elements.
#include <span>

#include "isolate/ops.h"

namespace mayfly::api {
namespace {

void nonIndexKeys(isolate::OpArguments arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  if (!arguments[0]->IsObject() || arguments[0]->IsProxy()) {
    return isolate::throwTypeError(isolate, "nonIndexKeys: not an object, or a proxy");
  }
  v8::Local<v8::Array> keys;
  if (arguments[0]
          .As<v8::Object>()
          ->GetPropertyNames(isolate->GetCurrentContext(), v8::KeyCollectionMode::kOwnOnly, v8::ONLY_ENUMERABLE,
                             v8::IndexFilter::kSkipIndices)
          .ToLocal(&keys)) {
    arguments.GetReturnValue().Set(keys);
  }
}

}  // namespace

std::span<const isolate::Op> consoleOps() {
  static constexpr isolate::Op kOps[] = {{"nonIndexKeys", nonIndexKeys}};
  return kOps;
}

}  // namespace mayfly::api
