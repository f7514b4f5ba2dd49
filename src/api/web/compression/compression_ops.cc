// SPDX-License-Identifier: Apache-2.0
// zlib (of Node's executable) for mayfly:web/compression. All memory of a stream is one ArrayBuffer, which zlib's
// allocations are cut from: so it is counted against the isolate's limit and goes with the isolate, without finalizers.
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "isolate/ops.h"

namespace mayfly::api {
namespace {

using isolate::OpArguments;

// What zlib was seen to take with these settings, rounded up: 279 KiB and 42 KiB.
constexpr size_t kDeflateBytes = 384 * 1024;
constexpr size_t kInflateBytes = 64 * 1024;

// Stands at the start of the buffer, and zlib's own memory behind it.
struct Stream {
  z_stream zlib;
  size_t used;
  size_t size;
  bool compress;
};

void* take(void* opaque, unsigned items, unsigned size) {
  auto& stream = *static_cast<Stream*>(opaque);
  size_t bytes = (static_cast<size_t>(items) * size + 63) & ~size_t{63};
  if (bytes > stream.size - stream.used) return nullptr;
  void* memory = reinterpret_cast<char*>(&stream) + stream.used;
  stream.used += bytes;
  return memory;
}

void giveBack(void*, void*) {}

void zlibOpen(OpArguments arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  bool compress = arguments[0]->IsTrue();
  int windowBits = arguments[1].As<v8::Int32>()->Value();
  size_t size = compress ? kDeflateBytes : kInflateBytes;
  v8::Local<v8::ArrayBuffer> buffer;
  if (!v8::ArrayBuffer::MaybeNew(isolate, size).ToLocal(&buffer)) {
    return isolate::throwRangeError(isolate, "Out of memory for a compression stream");
  }
  auto& stream = *static_cast<Stream*>(buffer->Data());
  stream.used = (sizeof(Stream) + 63) & ~size_t{63};
  stream.size = size;
  stream.compress = compress;
  stream.zlib.opaque = &stream;
  stream.zlib.zalloc = take;
  stream.zlib.zfree = giveBack;
  z_stream& zlib = stream.zlib;
  int status = compress ? deflateInit2(&zlib, Z_DEFAULT_COMPRESSION, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY)
                        : inflateInit2(&zlib, windowBits);
  if (status != Z_OK) return isolate::throwError(isolate, "zlib could not be set up");
  arguments.GetReturnValue().Set(buffer);
}

void zlibWrite(OpArguments arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  auto& stream = *reinterpret_cast<Stream*>(isolate::bytesOf(arguments[0]).data());
  std::span<uint8_t> input = isolate::bytesOf(arguments[1]);
  bool finish = arguments[2]->IsTrue();
  std::span<uint8_t> output = isolate::bytesOf(arguments[3]);
  z_stream& zlib = stream.zlib;
  zlib.next_in = input.data();
  zlib.avail_in = static_cast<uInt>(input.size());
  zlib.next_out = output.data();
  zlib.avail_out = static_cast<uInt>(output.size());
  int status = stream.compress ? deflate(&zlib, finish ? Z_FINISH : Z_NO_FLUSH) : inflate(&zlib, Z_NO_FLUSH);
  auto* counts = reinterpret_cast<uint32_t*>(isolate::bytesOf(arguments[4]).data());
  counts[0] = static_cast<uint32_t>(input.size() - zlib.avail_in);
  counts[1] = static_cast<uint32_t>(output.size() - zlib.avail_out);
  // Z_BUF_ERROR: nothing more to do until there is more input or room.
  if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
    return isolate::throwTypeError(isolate, std::string("The compressed data is not valid: ") +
                                                (zlib.msg == nullptr ? "unexpected content" : zlib.msg));
  }
  arguments.GetReturnValue().Set(status == Z_STREAM_END);
}

}  // namespace

std::span<const isolate::Op> compressionOps() {
  static constexpr isolate::Op kOps[] = {{"zlibOpen", zlibOpen}, {"zlibWrite", zlibWrite}};
  return kOps;
}

}  // namespace mayfly::api
