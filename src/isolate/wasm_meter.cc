// SPDX-License-Identifier: Apache-2.0
#include "isolate/wasm_meter.h"

#include <dlfcn.h>
#include <fmt/core.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>
#include <v8-platform.h>

#include <cstring>
#include <map>
#include <mutex>
#include <span>
#include <unordered_map>

namespace mayfly::isolate {

namespace {

using Permission = v8::PageAllocator::Permission;
using AllocatePages = void* (*)(void* self, void* address, size_t length, size_t alignment, Permission permission);
using FreePages = bool (*)(void* self, void* address, size_t length);
using SetPermissions = bool (*)(void* self, void* address, size_t length, Permission permission);

constexpr const char* kTable = "_ZTVN2v84base13PageAllocatorE";
constexpr const char* kAllocatePages = "_ZN2v84base13PageAllocator13AllocatePagesEPvmmNS_13PageAllocator10PermissionE";
constexpr const char* kFreePages = "_ZN2v84base13PageAllocator9FreePagesEPvm";
constexpr const char* kSetPermissions = "_ZN2v84base13PageAllocator14SetPermissionsEPvmNS_13PageAllocator10PermissionE";

// Address space that was reserved without access on the thread of an isolate of ours.
struct Reservation {
  size_t length = 0;
  size_t usable = 0;  // from its beginning
  std::shared_ptr<BufferAllocator> buffers;
};

struct Meter {
  bool refused = false;  // set before there are other threads
  AllocatePages allocatePages = nullptr;
  FreePages freePages = nullptr;
  SetPermissions setPermissions = nullptr;
  std::mutex mutex;
  std::unordered_map<v8::Isolate*, std::shared_ptr<BufferAllocator>> budgets;
  std::map<uintptr_t, Reservation> reservations;

  std::shared_ptr<BufferAllocator> budgetOfThisThread() {
    auto* isolate = v8::Isolate::TryGetCurrent();
    if (isolate == nullptr) return nullptr;
    std::lock_guard lock(mutex);
    auto found = budgets.find(isolate);
    return found == budgets.end() ? nullptr : found->second;
  }
};

Meter& meter() {
  static Meter& meter = *new Meter;
  return meter;
}

void* allocatePages(void* self, void* address, size_t length, size_t alignment, Permission permission) {
  Meter& meter = isolate::meter();
  void* base = meter.allocatePages(self, address, length, alignment, permission);
  if (base == nullptr || permission != Permission::kNoAccess) return base;
  if (auto budget = meter.budgetOfThisThread()) {
    std::lock_guard lock(meter.mutex);
    meter.reservations[reinterpret_cast<uintptr_t>(base)] = {length, 0, std::move(budget)};
  }
  return base;
}

bool freePages(void* self, void* address, size_t length) {
  Meter& meter = isolate::meter();
  {
    // Before the address can be another's.
    std::lock_guard lock(meter.mutex);
    auto found = meter.reservations.find(reinterpret_cast<uintptr_t>(address));
    if (found != meter.reservations.end()) {
      found->second.buffers->giveBack(found->second.usable);
      meter.reservations.erase(found);
    }
  }
  return meter.freePages(self, address, length);
}

// Whether what lies before `end` may be usable.
bool grant(Meter& meter, uintptr_t begin, uintptr_t end) {
  std::lock_guard lock(meter.mutex);
  auto found = meter.reservations.upper_bound(begin);
  if (found == meter.reservations.begin()) return true;
  auto& [base, reservation] = *--found;
  if (begin >= base + reservation.length || end <= base + reservation.usable) return true;
  if (!reservation.buffers->takeOnce(end - base - reservation.usable)) return false;
  reservation.usable = end - base;
  return true;
}

bool setPermissions(void* self, void* address, size_t length, Permission permission) {
  Meter& meter = isolate::meter();
  auto begin = reinterpret_cast<uintptr_t>(address);
  if (permission == Permission::kReadWrite && !grant(meter, begin, begin + length)) return false;
  return meter.setPermissions(self, address, length, permission);
}

std::unexpected<Error> unfit(std::string_view what) {
  return fail(ErrorCode::internal, fmt::format("WebAssembly's memory cannot be counted in this V8: {}", what));
}

template <typename Function>
bool replace(std::span<void*> table, const char* symbol, Function replacement, Function& original) {
  void* found = dlsym(RTLD_DEFAULT, symbol);
  if (found == nullptr) return false;
  for (void*& entry : table) {
    if (entry != found) continue;
    original = reinterpret_cast<Function>(found);
    entry = reinterpret_cast<void*>(replacement);
    return true;
  }
  return false;
}

}  // namespace

Result<void> installWasmMeter() {
  Meter& meter = isolate::meter();
  void* table = dlsym(RTLD_DEFAULT, kTable);
  Dl_info info;
  void* found = nullptr;
  if (table == nullptr || dladdr1(table, &info, &found, RTLD_DL_SYMENT) == 0 || !found) {
    return unfit("it has no table of its page allocator");
  }
  const auto* symbol = static_cast<const ElfW(Sym)*>(found);
  auto pageSize = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  uintptr_t begin = reinterpret_cast<uintptr_t>(table) & ~(pageSize - 1);
  uintptr_t end = reinterpret_cast<uintptr_t>(table) + symbol->st_size;
  auto* pages = reinterpret_cast<void*>(begin);
  if (mprotect(pages, end - begin, PROT_READ | PROT_WRITE) != 0) return unfit(std::strerror(errno));
  std::span entries(static_cast<void**>(table), symbol->st_size / sizeof(void*));
  bool replaced = replace(entries, kAllocatePages, &allocatePages, meter.allocatePages) &&
                  replace(entries, kFreePages, &freePages, meter.freePages) &&
                  replace(entries, kSetPermissions, &setPermissions, meter.setPermissions);
  if (mprotect(pages, end - begin, PROT_READ) != 0) return unfit(std::strerror(errno));
  if (!replaced) return unfit("its page allocator has other functions");
  return {};
}

void refuseWasm() { meter().refused = true; }

bool hasWasm() { return !meter().refused; }

void meterWasm(v8::Isolate* isolate, std::shared_ptr<BufferAllocator> budget) {
  std::lock_guard lock(meter().mutex);
  meter().budgets[isolate] = std::move(budget);
}

void forgetWasm(v8::Isolate* isolate) {
  std::lock_guard lock(meter().mutex);
  meter().budgets.erase(isolate);
}

}  // namespace mayfly::isolate
