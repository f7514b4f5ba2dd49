// SPDX-License-Identifier: Apache-2.0
#include "isolate/serializer.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "isolate/isolate.h"
#include "isolate/ops.h"
#include "isolate/wasm_meter.h"
#include "protocol/codec.h"
#include "rpc/message.h"

namespace mayfly::isolate {

namespace {

// Where the next layer comes from: the descriptors of host objects met so far. In a JavaScript array, because V8 opens a
// handle scope around each object it writes, which no handle made within survives.
struct Descriptors {
  v8::Local<v8::Array> list;
  uint32_t count = 0;
};

// Writes one layer.
class Writer final : public v8::ValueSerializer::Delegate {
 public:
  Writer(Isolate& isolate, rpc::PipeId pipe, Descriptors& next, std::vector<rpc::Attachment>& attachments)
      : isolate_(isolate),
        pipe_(pipe),
        next_(next),
        attachments_(attachments),
        serializer_(isolate.v8(), this),
        plainPrototype_(v8::Object::New(isolate.v8())->GetPrototypeV2()) {}

  v8::Maybe<bool> write(v8::Local<v8::Value> value) {
    serializer_.WriteHeader();
    return serializer_.WriteValue(isolate_.context(), value);
  }
  void transfer(std::span<v8::Local<v8::ArrayBuffer>> buffers) {
    for (uint32_t i = 0; i < buffers.size(); ++i) serializer_.TransferArrayBuffer(i, buffers[i]);
  }
  Bytes release() {
    auto [data, size] = serializer_.Release();
    return Bytes(data, size);
  }
  // What V8 said when it refused a value that it does not ask us about (functions, proxies); empty if it did not.
  v8::Local<v8::String> refusal() const { return refusal_.Get(isolate_.v8()); }
  bool tooLarge() const { return tooLarge_; }

  void ThrowDataCloneError(v8::Local<v8::String> message) override { refusal_.Reset(isolate_.v8(), message); }
  bool HasCustomHostObject(v8::Isolate*) override { return true; }
  v8::Maybe<bool> IsHostObject(v8::Isolate*, v8::Local<v8::Object> object) override {
    if (object->IsNativeError()) return hasOwnProperties(object);
    return v8::Just(!object->GetPrototypeV2()->StrictEquals(plainPrototype_));
  }
  v8::Maybe<bool> WriteHostObject(v8::Isolate* v8, v8::Local<v8::Object> object) override {
    v8::Local<v8::Value> arguments[] = {v8::Integer::NewFromUnsigned(v8, pipe_), object};
    v8::Local<v8::Value> hook;
    v8::Local<v8::Value> descriptor;
    if (!isolate_.hooks()->Get(isolate_.context(), makeName(v8, "writeHost")).ToLocal(&hook) ||
        !hook.As<v8::Function>()->Call(isolate_.context(), v8::Undefined(v8), 2, arguments).ToLocal(&descriptor)) {
      return v8::Nothing<bool>();
    }
    serializer_.WriteUint32(next_.count);
    return next_.list->CreateDataProperty(isolate_.context(), next_.count++, descriptor);
  }
  v8::Maybe<uint32_t> GetWasmModuleTransferId(v8::Isolate*, v8::Local<v8::WasmModuleObject> module) override {
    auto compiled = std::make_shared<v8::CompiledWasmModule>(module->GetCompiledModule());
    auto bytes = compiled->GetWireBytesRef();
    attachments_.push_back({std::move(compiled), nullptr, {bytes.data(), bytes.size()}});
    return v8::Just(static_cast<uint32_t>(attachments_.size() - 1));
  }
  void* ReallocateBufferMemory(void* old, size_t size, size_t* actual) override {
    if (size > (pipe_ == 0 ? isolate_.limits().memoryBytes() : kBytesMax)) {
      tooLarge_ = true;
      return nullptr;
    }
    // V8 begins with a few bytes and doubles them.
    *actual = std::max(size, kBytesAtFirst);
    return std::realloc(old, *actual);
  }

 private:
  // V8 itself writes name, message, stack and cause of an error, but nothing that somebody added to it.
  v8::Maybe<bool> hasOwnProperties(v8::Local<v8::Object> error) {
    v8::Local<v8::Array> names;
    if (!error->GetOwnPropertyNames(isolate_.context(), v8::SKIP_SYMBOLS).ToLocal(&names)) return v8::Nothing<bool>();
    for (uint32_t i = 0; i < names->Length(); ++i) {
      v8::Local<v8::Value> name;
      if (!names->Get(isolate_.context(), i).ToLocal(&name)) return v8::Nothing<bool>();
      auto is = [&](std::string_view known) { return name->StrictEquals(makeName(isolate_.v8(), known)); };
      if (!is("stack") && !is("message") && !is("cause")) return v8::Just(true);
    }
    return v8::Just(false);
  }

