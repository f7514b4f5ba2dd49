// SPDX-License-Identifier: Apache-2.0
#include "isolate/plain_values.h"

#include <array>
#include <cstring>
#include <vector>

#include "protocol/codec.h"

namespace mayfly::isolate {

namespace {

enum Form : uint8_t { kValue = 1, kCall = 2 };
enum Tag : uint8_t { kUndefined, kNull, kTrue, kFalse, kInteger, kNumber, kLatin1, kTwoByte, kStub };

// How many of them there may be without a detour over the heap.
constexpr uint32_t kValuesMax = 16;
// Longer names are hardly those of members.
constexpr size_t kNameBytesMax = 64;

// Counts first, then writes: the bytes are as many as the message keeps.
class Output {
 public:
  explicit Output(v8::Isolate* v8) : v8_(v8) {}

  // False if it is none of ours.
  bool measure(v8::Local<v8::Value> value) {
    size_ += 1;
    if (value->IsString()) {
      auto text = value.As<v8::String>();
      size_ += 4 + static_cast<size_t>(text->Length()) * (text->IsOneByte() ? 1 : 2);
      return true;
    }
    if (value->IsInt32()) {
      size_ += 4;
      return true;
    }
    if (value->IsNumber()) {
      size_ += 8;
      return true;
    }
    return value->IsNullOrUndefined() || value->IsBoolean();
  }
  void measureByte() { ++size_; }
  void measureStub() { size_ += 1 + 1 + 4; }
  size_t size() const { return size_; }

  void begin() {
    bytes_ = Bytes::ofSize(size_);
    at_ = bytes_.data();
  }
  void byte(uint8_t value) { *at_++ = value; }
  void stub(uint32_t form, uint32_t id) {
    byte(kStub);
    byte(static_cast<uint8_t>(form));
    raw(id);
  }
  void write(v8::Local<v8::Value> value) {
    if (value->IsString()) {
      auto text = value.As<v8::String>();
      auto length = static_cast<uint32_t>(text->Length());
      bool oneByte = text->IsOneByte();
      byte(oneByte ? kLatin1 : kTwoByte);
      raw(oneByte ? length : length * 2);
      if (oneByte) {
        text->WriteOneByteV2(v8_, 0, length, at_);
        at_ += length;
      } else {
        std::vector<uint16_t> units(length);  // the bytes need not be aligned for it
        text->WriteV2(v8_, 0, length, units.data());
        std::memcpy(at_, units.data(), size_t{length} * 2);
        at_ += size_t{length} * 2;
      }
    } else if (value->IsInt32()) {
      byte(kInteger);
      raw(value.As<v8::Int32>()->Value());
    } else if (value->IsNumber()) {
      byte(kNumber);
      raw(value.As<v8::Number>()->Value());
    } else {
      byte(value->IsUndefined() ? kUndefined : value->IsNull() ? kNull : value->IsTrue() ? kTrue : kFalse);
    }
  }
  Bytes take() { return std::move(bytes_); }

 private:
  template <typename T>
  void raw(T value) {
    std::memcpy(at_, &value, sizeof value);
    at_ += sizeof value;
  }

  v8::Isolate* v8_;
  size_t size_ = 0;
  Bytes bytes_;
  uint8_t* at_ = nullptr;
};

struct Elements {
  std::array<v8::Local<v8::Value>, kValuesMax> values;
  uint32_t count = 0;

  bool readFrom(v8::Local<v8::Context> context, v8::Local<v8::Value> list) {
    if (!list->IsArray()) return false;
    auto array = list.As<v8::Array>();
    count = array->Length();
    if (count > kValuesMax) return false;
    for (uint32_t i = 0; i < count; ++i) {
      if (!array->Get(context, i).ToLocal(&values[i])) return false;
    }
    return true;
  }
};

// The stubs by their places.
class Stubs {
 public:
  // False if the list is none.
  bool readFrom(v8::Local<v8::Context> context, v8::Local<v8::Value> list) {
    if (list->IsUndefined()) return true;
    if (!list->IsArray()) return false;
    auto array = list.As<v8::Array>();
    for (uint32_t i = 0; i + 2 < array->Length(); i += 3) {
      uint32_t numbers[3];
      for (uint32_t j = 0; j < 3; ++j) {
        v8::Local<v8::Value> number;
        if (!array->Get(context, i + j).ToLocal(&number) || !number->IsUint32()) return false;
        numbers[j] = number.As<v8::Uint32>()->Value();
      }
      if (numbers[0] >= kValuesMax) return false;
      stubs_[numbers[0]] = {numbers[1], numbers[2]};
    }
    return true;
  }
  bool isAt(uint32_t place) const { return stubs_[place].form != 0; }
  bool measure(Output& out, uint32_t place, v8::Local<v8::Value> value) const {
    if (!isAt(place)) return out.measure(value);
    out.measureStub();
    return true;
  }
  void write(Output& out, uint32_t place, v8::Local<v8::Value> value) const {
    if (isAt(place)) {
      out.stub(stubs_[place].form, stubs_[place].id);
    } else {
      out.write(value);
    }
  }

