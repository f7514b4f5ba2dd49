// SPDX-License-Identifier: Apache-2.0
// Counts the memories of WebAssembly, which V8 reports to nobody: it reserves address space for each through its page
// allocator and makes pages of it usable when the memory is made and each time it grows, from inside as well as from
// JavaScript. There is no hook for that, and Node has made the allocator before us, so three functions of its class
// are put into its table of virtual functions in the place of the original ones, before the first worker.
//
// What an isolate's memories use is taken from the budget of its array buffers; what does not fit is refused, after
// which V8 collects garbage and tries again, and condemns by the near-heap-limit callback or answers a growth with -1.
// Safe from any thread. One for the process, as the allocator is; it is never destroyed.
#pragma once

#include <v8.h>

#include <memory>

#include "base/result.h"
#include "isolate/buffer_allocator.h"

namespace mayfly::isolate {

// Once, before the first isolate. Fails where V8 is not as it must be.
Result<void> installWasmMeter();

// Instead, where V8 was started without WebAssembly.
void refuseWasm();
bool hasWasm();

// Of an isolate of ours, for as long as it lives.
void meterWasm(v8::Isolate* isolate, std::shared_ptr<BufferAllocator> budget);
void forgetWasm(v8::Isolate* isolate);

}  // namespace mayfly::isolate