  // V8 doubles its buffer, so the exact bound is checked by the caller.
  static constexpr size_t kBytesMax = 4 * rpc::kMessageBytesMax;
  static constexpr size_t kBytesAtFirst = 1024;

  Isolate& isolate_;
  rpc::PipeId pipe_;
  Descriptors& next_;
  std::vector<rpc::Attachment>& attachments_;
  v8::ValueSerializer serializer_;
  v8::Local<v8::Value> plainPrototype_;
  v8::Global<v8::String> refusal_;
  bool tooLarge_ = false;
};

// Reads one layer, whose host objects have been made already.
class Reader final : public v8::ValueDeserializer::Delegate {
 public:
  Reader(Isolate& isolate, std::span<const uint8_t> bytes, v8::Local<v8::Array> hosts,
         std::span<const v8::Local<v8::WasmModuleObject>> modules)
      : isolate_(isolate),
        hosts_(hosts),
        modules_(modules),
        deserializer_(isolate.v8(), bytes.data(), bytes.size(), this) {}

  v8::MaybeLocal<v8::Value> read(std::span<v8::Local<v8::ArrayBuffer>> transferred) {
    for (uint32_t i = 0; i < transferred.size(); ++i) deserializer_.TransferArrayBuffer(i, transferred[i]);
    if (!deserializer_.ReadHeader(isolate_.context()).FromMaybe(false)) return {};
    return deserializer_.ReadValue(isolate_.context());
  }
  v8::MaybeLocal<v8::Object> ReadHostObject(v8::Isolate* v8) override {
    uint32_t index = 0;
    v8::Local<v8::Value> object;
    if (hosts_.IsEmpty() || !deserializer_.ReadUint32(&index) || index >= hosts_->Length() ||
        !hosts_->Get(isolate_.context(), index).ToLocal(&object) || !object->IsObject()) {
      throwTypeError(v8, "a host object could not be read");
      return {};
    }
    return object.As<v8::Object>();
  }
  v8::MaybeLocal<v8::WasmModuleObject> GetWasmModuleFromId(v8::Isolate*, uint32_t id) override {
    if (id >= modules_.size()) return {};
    return modules_[id];
  }

