// SPDX-License-Identifier: Apache-2.0
// zlib, brotli and zstd (of Node's executable) for node:zlib. What they allocate counts against the isolate's memory limit: they
// are given its allocator. A codec is held by JavaScript and goes with it.
#include <zlib.h>

#include <algorithm>
#include <climits>
#include <cstddef>
#include <memory>
#include <new>
#include <string>

#include "isolate/held.h"
#include "isolate/isolate.h"
#include "isolate/ops.h"

// The headers of brotli and zstd are not shipped with Node: what is used is declared here.
extern "C" {
struct BrotliEncoderState;
struct BrotliDecoderState;
using BrotliAllocate = void* (*)(void* opaque, size_t size);
using BrotliFree = void (*)(void* opaque, void* memory);
BrotliEncoderState* BrotliEncoderCreateInstance(BrotliAllocate allocate, BrotliFree free, void* opaque);
void BrotliEncoderDestroyInstance(BrotliEncoderState* state);
int BrotliEncoderSetParameter(BrotliEncoderState* state, int parameter, uint32_t value);
int BrotliEncoderCompressStream(BrotliEncoderState* state, int operation, size_t* available_in, const uint8_t** next_in,
                                size_t* available_out, uint8_t** next_out, size_t* total_out);
int BrotliEncoderIsFinished(BrotliEncoderState* state);
BrotliDecoderState* BrotliDecoderCreateInstance(BrotliAllocate allocate, BrotliFree free, void* opaque);
void BrotliDecoderDestroyInstance(BrotliDecoderState* state);
int BrotliDecoderSetParameter(BrotliDecoderState* state, int parameter, uint32_t value);
int BrotliDecoderDecompressStream(BrotliDecoderState* state, size_t* available_in, const uint8_t** next_in,
                                  size_t* available_out, uint8_t** next_out, size_t* total_out);
int BrotliDecoderGetErrorCode(const BrotliDecoderState* state);
const char* BrotliDecoderErrorString(int code);

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;
struct ZSTD_customMem {
  BrotliAllocate allocate;
  BrotliFree free;
  void* opaque;
};
struct ZSTD_inBuffer {
  const void* source;
  size_t size;
  size_t position;
};
struct ZSTD_outBuffer {
  void* destination;
  size_t size;
  size_t position;
};
ZSTD_CCtx_s* ZSTD_createCCtx_advanced(ZSTD_customMem memory);
size_t ZSTD_freeCCtx(ZSTD_CCtx_s* context);
size_t ZSTD_CCtx_setParameter(ZSTD_CCtx_s* context, int parameter, int value);
size_t ZSTD_CCtx_setPledgedSrcSize(ZSTD_CCtx_s* context, unsigned long long size);
size_t ZSTD_compressStream2(ZSTD_CCtx_s* context, ZSTD_outBuffer* output, ZSTD_inBuffer* input, int end);
ZSTD_DCtx_s* ZSTD_createDCtx_advanced(ZSTD_customMem memory);
size_t ZSTD_freeDCtx(ZSTD_DCtx_s* context);
size_t ZSTD_DCtx_setParameter(ZSTD_DCtx_s* context, int parameter, int value);
size_t ZSTD_decompressStream(ZSTD_DCtx_s* context, ZSTD_outBuffer* output, ZSTD_inBuffer* input);
unsigned ZSTD_isError(size_t result);
int ZSTD_getErrorCode(size_t result);
const char* ZSTD_getErrorName(size_t result);
}

namespace mayfly::api {
namespace {

using isolate::OpArguments;

enum class Kind : uint32_t { deflate, inflate, brotliEncode, brotliDecode, zstdEncode, zstdDecode };

// What codecWrite() says.
constexpr int kGoOn = 0;
constexpr int kEnded = 1;

struct Codec {
  Kind kind = Kind::deflate;
  std::shared_ptr<isolate::BufferAllocator> budget;
  z_stream zlib{};
  bool zlibOpen = false;
  std::string dictionary;
  BrotliEncoderState* encoder = nullptr;
  BrotliDecoderState* decoder = nullptr;
  ZSTD_CCtx_s* zstdEncoder = nullptr;
  ZSTD_DCtx_s* zstdDecoder = nullptr;

