// SPDX-License-Identifier: Apache-2.0
#include "isolate/isolate.h"

#include <fmt/core.h>
#include <unistd.h>

#include "isolate/builtin_groups.h"
#include "isolate/errors.h"
#include "isolate/plain_values.h"
#include "isolate/serializer.h"
#include "isolate/wasm_meter.h"

namespace mayfly::isolate {

namespace {

// How much the heap may grow beyond its limit, once, while the termination of the program takes hold.
constexpr size_t kHeadroomBytes = 64u << 20;
constexpr size_t kYoungGenerationBytes = 16u << 20;
// Small at first: most workers are, and what a worker has once touched it keeps.
constexpr size_t kYoungGenerationBytesAtFirst = 512u << 10;
constexpr size_t kStackBytes = 900u << 10;
// A run yields to the shard after so many inbox events, so that one isolate cannot hold it by being flooded.
constexpr size_t kEventsPerRun = 256;

int64_t nowNs() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

size_t heapBytes(v8::Isolate* v8) {
  v8::HeapStatistics statistics;
  v8->GetHeapStatistics(&statistics);
  return statistics.used_heap_size();
}

void logDropped(Environment& environment, uint64_t lines) {
  environment.log(protocol::LogKind::system, protocol::LogLevel::warn,
                  fmt::format("LogLimit: {} lines of this worker were dropped", lines));
}

v8::ModifyCodeGenerationFromStringsResult allowCodeFromStrings(v8::Local<v8::Context>, v8::Local<v8::Value>, bool) {
  return {isolateOf(v8::Isolate::GetCurrent()).codeFromStringsAllowed(), {}};
}

bool allowWasm(v8::Local<v8::Context>, v8::Local<v8::String>) {
  return isolateOf(v8::Isolate::GetCurrent()).wasmAllowed;
}

}  // namespace

// Being inside: V8's lock, the isolate, a handle scope, the context, and a stack limit for this thread.
class Isolate::Scope {
 public:
  explicit Scope(Isolate& isolate)
      : locker_(isolate.v8_),
        entered_(isolate.v8_),
        handles_(isolate.v8_),
        context_(isolate.context_.Get(isolate.v8_)),
        inContext_(context_) {
    isolate.v8_->SetStackLimit(reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) - kStackBytes);
  }

 private:
  v8::Locker locker_;
  v8::Isolate::Scope entered_;
  v8::HandleScope handles_;
  v8::Local<v8::Context> context_;
  v8::Context::Scope inContext_;
};

Isolate::Isolate(Engine& engine, size_t memoryBytesMax)
    : engine_(engine),
      buffers_(std::make_shared<BufferAllocator>(memoryBytesMax)),
      sent_(std::make_shared<rpc::Account>(memoryBytesMax)),
      groups_(engine.groups().size()),
      modules_(*this) {
  v8_ = v8::Isolate::Allocate();
  engine_.platform().RegisterIsolate(v8_, &delegate_);
  v8::Isolate::CreateParams params;
  params.array_buffer_allocator_shared = buffers_;
  params.external_references = engine_.externalReferences();
  params.snapshot_blob = engine_.snapshot();
  params.constraints.set_max_old_generation_size_in_bytes(memoryBytesMax);
  params.constraints.set_max_young_generation_size_in_bytes(kYoungGenerationBytes);
  params.constraints.set_initial_young_generation_size_in_bytes(kYoungGenerationBytesAtFirst);
  v8::Isolate::Initialize(v8_, params);
  v8_->SetData(0, this);
  meterWasm(v8_, buffers_);
  v8_->SetMicrotasksPolicy(v8::MicrotasksPolicy::kExplicit);
  v8_->SetCaptureStackTraceForUncaughtExceptions(false);
  v8_->AddGCEpilogueCallback(
      collected, this,
      static_cast<v8::GCType>(v8::kGCTypeScavenge | v8::kGCTypeMinorMarkSweep | v8::kGCTypeMarkSweepCompact));
  v8_->AddNearHeapLimitCallback(nearHeapLimit, this);
  v8_->SetOOMErrorHandler(outOfMemory, this);
  v8_->SetPromiseRejectCallback(promiseRejected);
  v8_->SetHostImportModuleDynamicallyCallback(ModuleLoader::importDynamically);
  v8_->SetHostImportModuleWithPhaseDynamicallyCallback(ModuleLoader::importSourceDynamically);
  v8_->SetHostInitializeImportMetaObjectCallback(ModuleLoader::initializeImportMeta);
  v8_->SetModifyCodeGenerationFromStringsCallback(allowCodeFromStrings);
  v8_->SetAllowWasmCodeGenerationCallback(allowWasm);

  v8::Locker locker(v8_);
  v8::Isolate::Scope entered(v8_);
  v8::HandleScope handles(v8_);
  auto context = v8::Context::New(v8_);
  context->AllowCodeGenerationFromStrings(false);
  {
    v8::Context::Scope inContext(context);
    replaceGlobals(v8_, context);
  }
  context_.Reset(v8_, context);
  hooks_.Reset(v8_, context->GetDataFromSnapshotOnce<v8::Object>(kHooksData).ToLocalChecked());
  core_.Reset(v8_, context->GetDataFromSnapshotOnce<v8::Object>(kCoreData).ToLocalChecked());
  ops_.Reset(v8_, context->GetDataFromSnapshotOnce<v8::Object>(kOpsData).ToLocalChecked());
  require_.Reset(v8_, context->GetDataFromSnapshotOnce<v8::Function>(kRequireData).ToLocalChecked());
}

