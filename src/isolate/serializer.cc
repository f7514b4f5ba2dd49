// SPDX-License-Identifier: Apache-2.0
#include "isolate/serializer.h"

#include <utility>

#include "isolate/isolate.h"
#include "rpc/message.h"

namespace mayfly::isolate {

namespace {

class Writer final : public v8::ValueSerializer::Delegate {
 public:
  Writer(Isolate& isolate, rpc::PipeId pipe) : isolate_(isolate), pipe_(pipe), serializer_(isolate.v8(), this) {
    auto* v8 = isolate.v8();
    plainPrototype_ = v8::Object::New(v8)->GetPrototypeV2();
  }

  v8::Maybe<bool> write(v8::Local<v8::Value> value) {
    serializer_.WriteHeader();
    return serializer_.WriteValue(isolate_.context(), value);
  }
  void transfer(std::span<v8::Local<v8::ArrayBuffer>> buffers) {
    for (uint32_t i = 0; i < buffers.size(); ++i) serializer_.TransferArrayBuffer(i, buffers[i]);
  }
  SerializedValue release() {
    auto [data, size] = serializer_.Release();
    return {Bytes(data, size), std::move(attachments_)};
  }
  // V8 met a function or a proxy, which it refuses before it asks us.
  bool metCallable() const { return metUnclonable_ && !hostFailed_; }
  const v8::Local<v8::String>& refusal() const { return refusal_; }
  bool tooLarge() const { return tooLarge_; }

  void ThrowDataCloneError(v8::Local<v8::String> message) override {
    metUnclonable_ = true;
    refusal_ = message;
  }
  bool HasCustomHostObject(v8::Isolate*) override { return true; }
  v8::Maybe<bool> IsHostObject(v8::Isolate*, v8::Local<v8::Object> object) override {
    return v8::Just(!object->GetPrototypeV2()->StrictEquals(plainPrototype_));
  }
  v8::Maybe<bool> WriteHostObject(v8::Isolate* v8, v8::Local<v8::Object> object) override {
    v8::Local<v8::Value> arguments[] = {v8::Integer::NewFromUnsigned(v8, pipe_), object};
    auto function = isolate_.hooks()->Get(isolate_.context(), makeName(v8, "writeHost"));
    v8::Local<v8::Value> hook;
    v8::Local<v8::Value> descriptor;
    if (!function.ToLocal(&hook) ||
        !hook.As<v8::Function>()->Call(isolate_.context(), v8::Undefined(v8), 2, arguments).ToLocal(&descriptor)) {
      hostFailed_ = true;
      return v8::Nothing<bool>();
    }
    auto written = serializer_.WriteValue(isolate_.context(), descriptor);
    return written;
  }
  v8::Maybe<uint32_t> GetWasmModuleTransferId(v8::Isolate*, v8::Local<v8::WasmModuleObject> module) override {
    attachments_.push_back(std::make_shared<v8::CompiledWasmModule>(module->GetCompiledModule()));
    return v8::Just(static_cast<uint32_t>(attachments_.size() - 1));
  }
  void* ReallocateBufferMemory(void* old, size_t size, size_t* actual) override {
    if (pipe_ != 0 && size > kBytesMax) {
      tooLarge_ = true;
      return nullptr;
    }
    *actual = size;
    return std::realloc(old, size);
  }

 private:
  // V8 doubles its buffer, so the exact bound is checked by the caller.
  static constexpr size_t kBytesMax = 4 * rpc::kMessageBytesMax;

  Isolate& isolate_;
  rpc::PipeId pipe_;
  v8::ValueSerializer serializer_;
  v8::Local<v8::Value> plainPrototype_;
  v8::Local<v8::String> refusal_;
  std::vector<std::shared_ptr<void>> attachments_;
  bool metUnclonable_ = false;
  bool hostFailed_ = false;
  bool tooLarge_ = false;
};

class Reader final : public v8::ValueDeserializer::Delegate {
 public:
  Reader(Isolate& isolate, rpc::PipeId pipe, std::span<const uint8_t> bytes,
         const std::vector<std::shared_ptr<void>>& attachments)
      : isolate_(isolate), pipe_(pipe), attachments_(attachments),
        deserializer_(isolate.v8(), bytes.data(), bytes.size(), this) {}

