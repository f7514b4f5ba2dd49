// SPDX-License-Identifier: Apache-2.0
// Owned bytes that can be handed over without a copy: what V8's serializer returns, what a socket read, what a module
// consists of. The memory is malloc's, so that a buffer can move between libraries that free() it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace mayfly {

class Bytes {
 public:
  Bytes() = default;
  // Takes over `data`, which came from malloc.
  Bytes(uint8_t* data, size_t size) : data_(data), size_(size) {}

  static Bytes copyOf(std::span<const uint8_t> from) {
    auto bytes = Bytes::ofSize(from.size());
    if (!from.empty()) std::memcpy(bytes.data(), from.data(), from.size());
    return bytes;
  }
  static Bytes copyOf(std::string_view from) {
    return copyOf(std::span(reinterpret_cast<const uint8_t*>(from.data()), from.size()));
  }
  // Uninitialized.
  static Bytes ofSize(size_t size) {
    return size == 0 ? Bytes() : Bytes(static_cast<uint8_t*>(std::malloc(size)), size);
  }

  uint8_t* data() { return data_.get(); }
  const uint8_t* data() const { return data_.get(); }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::span<const uint8_t> span() const { return {data_.get(), size_}; }
  std::string_view view() const { return {reinterpret_cast<const char*>(data_.get()), size_}; }
  // Gives the memory up to the caller, who frees it.
  uint8_t* release() {
    size_ = 0;
    return data_.release();
  }

 private:
  struct Free {
    void operator()(uint8_t* memory) const { std::free(memory); }
  };
  std::unique_ptr<uint8_t, Free> data_;
  size_t size_ = 0;
};

}  // namespace mayfly