Isolate::~Isolate() {
  if (auto dropped = logMeter_.takeDropped(); dropped > 0) logDropped(*environment_, dropped);
  pipes_.clear();
  {
    v8::Locker locker(v8_);
    v8::Isolate::Scope entered(v8_);
    modules_.clear();
    groups_.clear();
    for (auto& function : hookFunctions_) function.Reset();
    rejections_.clear();
    hooks_.Reset();
    core_.Reset();
    ops_.Reset();
    require_.Reset();
    context_.Reset();
    delegate_.tasks().clear();
  }
  forgetWasm(v8_);
  if (ownsCacheSpace_) engine_.caches().drop(cacheSpace_);
  engine_.platform().DisposeIsolate(v8_);
}

void Isolate::adopt(std::shared_ptr<Inbox> inbox, std::unique_ptr<Environment> environment, const Limits& limits) {
  inbox_ = std::move(inbox);
  environment_ = std::move(environment);
  limits_ = limits;
}

v8::MaybeLocal<v8::Value> Isolate::callHook(Hook which, std::span<v8::Local<v8::Value>> arguments) {
  const char* name = kHookNames[static_cast<size_t>(which)];
  // A termination ends one call: the next one would run.
  if (condemned()) return {};
  auto context = context_.Get(v8_);
  v8::TryCatch caught(v8_);
  auto& cached = hookFunctions_[static_cast<size_t>(which)];
  if (cached.IsEmpty()) {
    v8::Local<v8::Value> hook;
    if (!hooks_.Get(v8_)->Get(context, makeName(v8_, name)).ToLocal(&hook) || !hook->IsFunction()) {
      environment_->log(protocol::LogKind::system, protocol::LogLevel::error, fmt::format("no hook named {}", name));
      return {};
    }
    cached.Reset(v8_, hook.As<v8::Function>());
  }
  v8::Local<v8::Value> result;
  if (cached.Get(v8_)
          ->Call(context, v8::Undefined(v8_), static_cast<int>(arguments.size()), arguments.data())
          .ToLocal(&result)) {
    return result;
  }
  if (caught.HasCaught() && !caught.HasTerminated() && !condemned()) {
    v8::Local<v8::Value> stack;
    auto text = caught.StackTrace(context).ToLocal(&stack) ? toUtf8(v8_, stack) : toUtf8(v8_, caught.Exception());
    environment_->log(protocol::LogKind::system, protocol::LogLevel::error, fmt::format("hook {}: {}", name, text));
  }
  return {};
}