 private:
  struct Stub {
    uint32_t form = 0;
    uint32_t id = 0;
  };
  std::array<Stub, kValuesMax> stubs_{};
};

// What readValue finds besides values: the list of stubs.
struct FoundStubs {
  std::array<v8::Local<v8::Value>, 3 * kValuesMax> numbers;
  uint32_t count = 0;
};

constexpr uint8_t kNoArguments = 0xff;
static_assert(kValuesMax < kNoArguments);

// `place` is below kValuesMax, and no place occurs twice.
v8::MaybeLocal<v8::Value> readValue(v8::Isolate* v8, protocol::Reader& in, bool isName, uint32_t place,
                                    FoundStubs& stubs) {
  switch (in.u8()) {
    case kUndefined: return v8::Undefined(v8);
    case kNull: return v8::Null(v8);
    case kTrue: return v8::True(v8);
    case kFalse: return v8::False(v8);
    case kInteger: return v8::Integer::New(v8, static_cast<int32_t>(in.u32()));
    case kNumber: return v8::Number::New(v8, in.f64());
    case kLatin1: {
      auto text = in.bytes();
      auto type =
          isName && text.size() <= kNameBytesMax ? v8::NewStringType::kInternalized : v8::NewStringType::kNormal;
      v8::Local<v8::String> string;
      if (text.size() > static_cast<size_t>(v8::String::kMaxLength) ||
          !v8::String::NewFromOneByte(v8, text.data(), type, static_cast<int>(text.size())).ToLocal(&string)) {
        return {};
      }
      return string;
    }
    case kTwoByte: {
      auto text = in.bytes();
      std::vector<uint16_t> units(text.size() / 2);
      if (text.size() % 2 != 0 || units.size() > static_cast<size_t>(v8::String::kMaxLength)) return {};
      if (!units.empty()) std::memcpy(units.data(), text.data(), text.size());
      v8::Local<v8::String> string;
      if (!v8::String::NewFromTwoByte(v8, units.data(), v8::NewStringType::kNormal, static_cast<int>(units.size()))
               .ToLocal(&string)) {
        return {};
      }
      return string;
    }
    case kStub: {
      if (isName) return {};
      uint8_t form = in.u8();
      for (uint32_t number : {place, uint32_t{form}, in.u32()}) {
        stubs.numbers[stubs.count++] = v8::Integer::NewFromUnsigned(v8, number);
      }
      return v8::Undefined(v8);
    }
    default: return {};
  }
}

v8::MaybeLocal<v8::Value> readList(v8::Isolate* v8, protocol::Reader& in, uint32_t count, bool areNames,
                                   FoundStubs& stubs) {
  if (count > kValuesMax) return {};
  std::array<v8::Local<v8::Value>, kValuesMax> values;
  for (uint32_t i = 0; i < count; ++i) {
    if (!readValue(v8, in, areNames, i, stubs).ToLocal(&values[i])) return {};
  }
  return v8::Array::New(v8, values.data(), count);
}

}  // namespace

std::optional<Bytes> writePlain(v8::Local<v8::Context> context, v8::Local<v8::Value> value, bool isCall,
                                v8::Local<v8::Value> stubList) {
  v8::Isolate* v8 = v8::Isolate::GetCurrent();
  Output out(v8);
  Stubs stubs;
  if (!stubs.readFrom(context, stubList)) return std::nullopt;
  out.measureByte();
  if (!isCall) {
    if (!stubs.measure(out, 0, value)) return std::nullopt;
    out.begin();
    out.byte(kValue);
    stubs.write(out, 0, value);
    return out.take();
  }
  Elements call;
  Elements path;
  Elements args;
  if (!call.readFrom(context, value) || call.count != 2) return std::nullopt;
  bool hasArguments = !call.values[1]->IsUndefined();
  if (!path.readFrom(context, call.values[0])) return std::nullopt;
  if (hasArguments && !args.readFrom(context, call.values[1])) return std::nullopt;
  out.measureByte();
  for (uint32_t i = 0; i < path.count; ++i) {
    if (!path.values[i]->IsString() || !out.measure(path.values[i])) return std::nullopt;
  }
  out.measureByte();
  for (uint32_t i = 0; i < args.count; ++i) {
    if (!stubs.measure(out, i, args.values[i])) return std::nullopt;
  }
  out.begin();
  out.byte(kCall);
  out.byte(static_cast<uint8_t>(path.count));
  for (uint32_t i = 0; i < path.count; ++i) out.write(path.values[i]);
  out.byte(hasArguments ? static_cast<uint8_t>(args.count) : kNoArguments);
  for (uint32_t i = 0; i < args.count; ++i) stubs.write(out, i, args.values[i]);
  return out.take();
}

bool isPlain(std::span<const uint8_t> bytes) { return !bytes.empty() && (bytes[0] == kValue || bytes[0] == kCall); }

std::optional<PlainValue> readPlain(v8::Isolate* v8, std::span<const uint8_t> bytes) {
  protocol::Reader in(bytes);
  FoundStubs stubs;
  v8::Local<v8::Value> value;
  if (in.u8() == kValue) {
    if (!readValue(v8, in, false, 0, stubs).ToLocal(&value)) return std::nullopt;
  } else {
    v8::Local<v8::Value> parts[2] = {{}, v8::Undefined(v8)};
    if (!readList(v8, in, in.u8(), true, stubs).ToLocal(&parts[0])) return std::nullopt;
    uint8_t count = in.u8();
    if (count != kNoArguments && !readList(v8, in, count, false, stubs).ToLocal(&parts[1])) return std::nullopt;
    value = v8::Array::New(v8, parts, 2);
  }
  if (!in.finished()) return std::nullopt;
  if (stubs.count == 0) return PlainValue{value, v8::Undefined(v8)};
  return PlainValue{value, v8::Array::New(v8, stubs.numbers.data(), stubs.count)};
}

}  // namespace mayfly::isolate
