// SPDX-License-Identifier: Apache-2.0
// Native objects that built-ins hold: an ArrayBuffer whose memory begins with a pointer to the object, and which V8 frees
// when nothing refers to it any more or the isolate ends, on any thread. The buffer is as large as what the object takes
// elsewhere, so that V8 knows when to collect, and counts against the isolate's limit like every other.
//
// Such a buffer never reaches user code: an op trusts that it gets what heldBy() made, and checks the kind alone.
#pragma once

#include <v8.h>

#include <algorithm>
#include <memory>
#include <new>

#include "isolate/isolate.h"
#include "isolate/ops.h"

namespace mayfly::isolate {

template <typename T>
struct Held {
  const void* kind;  // of this type and no other
  T* object;
  void (*release)(T*);
  std::shared_ptr<BufferAllocator> budget;

  static const void* kindOf() {
    static constexpr char kKind = 0;
    return &kKind;
  }
};

// Takes the object, whatever happens; `bytes` is what it takes. Throws RangeError where the isolate may have no more.
template <typename T>
v8::MaybeLocal<v8::ArrayBuffer> hold(v8::Isolate* isolate, T* object, void (*release)(T*), size_t bytes) {
  auto budget = isolateOf(isolate).sharedBuffers();
  size_t size = std::max(bytes, sizeof(Held<T>));
  void* memory = budget->AllocateUninitialized(size);
  if (memory == nullptr) {
    isolate->LowMemoryNotification();  // what is garbage gives back what it holds
    memory = budget->AllocateUninitialized(size);
  }
  if (memory == nullptr) {
    release(object);
    throwRangeError(isolate, "The worker's memory limit leaves no room for another native object");
    return {};
  }
  auto* held = new (memory) Held<T>{Held<T>::kindOf(), object, release, std::move(budget)};
  auto store = v8::ArrayBuffer::NewBackingStore(
      held, size,
      [](void* data, size_t length, void*) {
        auto* old = static_cast<Held<T>*>(data);
        old->release(old->object);
        auto owner = std::move(old->budget);
        old->~Held<T>();
        owner->Free(data, length);
      },
      nullptr);
  return v8::ArrayBuffer::New(isolate, std::move(store));
}

// Null for anything else than what hold() made of a T.
template <typename T>
T* heldBy(v8::Local<v8::Value> value) {
  if (!value->IsArrayBuffer() || value.As<v8::ArrayBuffer>()->ByteLength() < sizeof(Held<T>)) return nullptr;
  auto* held = static_cast<Held<T>*>(value.As<v8::ArrayBuffer>()->Data());
  return held->kind == Held<T>::kindOf() ? held->object : nullptr;
}

}  // namespace mayfly::isolate