v8::MaybeLocal<v8::Value> Isolate::requireGroup(v8::Local<v8::String> name) {
  auto context = context_.Get(v8_);
  std::string text = toUtf8(v8_, name);
  int index = engine_.findGroup(text);
  if (index < 0) {
    throwError(v8_, fmt::format("there is no built-in group {}", text));
    return {};
  }
  if (index == 0) return core_.Get(v8_);
  auto& exports = groups_[static_cast<size_t>(index)];
  if (!exports.IsEmpty()) return exports.Get(v8_);
  // Kept before it is evaluated, so that groups can require each other in a circle.
  auto object = v8::Object::New(v8_);
  exports.Reset(v8_, object);
  v8::Local<v8::Function> function;
  v8::Local<v8::Value> ignored;
  v8::Local<v8::Value> arguments[] = {object, require_.Get(v8_), ops_.Get(v8_)};
  if (!engine_.addGroupOps(v8_, context, text, ops_.Get(v8_)) ||
      !compileGroup(v8_, context, engine_.groups()[static_cast<size_t>(index)], true).ToLocal(&function) ||
      !function->Call(context, v8::Undefined(v8_), 3, arguments).ToLocal(&ignored)) {
    groups_[static_cast<size_t>(index)].Reset();
    return {};
  }
  return object;
}

// --- running ---

void Isolate::start(const StartSpec& spec) {
  Scope scope(*this);
  created_ = ranAt_ = Clock::now();
  nowMs_ = 0;
  exposeGc = spec.exposeGc;
  clockStands_ = spec.dynamic;
  ownsCacheSpace_ = spec.dynamic;
  cacheSpace_ = spec.dynamic ? engine_.caches().makeSpace() : spec.workerName;
  modules_.add(spec.modules, spec.compiledModules);
  modules_.setMain(spec.mainModule);
  mainModule_ = spec.mainModule;
  installSourceMap(*this, spec.mainModule, spec.sourceMap);
  v8::Local<v8::Value> config;
  if (makeStartConfig(*this, spec).ToLocal(&config)) {
    beginEvent(nowNs());
    (void)callHook(Hook::start, {&config, 1});
    finishEvent();
  }
}

void Isolate::run(Clock::time_point now) {
  Scope scope(*this);
  ranAt_ = now;
  nowMs_ = 0;
  beginEvent(now.time_since_epoch().count());
  if (delegate_.tasks().run()) finishEvent();
  size_t handled = 0;
  std::vector<InboxEvent>& events = taken_;
  while (!condemned() && handled < kEventsPerRun) {
    inbox_->take(events, kEventsPerRun);
    if (events.empty()) break;
    for (InboxEvent& event : events) {
      if (condemned()) {
        refuse(event);
        continue;
      }
      v8::HandleScope handles(v8_);
      handle(event);
      finishEvent();
      ++handled;
    }
    events.clear();
    if (events.capacity() > kEventsPerRun) events.shrink_to_fit();
  }
  if (!condemned() && !timers_.empty()) runTimers();
  if (!condemned() && !deadlines_.empty()) endOverdue();
  if (condemned()) {
    setRequestContext(0);
    logOpenEvents();
    closeAllPipes();
  }
}

void Isolate::handle(InboxEvent& event) {
  struct Visitor {
    Isolate& self;
    void operator()(MessageArrived& arrived) { self.handleMessage(arrived.pipe, arrived.message); }
    void operator()(PipeLost& lost) {
      // Without its creator, whose capabilities it holds, it gets no more callers.
      if (lost.pipe == self.creatorPipe_) self.environment_->creatorLost();
      self.takePipe(lost.pipe);
      auto* v8 = self.v8_;
      v8::Local<v8::Value> arguments[] = {
          v8::Integer::NewFromUnsigned(v8, lost.pipe),
          makeString(v8, lost.reason.name.empty() ? errorCodeName(lost.reason.code) : lost.reason.name),
          makeString(v8, lost.reason.message)};
      (void)self.callHook(Hook::pipeClosed, arguments);
    }
    void operator()(PipeOpened& opened) {
      auto* v8 = self.v8_;
      auto id = self.reservePipe();
      if (opened.keepsAlive) {
        self.inboundIds_.insert(id);
        ++self.inboundPipes_;
      }
      {
        std::lock_guard lock(self.pipesMutex_);
        self.pipes_[id] = std::move(opened.end);
      }
      if (std::string_view(opened.what) == "creator") self.creatorPipe_ = id;
      v8::Local<v8::Value> arguments[] = {v8::Integer::NewFromUnsigned(v8, id), makeName(v8, opened.what)};
      (void)self.callHook(Hook::pipeOpened, arguments);
      if (opened.first) self.handleMessage(id, *opened.first);
      // The hooks may have closed it.
      std::lock_guard lock(self.pipesMutex_);
      if (auto found = self.pipes_.find(id); found != self.pipes_.end()) found->second.attach(self.inbox_, id);
    }
    void operator()(CodeWanted& wanted) {
      v8::Local<v8::Value> argument = v8::Integer::NewFromUnsigned(self.v8_, wanted.pipe);
      (void)self.callHook(Hook::loaderNeedsCode, {&argument, 1});
    }
  };
  std::visit(Visitor{*this}, event);
}

