// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include "isolate/core_ops.h"
#include "isolate/isolate.h"
#include "isolate/plain_values.h"
#include "isolate/serializer.h"

namespace mayfly::isolate {

namespace {

uint32_t toU32(OpArguments arguments, int index) {
  auto value = arguments[index];
  if (value->IsUint32()) return value.As<v8::Uint32>()->Value();
  return value->Uint32Value(arguments.GetIsolate()->GetCurrentContext()).FromMaybe(0);
}

// A body: text as UTF-8, bytes as they are.
Bytes bodyOf(v8::Isolate* v8, v8::Local<v8::Value> value) {
  if (value->IsString()) {
    auto text = value.As<v8::String>();
    auto bytes = Bytes::ofSize(text->Utf8LengthV2(v8));
    if (!bytes.empty()) {
      text->WriteUtf8V2(v8, reinterpret_cast<char*>(bytes.data()), bytes.size(),
                        v8::String::WriteFlags::kReplaceInvalidUtf8);
    }
    return bytes;
  }
  return Bytes::copyOf(std::span<const uint8_t>(bytesOf(value)));
}

// Whether a message is refused when too much is under way. What is told about calls and streams never is: it is small
// or, of streams, bounded by credit.
bool mayBeRefused(rpc::MessageType type) {
  return type == rpc::MessageType::call || type == rpc::MessageType::fetch || type == rpc::MessageType::result ||
         type == rpc::MessageType::response;
}

// send(pipe, type, flags, id, target, stream, head, payload, stubs)
void send(OpArguments arguments) {
  auto* v8 = arguments.GetIsolate();
  Isolate& isolate = isolateOf(arguments);
  auto pipe = toU32(arguments, 0);
  if (!isolate.hasPipe(pipe)) return arguments.GetReturnValue().Set(-1);
  rpc::Message message;
  message.type = static_cast<rpc::MessageType>(toU32(arguments, 1));
  message.flags = static_cast<uint8_t>(toU32(arguments, 2));
  message.id = toU32(arguments, 3);
  message.target = toU32(arguments, 4);
  message.stream = toU32(arguments, 5);
  if (arguments[6]->IsString()) {
    message.head = toLatin1(v8, arguments[6].As<v8::String>());
    if (message.type == rpc::MessageType::call) message.flags |= rpc::kNamed;
  }
  if (rpc::carriesValue(message.type)) {
    if (auto plain =
            writePlain(isolate.context(), arguments[7], message.type == rpc::MessageType::call, arguments[8])) {
      message.payload = std::move(*plain);
    } else if (!arguments[8]->IsUndefined()) {
      return throwTypeError(v8, "a message with stubs beside its values must be plain");
    } else {
      auto serialized = serialize(isolate, pipe, arguments[7]);
      if (!serialized) return;
      message.payload = std::move(serialized->bytes);
      if (serialized->layered) message.flags |= rpc::kLayered;
      message.attachments = std::move(serialized->attachments);
    }
  } else if (!arguments[7]->IsUndefined()) {
    message.payload = bodyOf(v8, arguments[7]);
  }
  size_t size = message.payload.size();
  bool ofCall = message.type == rpc::MessageType::call || message.type == rpc::MessageType::result;
  size_t sizeMax = ofCall ? messageBytesMax(isolate) : rpc::kMessageBytesMax;
  if (size > sizeMax) return throwMessageTooLarge(v8, size, sizeMax);
  size_t charged = rpc::chargedBytes(message);
  if (mayBeRefused(message.type) && isolate.sent()->bytes() + charged > isolate.sent()->bytesMax()) {
    return throwError(v8,
                      fmt::format("{} bytes that this worker has sent were not received yet, and {} more would exceed "
                                  "its memory limit: await some of the answers first",
                                  isolate.sent()->bytes(), charged));
  }
  message.charge = rpc::Charge(isolate.sent(), charged);
  isolate.countSent(message.head.size() + size);
  // It may be gone: writing host objects ran JavaScript.
  isolate.sendOn(pipe, std::move(message));
  arguments.GetReturnValue().Set(static_cast<double>(size));
}

void closePipe(OpArguments arguments) {
  std::string reason = arguments[1]->IsString() ? toUtf8(arguments.GetIsolate(), arguments[1]) : "the peer closed";
  isolateOf(arguments).dropPipe(toU32(arguments, 0), {ErrorCode::unavailable, std::move(reason)});
}

void openEgress(OpArguments arguments) {
  Isolate& isolate = isolateOf(arguments);
  arguments.GetReturnValue().Set(isolate.addPipe(isolate.environment().openEgress()));
}

void openWorker(OpArguments arguments) {
  Isolate& isolate = isolateOf(arguments);
  auto end = isolate.environment().openWorker(toUtf8(arguments.GetIsolate(), arguments[0]));
  if (!end) return throwError(arguments.GetIsolate(), end.error().message);
  arguments.GetReturnValue().Set(isolate.addPipe(std::move(*end)));
}

constexpr Op kOps[] = {
    {"send", send},
    {"closePipe", closePipe},
    {"openEgress", openEgress},
    {"openWorker", openWorker},
};

}  // namespace

std::span<const Op> pipeOps() { return kOps; }

}  // namespace mayfly::isolate