  bool isOpen() const {
    return zlibOpen || encoder != nullptr || decoder != nullptr || zstdEncoder != nullptr || zstdDecoder != nullptr;
  }
};

// Each block begins with its size.
constexpr size_t kHeader = alignof(std::max_align_t);

void* allocate(void* codec, size_t size) {
  if (size > SIZE_MAX - kHeader) return nullptr;
  auto* block = static_cast<char*>(static_cast<Codec*>(codec)->budget->AllocateUninitialized(size + kHeader));
  if (block == nullptr) return nullptr;
  *reinterpret_cast<size_t*>(block) = size + kHeader;
  return block + kHeader;
}

void* allocateItems(void* codec, unsigned items, unsigned size) {
  return allocate(codec, static_cast<size_t>(items) * size);
}

void release(void* codec, void* memory) {
  if (memory == nullptr) return;
  auto* block = static_cast<char*>(memory) - kHeader;
  static_cast<Codec*>(codec)->budget->Free(block, *reinterpret_cast<size_t*>(block));
}

void close(Codec& codec) {
  if (codec.zlibOpen) {
    if (codec.kind == Kind::deflate)
      deflateEnd(&codec.zlib);
    else
      inflateEnd(&codec.zlib);
  }
  if (codec.encoder != nullptr) BrotliEncoderDestroyInstance(codec.encoder);
  if (codec.decoder != nullptr) BrotliDecoderDestroyInstance(codec.decoder);
  ZSTD_freeCCtx(codec.zstdEncoder);
  ZSTD_freeDCtx(codec.zstdDecoder);
  codec.zlibOpen = false;
  codec.encoder = nullptr;
  codec.decoder = nullptr;
  codec.zstdEncoder = nullptr;
  codec.zstdDecoder = nullptr;
}

void destroy(Codec* codec) {
  close(*codec);
  delete codec;
}

int integer(OpArguments arguments, int index) {
  return arguments[index]->IsInt32() ? arguments[index].As<v8::Int32>()->Value() : 0;
}

void refuse(OpArguments arguments, std::string_view reason) {
  arguments.GetReturnValue().Set(isolate::makeString(arguments.GetIsolate(), reason));
}

// "Z_DATA_ERROR:-3:incorrect header check"
void refuseZlib(OpArguments arguments, const Codec& codec, int status) {
  const char* name = status == Z_NEED_DICT      ? "Z_NEED_DICT"
                     : status == Z_DATA_ERROR   ? "Z_DATA_ERROR"
                     : status == Z_STREAM_ERROR ? "Z_STREAM_ERROR"
                     : status == Z_MEM_ERROR    ? "Z_MEM_ERROR"
                     : status == Z_BUF_ERROR    ? "Z_BUF_ERROR"
                                                : "Z_VERSION_ERROR";
  std::string message = codec.zlib.msg != nullptr ? codec.zlib.msg
                        : status == Z_NEED_DICT   ? (codec.dictionary.empty() ? "Missing dictionary" : "Bad dictionary")
                        : status == Z_MEM_ERROR   ? "Out of memory"
                        : status == Z_BUF_ERROR   ? "unexpected end of file"
                                                  : "Zlib error";
  refuse(arguments, std::string(name) + ":" + std::to_string(status) + ":" + message);
}

int startZlib(Codec& codec, int level, int windowBits, int memoryLevel, int strategy) {
  codec.zlib.opaque = &codec;
  codec.zlib.zalloc = allocateItems;
  codec.zlib.zfree = release;
  int status = codec.kind == Kind::deflate
                   ? deflateInit2(&codec.zlib, level, Z_DEFLATED, windowBits, memoryLevel, strategy)
                   : inflateInit2(&codec.zlib, windowBits);
  codec.zlibOpen = status == Z_OK;
  return status;
}

int useDictionary(Codec& codec) {
  auto* bytes = reinterpret_cast<const Bytef*>(codec.dictionary.data());
  auto size = static_cast<uInt>(codec.dictionary.size());
  return codec.kind == Kind::deflate ? deflateSetDictionary(&codec.zlib, bytes, size)
                                     : inflateSetDictionary(&codec.zlib, bytes, size);
}

int open(Codec& codec, OpArguments arguments) {
  if (codec.kind == Kind::brotliEncode) {
    codec.encoder = BrotliEncoderCreateInstance(allocate, release, &codec);
    return codec.encoder == nullptr ? Z_MEM_ERROR : Z_OK;
  }
  if (codec.kind == Kind::brotliDecode) {
    codec.decoder = BrotliDecoderCreateInstance(allocate, release, &codec);
    return codec.decoder == nullptr ? Z_MEM_ERROR : Z_OK;
  }
  if (codec.kind == Kind::zstdEncode) {
    codec.zstdEncoder = ZSTD_createCCtx_advanced({allocate, release, &codec});
    return codec.zstdEncoder == nullptr ? Z_MEM_ERROR : Z_OK;
  }
  if (codec.kind == Kind::zstdDecode) {
    codec.zstdDecoder = ZSTD_createDCtx_advanced({allocate, release, &codec});
    return codec.zstdDecoder == nullptr ? Z_MEM_ERROR : Z_OK;
  }
  int windowBits = integer(arguments, 2);
  int status = startZlib(codec, integer(arguments, 1), windowBits, integer(arguments, 3), integer(arguments, 4));
  // A raw stream takes its dictionary at once, the others when they are asked for it.
  if (status == Z_OK && !codec.dictionary.empty() && (codec.kind == Kind::deflate || windowBits < 0)) {
    status = useDictionary(codec);
  }
  return status;
}

// codecOpen(kind, level, windowBits, memoryLevel, strategy, dictionary): for brotli and zstd, the parameters are set
// afterwards.
void codecOpen(OpArguments arguments) {
  auto* isolate = arguments.GetIsolate();
  int kind = integer(arguments, 0);
  if (kind < 0 || kind > static_cast<int>(Kind::zstdDecode))
    return refuse(arguments, "Z_STREAM_ERROR:-2:no such codec");
  std::unique_ptr<Codec, decltype(&destroy)> codec(new (std::nothrow) Codec, destroy);
  if (codec == nullptr) return isolate::throwRangeError(isolate, "Out of memory for a compression stream");
  codec->kind = static_cast<Kind>(kind);
  codec->budget = isolate::isolateOf(arguments).sharedBuffers();
  auto dictionary = isolate::bytesOf(arguments[5]);
  if (dictionary.size() <= UINT_MAX) codec->dictionary.assign(dictionary.begin(), dictionary.end());
  int status = open(*codec, arguments);
  if (status == Z_MEM_ERROR) {
    isolate->LowMemoryNotification();  // codecs that are garbage give back what they hold
    close(*codec);
    status = open(*codec, arguments);
  }
  if (status == Z_MEM_ERROR) {
    return isolate::throwRangeError(isolate, "The worker's memory limit leaves no room for a compression stream");
  }
  if (status != Z_OK) return refuseZlib(arguments, *codec, status);
  v8::Local<v8::ArrayBuffer> held;
  if (isolate::hold<Codec>(isolate, codec.release(), destroy, sizeof(Codec)).ToLocal(&held)) {
    arguments.GetReturnValue().Set(held);
  }
}

Codec* codecOf(OpArguments arguments) {
  auto* codec = isolate::heldBy<Codec>(arguments[0]);
  if (codec == nullptr) isolate::throwTypeError(arguments.GetIsolate(), "This is no codec");
  return codec;
}

void codecSet(OpArguments arguments) {
  auto* codec = codecOf(arguments);
  if (codec == nullptr) return;
  int parameter = integer(arguments, 1);
  auto value = static_cast<uint32_t>(integer(arguments, 2));
  bool ok = codec->encoder != nullptr   ? BrotliEncoderSetParameter(codec->encoder, parameter, value) != 0
            : codec->decoder != nullptr ? BrotliDecoderSetParameter(codec->decoder, parameter, value) != 0
            : codec->zstdEncoder != nullptr
                ? ZSTD_isError(ZSTD_CCtx_setParameter(codec->zstdEncoder, parameter, integer(arguments, 2))) == 0
            : codec->zstdDecoder != nullptr
                ? ZSTD_isError(ZSTD_DCtx_setParameter(codec->zstdDecoder, parameter, integer(arguments, 2))) == 0
                : false;
  arguments.GetReturnValue().Set(ok);
}

// codecPledge(codec, bytes): how many will come, for zstd's encoder.
void codecPledge(OpArguments arguments) {
  auto* codec = codecOf(arguments);
  if (codec == nullptr || codec->zstdEncoder == nullptr || !arguments[1]->IsNumber()) return;
  double bytes = arguments[1].As<v8::Number>()->Value();
  if (!(bytes >= 0 && bytes < 9e15)) return;
  auto result = ZSTD_CCtx_setPledgedSrcSize(codec->zstdEncoder, static_cast<unsigned long long>(bytes));
  arguments.GetReturnValue().Set(ZSTD_isError(result) == 0);
}

// What zstd says: an error by ZSTD_isError(), or how much is left to do.
size_t runZstd(Codec& codec, std::span<const uint8_t> input, std::span<uint8_t> output, int end, size_t& read,
               size_t& written) {
  ZSTD_inBuffer in{input.data(), input.size(), 0};
  ZSTD_outBuffer out{output.data(), output.size(), 0};
  size_t result = codec.zstdEncoder != nullptr ? ZSTD_compressStream2(codec.zstdEncoder, &out, &in, end)
                                               : ZSTD_decompressStream(codec.zstdDecoder, &out, &in);
  read = in.position;
  written = out.position;
  return result;
}

int runZlib(Codec& codec, std::span<const uint8_t> input, std::span<uint8_t> output, int flush, size_t& read,
            size_t& written) {
  z_stream& zlib = codec.zlib;
  auto inSize = static_cast<uInt>(std::min<size_t>(input.size(), UINT_MAX));
  auto outSize = static_cast<uInt>(std::min<size_t>(output.size(), UINT_MAX));
  zlib.next_in = const_cast<Bytef*>(input.data());
  zlib.avail_in = inSize;
  zlib.next_out = output.data();
  zlib.avail_out = outSize;
  int status = codec.kind == Kind::deflate ? deflate(&zlib, flush) : inflate(&zlib, flush);
  if (status == Z_NEED_DICT && !codec.dictionary.empty()) {
    status = useDictionary(codec);
    if (status == Z_OK)
      status = inflate(&zlib, flush);
    else if (status == Z_DATA_ERROR)
      status = Z_NEED_DICT;
  }
  read = inSize - zlib.avail_in;
  written = outSize - zlib.avail_out;
  return status;
}

// codecWrite(codec, input, flush, output, counts): kGoOn, kEnded, or the reason of a failure. `counts`: read, written.
void codecWrite(OpArguments arguments) {
  auto* codec = codecOf(arguments);
  if (codec == nullptr) return;
  std::span<const uint8_t> input = isolate::bytesOf(arguments[1]);
  auto output = isolate::bytesOf(arguments[3]);
  auto counts = isolate::bytesOf(arguments[4]);
  if (counts.size() < 2 * sizeof(uint32_t)) return;
  int flush = integer(arguments, 2);
  size_t read = 0;
  size_t written = 0;
  int answer = kGoOn;
  static constexpr uint8_t kNothing = 0;
  if (input.empty()) input = {&kNothing, 0};
  if (!codec->isOpen()) return refuse(arguments, "ERR_INVALID_STATE:-2:The codec is closed");
  if (codec->zstdEncoder != nullptr || codec->zstdDecoder != nullptr) {
    size_t left = runZstd(*codec, input, output, flush, read, written);
    if (ZSTD_isError(left) != 0) {
      return refuse(arguments,
                    "ZSTD:" + std::to_string(ZSTD_getErrorCode(left)) + ":" + std::string(ZSTD_getErrorName(left)));
    }
    constexpr int kEnd = 2;
    if (left == 0 && (codec->zstdDecoder != nullptr || flush == kEnd)) answer = kEnded;
  } else if (codec->encoder != nullptr || codec->decoder != nullptr) {
    size_t inLeft = input.size();
    size_t outLeft = output.size();
    const uint8_t* next = input.data();
    uint8_t* into = output.data();
    if (codec->encoder != nullptr) {
      if (BrotliEncoderCompressStream(codec->encoder, flush, &inLeft, &next, &outLeft, &into, nullptr) == 0) {
        return refuse(arguments, "ERR_BROTLI_COMPRESSION_FAILED:-1:Compression failed");
      }
      if (BrotliEncoderIsFinished(codec->encoder) != 0) answer = kEnded;
    } else {
      int status = BrotliDecoderDecompressStream(codec->decoder, &inLeft, &next, &outLeft, &into, nullptr);
      if (status == 0) {
        int code = BrotliDecoderGetErrorCode(codec->decoder);
        return refuse(arguments, std::string("ERR_") + BrotliDecoderErrorString(code) + ":" + std::to_string(code) +
                                     ":Decompression failed");
      }
      if (status == 1) answer = kEnded;
    }
    read = input.size() - inLeft;
    written = output.size() - outLeft;
  } else {
    int status = runZlib(*codec, input, output, flush, read, written);
    if (status == Z_STREAM_END) answer = kEnded;
    // Z_BUF_ERROR: nothing more to do until there is more input or room.
    else if (status != Z_OK && status != Z_BUF_ERROR)
      return refuseZlib(arguments, *codec, status);
  }
  auto* numbers = reinterpret_cast<uint32_t*>(counts.data());
  numbers[0] = static_cast<uint32_t>(read);
  numbers[1] = static_cast<uint32_t>(written);
  arguments.GetReturnValue().Set(answer);
}

void codecReset(OpArguments arguments) {
  auto* codec = codecOf(arguments);
  if (codec == nullptr || !codec->zlibOpen) return;
  int status = codec->kind == Kind::deflate ? deflateReset(&codec->zlib) : inflateReset(&codec->zlib);
  if (status == Z_OK && codec->kind == Kind::deflate && !codec->dictionary.empty()) status = useDictionary(*codec);
  if (status != Z_OK) refuseZlib(arguments, *codec, status);
}

// codecParameters(codec, level, strategy, output, counts): what was compressed by the old ones goes to `output`.
void codecParameters(OpArguments arguments) {
  auto* codec = codecOf(arguments);
  if (codec == nullptr || codec->kind != Kind::deflate || !codec->zlibOpen) return;
  auto output = isolate::bytesOf(arguments[3]);
  auto counts = isolate::bytesOf(arguments[4]);
  if (counts.size() < 2 * sizeof(uint32_t)) return;
  codec->zlib.next_in = nullptr;
  codec->zlib.avail_in = 0;
  codec->zlib.next_out = output.data();
  codec->zlib.avail_out = static_cast<uInt>(output.size());
  int status = deflateParams(&codec->zlib, integer(arguments, 1), integer(arguments, 2));
  reinterpret_cast<uint32_t*>(counts.data())[1] = static_cast<uint32_t>(output.size() - codec->zlib.avail_out);
  if (status != Z_OK && status != Z_BUF_ERROR) refuseZlib(arguments, *codec, status);
}

// Frees what it holds now, not when it is collected.
void codecClose(OpArguments arguments) {
  if (auto* codec = codecOf(arguments)) close(*codec);
}

// checksum(data, before): CRC-32
void checksum(OpArguments arguments) {
  auto data = isolate::bytesOf(arguments[0]);
  uLong value = arguments[1]->IsUint32() ? arguments[1].As<v8::Uint32>()->Value() : 0;
  while (!data.empty()) {
    auto size = static_cast<uInt>(std::min<size_t>(data.size(), UINT_MAX));
    value = ::crc32(value, data.data(), size);
    data = data.subspan(size);
  }
  arguments.GetReturnValue().Set(static_cast<uint32_t>(value));
}

}  // namespace

std::span<const isolate::Op> codecOps() {
  static constexpr isolate::Op kOps[] = {
      {"codecOpen", codecOpen},
      {"codecWrite", codecWrite},
      {"codecReset", codecReset},
      {"codecClose", codecClose},
      {"codecSet", codecSet},
      {"codecPledge", codecPledge},
      {"codecParameters", codecParameters},
      {"checksum", checksum},
  };
  return kOps;
}

}  // namespace mayfly::api