void Isolate::handleMessage(rpc::PipeId pipe, rpc::Message& message) {
  if (!hasPipe(pipe)) return;
  receivedBytes_ = message.head.size() + message.payload.size();
  v8::Local<v8::Value> payload = v8::Undefined(v8_);
  v8::Local<v8::Value> stubs = v8::Undefined(v8_);
  bool hasHead = !message.head.empty() || (message.flags & rpc::kNamed) != 0;
  uint32_t flags = message.flags & ~uint32_t{rpc::kCorrupt | rpc::kNamed | rpc::kLayered};
  std::optional<PlainValue> plain;
  if (rpc::carriesValue(message.type) && isPlain(message.payload.span()) && (message.flags & rpc::kLayered) == 0) {
    plain = readPlain(v8_, message.payload.span());
  }
  if (plain) {
    payload = plain->value;
    stubs = plain->stubs;
  } else if (rpc::carriesValue(message.type)) {
    v8::TryCatch caught(v8_);
    if (!deserialize(*this, pipe, message.payload.span(), (message.flags & rpc::kLayered) != 0, message.attachments)
             .ToLocal(&payload)) {
      if (caught.HasTerminated()) return;
      flags |= rpc::kCorrupt;
      payload = caught.HasCaught() ? caught.Exception()
                                   : v8::Exception::Error(makeString(v8_, "a message could not be decoded"));
    }
  } else if (!message.payload.empty() || (flags & rpc::kBodyInline) != 0) {
    size_t size = message.payload.size();
    v8::Local<v8::ArrayBuffer> buffer;
    if (adoptBytes(std::move(message.payload)).ToLocal(&buffer)) {
      payload = v8::Uint8Array::New(buffer, 0, size);
    } else {
      flags |= rpc::kCorrupt;
      payload = makeError(
          v8_,
          {ErrorCode::limit,
           fmt::format("There is no room for {} bytes that were received: {} bytes of buffers are in use beside the "
                       "heap, and the worker may use {} MB",
                       size, buffers_->bytes(), limits_[Limit::memoryMb]),
           "BufferLimitExceeded"});
    }
  }
  v8::Local<v8::Value> head = v8::Undefined(v8_);
  if (hasHead) head = makeLatin1(v8_, message.head);
  v8::Local<v8::Value> arguments[] = {v8::Integer::NewFromUnsigned(v8_, pipe),
                                      v8::Integer::New(v8_, static_cast<int>(message.type)),
                                      v8::Integer::NewFromUnsigned(v8_, flags),
                                      v8::Integer::NewFromUnsigned(v8_, message.id),
                                      v8::Integer::NewFromUnsigned(v8_, message.target),
                                      v8::Integer::NewFromUnsigned(v8_, message.stream),
                                      head,
                                      payload,
                                      stubs};
  (void)callHook(Hook::message, arguments);
}

v8::MaybeLocal<v8::ArrayBuffer> Isolate::adoptBytes(Bytes bytes) {
  size_t size = bytes.size();
  if (size == 0) return v8::ArrayBuffer::New(v8_, 0);
  if (!buffers_->take(size)) {
    v8_->MemoryPressureNotification(v8::MemoryPressureLevel::kCritical);
    if (!buffers_->take(size)) return {};
  }
  auto giveBack = [](void* data, size_t length, void* owner) {
    std::unique_ptr<std::shared_ptr<BufferAllocator>> buffers(static_cast<std::shared_ptr<BufferAllocator>*>(owner));
    (*buffers)->Free(data, length);
  };
  return v8::ArrayBuffer::New(v8_, v8::ArrayBuffer::NewBackingStore(bytes.release(), size, giveBack,
                                                                    new std::shared_ptr<BufferAllocator>(buffers_)));
}

