// SPDX-License-Identifier: Apache-2.0
// An isolate's array buffers and its memories of WebAssembly (wasm_meter.h), counted against a cap together with its heap
// as the last collection left that: beyond it an allocation fails, V8 collects garbage and tries again, and then the
// program gets a RangeError. Shared with V8, which may free from its own threads.
#pragma once

#include <v8.h>

#include <atomic>
#include <cstdlib>

namespace mayfly::isolate {

class BufferAllocator final : public v8::ArrayBuffer::Allocator {
 public:
  explicit BufferAllocator(size_t bytesMax) : bytesMax_(bytesMax) {}

  void* Allocate(size_t length) override { return take(length) ? orGiveBack(std::calloc(length, 1), length) : nullptr; }
  void* AllocateUninitialized(size_t length) override {
    return take(length) ? orGiveBack(std::malloc(length), length) : nullptr;
  }
  void Free(void* data, size_t length) override {
    std::free(data);
    bytes_.fetch_sub(length, std::memory_order_relaxed);
  }
  size_t MaxAllocationSize() const override { return bytesMax_; }

  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

  // Of the heap; told after each collection. Only a whole one leaves no garbage.
  void setHeapBytes(size_t bytes, bool whole) {
    heapBytes_.store(bytes, std::memory_order_relaxed);
    if (whole) liveBytes_.store(bytes, std::memory_order_relaxed);
  }

  // What is not allocated here, and counts.
  bool take(size_t length) { return takeBeside(length, heapBytes_.load(std::memory_order_relaxed)); }
  // The same where V8 does not collect and try again.
  bool takeOnce(size_t length) { return takeBeside(length, liveBytes_.load(std::memory_order_relaxed)); }
  void giveBack(size_t length) { bytes_.fetch_sub(length, std::memory_order_relaxed); }

 private:
  bool takeBeside(size_t length, size_t others) {
    if (bytes_.fetch_add(length, std::memory_order_relaxed) + length + others <= bytesMax_) return true;
    bytes_.fetch_sub(length, std::memory_order_relaxed);
    return false;
  }
  void* orGiveBack(void* data, size_t length) {
    if (data == nullptr) bytes_.fetch_sub(length, std::memory_order_relaxed);
    return data;
  }

  std::atomic<size_t> bytes_{0};
  std::atomic<size_t> heapBytes_{0};
  std::atomic<size_t> liveBytes_{0};
  const size_t bytesMax_;
};

}  // namespace mayfly::isolate