  v8::MaybeLocal<v8::Value> read(std::span<v8::Local<v8::ArrayBuffer>> transferred) {
    for (uint32_t i = 0; i < transferred.size(); ++i) deserializer_.TransferArrayBuffer(i, transferred[i]);
    if (!deserializer_.ReadHeader(isolate_.context()).FromMaybe(false)) return {};
    return deserializer_.ReadValue(isolate_.context());
  }
  v8::MaybeLocal<v8::Object> ReadHostObject(v8::Isolate* v8) override {
    v8::Local<v8::Value> descriptor;
    if (!deserializer_.ReadValue(isolate_.context()).ToLocal(&descriptor)) return {};
    v8::Local<v8::Value> arguments[] = {v8::Integer::NewFromUnsigned(v8, pipe_), descriptor};
    v8::Local<v8::Value> hook;
    v8::Local<v8::Value> object;
    if (!isolate_.hooks()->Get(isolate_.context(), makeName(v8, "readHost")).ToLocal(&hook) ||
        !hook.As<v8::Function>()->Call(isolate_.context(), v8::Undefined(v8), 2, arguments).ToLocal(&object)) {
      return {};
    }
    if (!object->IsObject()) {
      throwTypeError(v8, "a host object could not be read");
      return {};
    }
    return object.As<v8::Object>();
  }
  v8::MaybeLocal<v8::WasmModuleObject> GetWasmModuleFromId(v8::Isolate* v8, uint32_t id) override {
    if (id >= attachments_.size()) return {};
    return v8::WasmModuleObject::FromCompiledModule(
        v8, *std::static_pointer_cast<v8::CompiledWasmModule>(attachments_[id]));
  }

 private:
  Isolate& isolate_;
  rpc::PipeId pipe_;
  const std::vector<std::shared_ptr<void>>& attachments_;
  v8::ValueDeserializer deserializer_;
};

void throwCloneError(Isolate& isolate, v8::Local<v8::String> message) {
  auto* v8 = isolate.v8();
  v8::Local<v8::Value> hook;
  v8::Local<v8::Value> error;
  v8::Local<v8::Value> argument = message;
  if (isolate.hooks()->Get(isolate.context(), makeName(v8, "cloneError")).ToLocal(&hook) &&
      hook.As<v8::Function>()->Call(isolate.context(), v8::Undefined(v8), 1, &argument).ToLocal(&error)) {
    v8->ThrowException(error);
  }
}

}  // namespace

std::optional<SerializedValue> serialize(Isolate& isolate, rpc::PipeId pipe, v8::Local<v8::Value> value,
                                         std::span<v8::Local<v8::ArrayBuffer>> transfer) {
  auto* v8 = isolate.v8();
  for (int attempt = 0;; ++attempt) {
    Writer writer(isolate, pipe);
    writer.transfer(transfer);
    bool threw = false;
    {
      v8::TryCatch caught(v8);
      if (writer.write(value).FromMaybe(false)) return writer.release();
      threw = caught.HasCaught();
      if (threw && !writer.tooLarge()) {
        caught.ReThrow();
        return std::nullopt;
      }
    }
    if (writer.tooLarge()) {
      throwRangeError(v8, "Serialized RPC arguments or return values are limited to 32MiB");
      return std::nullopt;
    }
    if (!writer.metCallable()) {
      throwTypeError(v8, "the value could not be serialized");
      return std::nullopt;
    }
    // Once: a copy in which functions and proxies are host objects. structuredClone has none.
    if (attempt == 1 || pipe == 0) {
      throwCloneError(isolate, writer.refusal());
      return std::nullopt;
    }
    v8::Local<v8::Value> arguments[] = {v8::Integer::NewFromUnsigned(v8, pipe), value};
    v8::Local<v8::Value> hook;
    if (!isolate.hooks()->Get(isolate.context(), makeName(v8, "replaceCallables")).ToLocal(&hook) ||
        !hook.As<v8::Function>()->Call(isolate.context(), v8::Undefined(v8), 2, arguments).ToLocal(&value)) {
      return std::nullopt;
    }
  }
}

v8::MaybeLocal<v8::Value> deserialize(Isolate& isolate, rpc::PipeId pipe, std::span<const uint8_t> bytes,
                                      const std::vector<std::shared_ptr<void>>& attachments,
                                      std::span<v8::Local<v8::ArrayBuffer>> transferred) {
  Reader reader(isolate, pipe, bytes, attachments);
  return reader.read(transferred);
}

}  // namespace mayfly::isolate