void Isolate::runTimers() {
  auto now = Clock::now();
  // Timers that a timer sets wait for the next run, or setTimeout(f, 0) chains would never let go.
  std::vector<uint32_t> due;
  for (const Timer& timer : timers_) {
    if (timer.due > now) break;
    due.push_back(timer.id);
  }
  if (due.empty()) return;
  // What waited for a timer finds that time has passed, also when what ran before took as long as the timer.
  ranAt_ = now;
  nowMs_ = 0;
  for (uint32_t id : due) {
    if (condemned()) return;
    if (!timersById_.contains(id)) continue;
    clearTimer(id);
    v8::HandleScope handles(v8_);
    v8::Local<v8::Value> argument = v8::Integer::NewFromUnsigned(v8_, id);
    (void)callHook(Hook::timer, {&argument, 1});
    finishEvent();
  }
}

void Isolate::endOverdue() {
  auto now = Clock::now();
  while (!deadlines_.empty() && deadlines_.begin()->due <= now && !condemned()) {
    uint32_t id = deadlines_.begin()->id;
    deadlines_.erase(deadlines_.begin());
    if (id == 0) {
      Error reason = limitExceeded(Limit::startupMs, limits_[Limit::startupMs]);
      reason.message.back() = ':';
      reason.message +=
          fmt::format(" after {} ms a top-level await has not ended.", startupClockMs(limits_[Limit::startupMs]));
      return condemn(std::move(reason));
    }
    auto found = contexts_.find(id);
    if (found == contexts_.end()) continue;
    Error reason = limitExceeded(Limit::wallMs, found->second.wallMs);
    v8::HandleScope handles(v8_);
    v8::Local<v8::Value> arguments[] = {v8::Integer::NewFromUnsigned(v8_, id), makeString(v8_, reason.name),
                                        makeString(v8_, reason.message)};
    (void)callHook(Hook::wallExceeded, arguments);
    finishEvent();
    // The worker has patched what it takes to end the one event.
    if (contexts_.contains(id)) condemn(std::move(reason));
  }
}

// One whole collection, at once (with V8's --expose-gc). Finalizers come as tasks, as they always do.
void Isolate::collectForTests() {
  if (!condemned()) v8_->RequestGarbageCollectionForTesting(v8::Isolate::kFullGarbageCollection);
}

void Isolate::finishEvent() {
  if (!condemned()) v8_->PerformMicrotaskCheckpoint();
  while (!rejections_.empty() && !condemned()) {
    v8::HandleScope handles(v8_);
    auto rejections = std::exchange(rejections_, {});
    for (auto& [promise, known] : rejections) {
      v8::Local<v8::Value> reason;
      v8::Local<v8::Value> frame;
      auto pair = known.Get(v8_).As<v8::Array>();
      if (!pair->Get(context(), 0).ToLocal(&reason) || !pair->Get(context(), 1).ToLocal(&frame)) continue;
      v8_->SetContinuationPreservedEmbedderDataV2(frame);
      v8::Local<v8::Value> arguments[] = {promise.Get(v8_), reason};
      (void)callHook(Hook::unhandledRejection, arguments);
    }
    v8_->PerformMicrotaskCheckpoint();
  }
  // The next event begins in no request context, whichever this one left entered.
  v8_->SetContinuationPreservedEmbedderDataV2(v8::Undefined(v8_));
  int64_t ns = nowNs();
  chargeUntil(ns);
  if (engine_.collectsAlways()) {
    collectForTests();
    ns = nowNs();
  }
  beginEvent(ns);
}

void Isolate::beginEvent(int64_t ns) {
  eventCpuNs_ = 0;
  receivedBytes_ = 0;
  chargeTo(0, ns);
}