 private:
  Isolate& isolate_;
  v8::Local<v8::Array> hosts_;
  std::span<const v8::Local<v8::WasmModuleObject>> modules_;
  v8::ValueDeserializer deserializer_;
};

// Host objects in host objects: only errors with properties, which may hold errors, go deeper than a few.
constexpr int kLayersMax = 64;

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

// One layer; on failure an exception has been thrown.
std::optional<Bytes> writeLayer(Isolate& isolate, rpc::PipeId pipe, v8::Local<v8::Value> value,
                                std::span<v8::Local<v8::ArrayBuffer>> transfer, Descriptors& next,
                                std::vector<rpc::Attachment>& attachments) {
  auto* v8 = isolate.v8();
  for (int attempt = 0;; ++attempt) {
    v8::Local<v8::String> refusal;
    {
      Writer writer(isolate, pipe, next, attachments);
      writer.transfer(transfer);
      v8::TryCatch caught(v8);
      if (writer.write(value).FromMaybe(false)) return writer.release();
      if (writer.tooLarge()) {
        caught.Reset();
        refusal = {};
      } else if (caught.HasCaught()) {
        caught.ReThrow();
        return std::nullopt;
      }
      refusal = writer.refusal();
    }
    if (refusal.IsEmpty()) {
      throwRangeError(v8, pipe == 0 ? "the value is too large to be cloned"
                                    : "Serialized RPC arguments or return values are limited to 32MiB");
      return std::nullopt;
    }
    // Once: a copy in which functions and proxies are host objects. structuredClone has none.
    if (attempt == 1 || pipe == 0) {
      throwCloneError(isolate, refusal);
      return std::nullopt;
    }
    next = {v8::Array::New(v8), 0};
    attachments.clear();
    v8::Local<v8::Value> arguments[] = {v8::Integer::NewFromUnsigned(v8, pipe), value};
    v8::Local<v8::Value> hook;
    if (!isolate.hooks()->Get(isolate.context(), makeName(v8, "replaceCallables")).ToLocal(&hook) ||
        !hook.As<v8::Function>()->Call(isolate.context(), v8::Undefined(v8), 2, arguments).ToLocal(&value)) {
      return std::nullopt;
    }
  }
}

}  // namespace

std::optional<SerializedValue> serialize(Isolate& isolate, rpc::PipeId pipe, v8::Local<v8::Value> value,
                                         std::span<v8::Local<v8::ArrayBuffer>> transfer) {
  SerializedValue out;
  auto* v8 = isolate.v8();
  Descriptors next{v8::Array::New(v8), 0};
  auto first = writeLayer(isolate, pipe, value, transfer, next, out.attachments);
  if (!first) return std::nullopt;
  if (next.count == 0) {
    out.bytes = std::move(*first);
    return out;
  }
  out.layered = true;
  protocol::Writer layers;
  layers.bytes(first->span());
  for (int depth = 1; next.count > 0; ++depth) {
    if (depth > kLayersMax) {
      throwCloneError(isolate, makeString(v8, "Errors refer to each other in a circle, or too deep, to be cloned."));
      return std::nullopt;
    }
    auto list = std::exchange(next, {v8::Array::New(v8), 0}).list;
    auto layer = writeLayer(isolate, pipe, list, {}, next, out.attachments);
    if (!layer) return std::nullopt;
    layers.bytes(layer->span());
  }
  out.bytes = layers.take();
  return out;
}

size_t messageBytesMax(const Isolate& isolate) {
  return std::min<size_t>(isolate.limits()[Limit::messageBytes], rpc::kMessageBytesMax);
}

// The platform's own error, which has no name.
void throwMessageTooLarge(v8::Isolate* v8, size_t bytes, size_t bytesMax) {
  std::string limit = bytesMax == rpc::kMessageBytesMax ? "32MiB" : fmt::format("{} bytes", bytesMax);
  throwError(v8,
             fmt::format("Serialized RPC arguments or return values are limited to {}, but the size of this value was: "
                         "{} bytes.",
                         limit, bytes),
             "RpcMessageTooLarge");
}

v8::MaybeLocal<v8::WasmModuleObject> openModule(v8::Isolate* v8, const rpc::Attachment& attachment) {
  if (attachment.engine) {
    return v8::WasmModuleObject::FromCompiledModule(
        v8, *std::static_pointer_cast<v8::CompiledWasmModule>(attachment.engine));
  }
  return v8::WasmModuleObject::Compile(v8, {attachment.bytes.data(), attachment.bytes.size()});
}

v8::MaybeLocal<v8::Value> deserialize(Isolate& isolate, rpc::PipeId pipe, std::span<const uint8_t> bytes, bool layered,
                                      std::span<const rpc::Attachment> attachments,
                                      std::span<v8::Local<v8::ArrayBuffer>> transferred) {
  auto* v8 = isolate.v8();
  std::vector<v8::Local<v8::WasmModuleObject>> modules;
  for (const rpc::Attachment& attachment : attachments) {
    if (!hasWasm()) {
      throwError(v8,
                 "A WebAssembly.Module cannot be received here: dynamic workers have no WebAssembly "
                 "(--guest-jit=none).");
      return {};
    }
    v8::Local<v8::WasmModuleObject> module;
    if (!openModule(v8, attachment).ToLocal(&module)) return {};
    modules.push_back(module);
  }
  if (!layered) return Reader(isolate, bytes, {}, modules).read(transferred);
  auto context = isolate.context();
  std::vector<std::span<const uint8_t>> layers;
  protocol::Reader in(bytes);
  while (in.left() > 0 && in.ok()) layers.push_back(in.bytes());
  if (!in.ok() || layers.empty()) {
    throwError(v8, "a value could not be decoded");
    return {};
  }
  v8::Local<v8::Value> hook;
  if (!isolate.hooks()->Get(context, makeName(v8, "readHost")).ToLocal(&hook)) return {};
  v8::Local<v8::Array> hosts;
  for (size_t i = layers.size() - 1; i > 0; --i) {
    v8::Local<v8::Value> list;
    if (!Reader(isolate, layers[i], hosts, modules).read({}).ToLocal(&list)) return {};
    if (!list->IsArray()) {
      throwError(v8, "a value could not be decoded");
      return {};
    }
    auto descriptors = list.As<v8::Array>();
    std::vector<v8::Local<v8::Value>> objects;
    for (uint32_t j = 0; j < descriptors->Length(); ++j) {
      v8::Local<v8::Value> arguments[] = {v8::Integer::NewFromUnsigned(v8, pipe), {}};
      v8::Local<v8::Value> object;
      if (!descriptors->Get(context, j).ToLocal(&arguments[1]) ||
          !hook.As<v8::Function>()->Call(context, v8::Undefined(v8), 2, arguments).ToLocal(&object)) {
        return {};
      }
      objects.push_back(object);
    }
    hosts = v8::Array::New(v8, objects.data(), objects.size());
  }
  return Reader(isolate, layers[0], hosts, modules).read(transferred);
}

}  // namespace mayfly::isolate
