// SPDX-License-Identifier: Apache-2.0
// The codec of everything that crosses between processes: little-endian fixed-width integers, and strings and byte
// runs behind a u32 length. Reader never reads past its bytes and never throws: after the first malformed field every
// later read yields an empty value and ok() is false.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace mayfly::protocol {

class Writer {
 public:
  void u8(uint8_t value) { out_.push_back(value); }
  void u32(uint32_t value) { raw(&value, sizeof value); }
  void u64(uint64_t value) { raw(&value, sizeof value); }
  void f64(double value) { raw(&value, sizeof value); }
  void flag(bool value) { u8(value ? 1 : 0); }
  void text(std::string_view value) {
    u32(static_cast<uint32_t>(value.size()));
    raw(value.data(), value.size());
  }
  void bytes(std::span<const uint8_t> value) {
    u32(static_cast<uint32_t>(value.size()));
    raw(value.data(), value.size());
  }
  void raw(const void* data, size_t size) {
    const auto* from = static_cast<const uint8_t*>(data);
    out_.insert(out_.end(), from, from + size);
  }
  size_t size() const { return out_.size(); }
  std::span<const uint8_t> span() const { return out_; }
  Bytes take() { return Bytes::copyOf(std::span<const uint8_t>(out_)); }

 private:
  std::vector<uint8_t> out_;
};

class Reader {
 public:
  explicit Reader(std::span<const uint8_t> in) : in_(in) {}

  uint8_t u8() { return fixed<uint8_t>(); }
  uint32_t u32() { return fixed<uint32_t>(); }
  uint64_t u64() { return fixed<uint64_t>(); }
  double f64() { return fixed<double>(); }
  bool flag() {
    uint8_t value = u8();
    if (value > 1) ok_ = false;
    return value == 1;
  }
  std::span<const uint8_t> bytes() { return take(u32()); }
  std::string_view text() {
    auto run = bytes();
    return {reinterpret_cast<const char*>(run.data()), run.size()};
  }
  // Everything that is left.
  std::span<const uint8_t> rest() { return take(in_.size()); }
  size_t left() const { return in_.size(); }
  bool ok() const { return ok_; }
  // Whether all was read and nothing was malformed.
  bool finished() const { return ok_ && in_.empty(); }

 private:
  template <typename T>
  T fixed() {
    T value{};
    auto run = take(sizeof value);
    if (!run.empty()) std::memcpy(&value, run.data(), sizeof value);
    return value;
  }
  std::span<const uint8_t> take(size_t size) {
    if (!ok_ || size > in_.size()) {
      ok_ = false;
      return {};
    }
    auto run = in_.subspan(0, size);
    in_ = in_.subspan(size);
    return run;
  }

  std::span<const uint8_t> in_;
  bool ok_ = true;
};

}  // namespace mayfly::protocol