void Isolate::promiseRejected(v8::PromiseRejectMessage message) {
  auto* v8 = v8::Isolate::GetCurrent();
  Isolate& self = isolateOf(v8);
  auto promise = message.GetPromise();
  if (message.GetEvent() == v8::kPromiseRejectWithNoHandler) {
    // With the async frame in which it was rejected: it is told in that.
    auto reason = message.GetValue();
    auto frame = v8->GetContinuationPreservedEmbedderDataV2();
    v8::Local<v8::Value> known[] = {reason.IsEmpty() ? v8::Undefined(v8).As<v8::Value>() : reason,
                                    frame.As<v8::Value>()};
    self.rejections_.emplace_back(v8::Global<v8::Promise>(v8, promise),
                                  v8::Global<v8::Value>(v8, v8::Array::New(v8, known, 2)));
  } else if (message.GetEvent() == v8::kPromiseHandlerAddedAfterReject) {
    std::erase_if(self.rejections_, [&](auto& rejection) { return rejection.first == promise; });
  }
}

// --- the end ---

void Isolate::condemn(Error reason) {
  {
    std::lock_guard lock(condemnMutex_);
    if (condemned_.load(std::memory_order_relaxed)) return;
    condemnReason_ = std::move(reason);
    condemned_.store(true, std::memory_order_release);
  }
  v8_->TerminateExecution();
  if (!environment_) return;
  Error told;
  {
    std::lock_guard lock(condemnMutex_);
    told = condemnReason_;
  }
  environment_->condemned(told);
}

void Isolate::closePipes() {
  Error reason;
  {
    std::lock_guard lock(condemnMutex_);
    reason = condemnReason_;
  }
  std::unordered_map<rpc::PipeId, rpc::PipeEnd> pipes;
  {
    std::lock_guard lock(pipesMutex_);
    pipes.swap(pipes_);
  }
  for (auto& [id, end] : pipes) end.close(reason);
  for (InboxEvent& event : inbox_->shut()) refuse(event);
}

void Isolate::closeAllPipes() {
  closePipes();
  inboundIds_.clear();
  inboundPipes_ = 0;
}

void Isolate::refuse(InboxEvent& event) {
  std::lock_guard lock(condemnMutex_);
  if (auto* opened = std::get_if<PipeOpened>(&event)) opened->end.close(condemnReason_);
}

void Isolate::abandon() {
  if (!abandoned_.exchange(true)) closePipes();
}

Error Isolate::memoryLimitError() const { return limitExceeded(Limit::memoryMb, limits_[Limit::memoryMb]); }

size_t Isolate::memoryInUse() { return heapBytes(v8_) + buffers_->bytes(); }

// V8 limits the heap alone. What is in use beside it counts as well: a small collection leaves garbage, so it is the
// whole one after it that decides.
void Isolate::collected(v8::Isolate* v8, v8::GCType type, v8::GCCallbackFlags, void* data) {
  auto& self = *static_cast<Isolate*>(data);
  size_t heap = heapBytes(v8);
  size_t inUse = heap + self.buffers_->bytes();
  self.buffers_->setHeapBytes(heap, type == v8::kGCTypeMarkSweepCompact);
  if (self.metersMemory_) {
    for (auto& [id, account] : self.contexts_) account.memoryBytes = std::max<uint64_t>(account.memoryBytes, inUse);
  }
  if (!self.limits_.has(Limit::memoryMb) || inUse <= self.limits_.memoryBytes() || self.condemned()) return;
  if (type == v8::kGCTypeMarkSweepCompact) return self.condemn(self.memoryLimitError());
  if (std::exchange(self.collectionWanted_, true)) return;
  v8->RequestInterrupt(
      [](v8::Isolate* v8, void* data) {
        static_cast<Isolate*>(data)->collectionWanted_ = false;
        v8->MemoryPressureNotification(v8::MemoryPressureLevel::kCritical);
      },
      data);
}

size_t Isolate::nearHeapLimit(void* data, size_t current, size_t initial) {
  auto& self = *static_cast<Isolate*>(data);
  self.condemn(self.memoryLimitError());
  if (std::exchange(self.headroomGiven_, true)) return current;
  return current + kHeadroomBytes;
}

