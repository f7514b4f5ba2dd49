// SPDX-License-Identifier: Apache-2.0
// What JavaScript cannot ask of values by itself: cloning, promise states, what is behind a proxy.
#include <algorithm>

#include "isolate/core_ops.h"
#include "isolate/isolate.h"
#include "isolate/serializer.h"

namespace mayfly::isolate {

namespace {

// structuredClone(value, transfer, asMessage)
void structuredClone(OpArguments arguments) {
  auto* v8 = arguments.GetIsolate();
  auto context = v8->GetCurrentContext();
  Isolate& isolate = isolateOf(arguments);
  std::vector<v8::Local<v8::ArrayBuffer>> transfer;
  if (arguments[1]->IsArray()) {
    auto list = arguments[1].As<v8::Array>();
    for (uint32_t i = 0; i < list->Length(); ++i) {
      v8::Local<v8::Value> buffer;
      if (!list->Get(context, i).ToLocal(&buffer)) return;
      if (!buffer->IsArrayBuffer()) return throwTypeError(v8, "only an ArrayBuffer can be transferred");
      auto one = buffer.As<v8::ArrayBuffer>();
      if (!one->IsDetachable() || one->WasDetached() || std::ranges::find(transfer, one) != transfer.end()) {
        return throwTypeError(v8, "an ArrayBuffer in the transfer list cannot be transferred");
      }
      transfer.push_back(one);
    }
  }
  auto serialized = serialize(isolate, 0, arguments[0], transfer);
  if (!serialized) return;
  if (arguments[2]->IsTrue() && serialized->bytes.size() > messageBytesMax(isolate)) {
    return throwMessageTooLarge(v8, serialized->bytes.size(), messageBytesMax(isolate));
  }
  std::vector<v8::Local<v8::ArrayBuffer>> moved;
  for (auto& buffer : transfer) {
    // Getters of the value may have detached it meanwhile.
    if (buffer->WasDetached()) return throwTypeError(v8, "an ArrayBuffer in the transfer list was detached");
    auto store = buffer->GetBackingStore();
    if (buffer->Detach(v8::Local<v8::Value>()).IsNothing()) return;
    moved.push_back(v8::ArrayBuffer::New(v8, std::move(store)));
  }
  v8::Local<v8::Value> clone;
  if (deserialize(isolate, 0, serialized->bytes.span(), serialized->layered, serialized->attachments, moved)
          .ToLocal(&clone)) {
    arguments.GetReturnValue().Set(clone);
  }
}

// toBytes(value): V8's format after one byte that says whether it is layered. Throws what structuredClone would, and for
// compiled modules, which are no bytes.
void toBytes(OpArguments arguments) {
  auto* v8 = arguments.GetIsolate();
  auto serialized = serialize(isolateOf(arguments), 0, arguments[0]);
  if (!serialized) return;
  if (!serialized->attachments.empty()) return throwTypeError(v8, "a compiled module has no bytes");
  auto span = serialized->bytes.span();
  auto buffer = v8::ArrayBuffer::New(v8, span.size() + 1);
  auto* out = static_cast<uint8_t*>(buffer->Data());
  out[0] = serialized->layered ? 1 : 0;
  std::ranges::copy(span, out + 1);
  arguments.GetReturnValue().Set(v8::Uint8Array::New(buffer, 0, span.size() + 1));
}

// fromBytes(bytes): what toBytes() wrote. The bytes may come from anywhere: throws for what cannot be read.
void fromBytes(OpArguments arguments) {
  auto* v8 = arguments.GetIsolate();
  if (!arguments[0]->IsUint8Array()) return throwTypeError(v8, "fromBytes needs a Uint8Array");
  auto view = arguments[0].As<v8::Uint8Array>();
  // A copy: what is read may run while the view's buffer is changed.
  std::vector<uint8_t> bytes(view->ByteLength());
  view->CopyContents(bytes.data(), bytes.size());
  if (bytes.empty() || bytes[0] > 1) return throwTypeError(v8, "these bytes are no value");
  v8::Local<v8::Value> value;
  if (deserialize(isolateOf(arguments), 0, std::span<const uint8_t>(bytes).subspan(1), bytes[0] == 1, {})
          .ToLocal(&value)) {
    arguments.GetReturnValue().Set(value);
  }
}

void promiseState(OpArguments arguments) {
  auto* v8 = arguments.GetIsolate();
  if (!arguments[0]->IsPromise()) return throwTypeError(v8, "promiseState needs a promise");
  auto promise = arguments[0].As<v8::Promise>();
  bool pending = promise->State() == v8::Promise::kPending;
  v8::Local<v8::Value> parts[] = {makeName(v8, pending                                       ? "pending"
                                               : promise->State() == v8::Promise::kFulfilled ? "fulfilled"
                                                                                             : "rejected"),
                                  pending ? v8::Undefined(v8).As<v8::Value>() : promise->Result()};
  arguments.GetReturnValue().Set(v8::Array::New(v8, parts, pending ? 1 : 2));
}

void proxyDetails(OpArguments arguments) {
  if (!arguments[0]->IsProxy()) return;
  auto proxy = arguments[0].As<v8::Proxy>();
  v8::Local<v8::Value> parts[] = {proxy->GetTarget(), proxy->GetHandler()};
  arguments.GetReturnValue().Set(v8::Array::New(arguments.GetIsolate(), parts, 2));
}

const char* typeName(v8::Local<v8::Value> value) {
  if (value->IsProxy()) return "Proxy";
  if (value->IsFunction()) return "Function";
  if (value->IsArray()) return "Array";
  if (value->IsMap()) return "Map";
  if (value->IsSet()) return "Set";
  if (value->IsWeakMap()) return "WeakMap";
  if (value->IsWeakSet()) return "WeakSet";
  if (value->IsWeakRef()) return "WeakRef";
  if (value->IsMapIterator()) return "MapIterator";
  if (value->IsSetIterator()) return "SetIterator";
  if (value->IsGeneratorObject()) return "Generator";
  if (value->IsPromise()) return "Promise";
  if (value->IsRegExp()) return "RegExp";
  if (value->IsDate()) return "Date";
  if (value->IsNativeError()) return "Error";
  if (value->IsArgumentsObject()) return "Arguments";
  if (value->IsArrayBuffer()) return "ArrayBuffer";
  if (value->IsDataView()) return "DataView";
  if (value->IsUint8Array()) return "Uint8Array";
  if (value->IsUint8ClampedArray()) return "Uint8ClampedArray";
  if (value->IsInt8Array()) return "Int8Array";
  if (value->IsUint16Array()) return "Uint16Array";
  if (value->IsInt16Array()) return "Int16Array";
  if (value->IsUint32Array()) return "Uint32Array";
  if (value->IsInt32Array()) return "Int32Array";
  if (value->IsFloat16Array()) return "Float16Array";
  if (value->IsFloat32Array()) return "Float32Array";
  if (value->IsFloat64Array()) return "Float64Array";
  if (value->IsBigInt64Array()) return "BigInt64Array";
  if (value->IsBigUint64Array()) return "BigUint64Array";
  if (value->IsNumberObject()) return "Number";
  if (value->IsStringObject()) return "String";
  if (value->IsBooleanObject()) return "Boolean";
  if (value->IsSymbolObject()) return "Symbol";
  if (value->IsBigIntObject()) return "BigInt";
  if (value->IsModuleNamespaceObject()) return "Module";
  if (value->IsWasmModuleObject()) return "WebAssembly.Module";
  if (value->IsObject()) return "Object";
  return "primitive";
}

void typeOf(OpArguments arguments) {
  arguments.GetReturnValue().Set(makeName(arguments.GetIsolate(), typeName(arguments[0])));
}

void previewEntries(OpArguments arguments) {
  auto* v8 = arguments.GetIsolate();
  if (!arguments[0]->IsObject()) return;
  bool keyed = false;
  v8::Local<v8::Array> entries;
  if (!arguments[0].As<v8::Object>()->PreviewEntries(&keyed).ToLocal(&entries)) return;
  v8::Local<v8::Value> parts[] = {entries, v8::Boolean::New(v8, keyed)};
  arguments.GetReturnValue().Set(v8::Array::New(v8, parts, 2));
}

constexpr Op kOps[] = {
    {"structuredClone", structuredClone}, {"toBytes", toBytes},           {"fromBytes", fromBytes},
    {"promiseState", promiseState},       {"proxyDetails", proxyDetails}, {"typeOf", typeOf},
    {"previewEntries", previewEntries},
};

}  // namespace

std::span<const Op> valueOps() { return kOps; }

}  // namespace mayfly::isolate