// V8 would end the process on return. The isolate's peers are told, and this thread sleeps for good; the shard goes on
// on another one (cell/watchdog.h).
void Isolate::outOfMemory(const char* location, const v8::OOMDetails& details, void* data) {
  auto& self = *static_cast<Isolate*>(data);
  self.condemn(self.memoryLimitError());
  self.closeAllPipes();
  self.environment_->log(protocol::LogKind::system, protocol::LogLevel::error,
                         fmt::format("out of memory in {}; its thread is parked", location));
  self.parkThread();
}

void Isolate::parkThread() {
  v8::HeapStatistics heap;
  v8_->GetHeapStatistics(&heap);
  parkedBytes_ = heap.total_physical_size() + heap.malloced_memory() + heap.external_memory();
  parked_.store(true, std::memory_order_release);
  for (;;) ::pause();
}

// --- pipes ---

rpc::PipeId Isolate::addPipe(rpc::PipeEnd end) {
  auto id = reservePipe();
  addReservedPipe(id, std::move(end));
  return id;
}

void Isolate::addReservedPipe(rpc::PipeId id, rpc::PipeEnd end) {
  std::lock_guard lock(pipesMutex_);
  auto& held = pipes_[id];
  held = std::move(end);
  held.attach(inbox_, id);
}

bool Isolate::hasPipe(rpc::PipeId id) {
  std::lock_guard lock(pipesMutex_);
  return pipes_.contains(id);
}

void Isolate::sendOn(rpc::PipeId id, rpc::Message message) {
  std::lock_guard lock(pipesMutex_);
  if (auto found = pipes_.find(id); found != pipes_.end()) found->second.send(std::move(message));
}

rpc::PipeEnd Isolate::takePipe(rpc::PipeId id) {
  if (inboundIds_.erase(id) > 0) --inboundPipes_;
  std::lock_guard lock(pipesMutex_);
  auto taken = pipes_.extract(id);
  return taken ? std::move(taken.mapped()) : rpc::PipeEnd();
}

void Isolate::dropPipe(rpc::PipeId id, Error reason) { takePipe(id).close(std::move(reason)); }

// --- logs ---

void Isolate::log(protocol::LogKind kind, protocol::LogLevel level, std::string text) {
  constexpr size_t kLineBytes = 64;  // which every line counts, and its text up to what is kept of it
  constexpr size_t kTextBytesMax = 64 * 1024;
  if (limits_.has(Limit::logBytes)) {
    uint32_t limit = limits_[Limit::logBytes];
    if (!logMeter_.take(std::min(text.size(), kTextBytesMax) + kLineBytes, limit, Clock::now())) {
      if (logMeter_.dropped() > 1) return;
      return environment_->log(protocol::LogKind::system, protocol::LogLevel::warn,
                               fmt::format("LogLimit: this worker logs more than {} bytes in a second; lines are "
                                           "dropped until it logs less",
                                           limit));
    }
    if (auto dropped = logMeter_.takeDropped(); dropped > 0) logDropped(*environment_, dropped);
  }
  environment_->log(kind, level, std::move(text));
}

void Isolate::logEvent(uint32_t id, std::string_view outcome, std::string_view more, uint32_t subRequests) {
  auto found = contexts_.find(id);
  if (found == contexts_.end() || found->second.what.empty()) return;
  std::string text = std::exchange(found->second.what, {});
  if (!more.empty()) text += fmt::format(" {}", more);
  protocol::EventUsage usage = contextUsage(id);
  usage.outcome = outcome;
  usage.subRequests = subRequests;
  environment_->logEvent(std::move(text), std::move(usage));
}

// Those that the end of the isolate ends.
void Isolate::logOpenEvents() {
  std::string name;
  {
    std::lock_guard lock(condemnMutex_);
    name = condemnReason_.name;
  }
  std::string_view outcome = name == "CpuLimitExceeded"      ? "exceededCpu"
                             : name == "MemoryLimitExceeded" ? "exceededMemory"
                             : name == "WallLimitExceeded"   ? "exceededWallTime"
                                                             : "canceled";
  for (auto& [id, account] : contexts_) logEvent(id, outcome, "", 0);
}

}  // namespace mayfly::isolate
