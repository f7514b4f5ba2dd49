// SPDX-License-Identifier: Apache-2.0
// One V8 isolate with one context: one loaded worker, or an empty one made ahead of need. It knows pipes, timers and
// limits, and nothing of shards, sockets or other isolates.
//
// Lives on no particular thread: whoever calls enter() holds V8's lock for as long as that lasts, and the caller (a
// shard) lets only one thread do so at a time. Owned by a cell::Instance. Ops reach it through isolateOf().
// condemn() alone may be called from any thread at any time.
#pragma once

#include <v8.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/limits.h"
#include "base/source_map.h"
#include "isolate/buffer_allocator.h"
#include "isolate/engine.h"
#include "isolate/environment.h"
#include "isolate/inbox.h"
#include "isolate/log_meter.h"
#include "isolate/module_loader.h"
#include "isolate/task_runner.h"

namespace mayfly::isolate {

// The functions that C++ calls (Hooks in api/core/ops.d.ts), by their place in the isolate's table.
enum class Hook : uint8_t {
  start,
  pipeOpened,
  message,
  pipeClosed,
  loaderNeedsCode,
  timer,
  wallExceeded,
  unhandledRejection
};
inline constexpr const char* kHookNames[] = {"start",           "pipeOpened", "message",      "pipeClosed",
                                             "loaderNeedsCode", "timer",      "wallExceeded", "unhandledRejection"};

// What hooks.start gets (StartConfig in api/core/ops.d.ts), and the code.
struct StartSpec {
  bool dynamic = false;
  std::string workerName;
  bool dev = false;
  bool exposeGc = false;
  bool logEvents = false;
  std::string compatibilityDate;
  std::vector<std::string> compatibilityFlags;
  protocol::WorkerSpec host;  // of host workers: bindings
  Outbound outbound = Outbound::internet;
  std::string egressGrant;  // of a dynamic worker with Outbound::internet: what it opens its egress pipe with
  std::string mainModule;
  std::vector<ModuleSource> modules;
  std::vector<std::pair<std::string, std::shared_ptr<void>>> compiledModules;
  std::string sourceMap;
};

class Isolate {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  // From the snapshot, empty.
  Isolate(Engine& engine, size_t memoryBytesMax);
  ~Isolate();
  Isolate(const Isolate&) = delete;
  Isolate& operator=(const Isolate&) = delete;

  // Binds an empty isolate to its worker. Before the first run. The memory that it was made with fits the limits.
  void adopt(std::shared_ptr<Inbox> inbox, std::unique_ptr<Environment> environment, const Limits& limits);

  // Runs `start` once, then everything that waits: tasks, inbox, due timers, microtasks. On return the isolate is left.
  // `now` is the time of the call.
  void start(const StartSpec& spec);
  void run(Clock::time_point now);

  // Ends the isolate for `reason`: execution stops as soon as V8 can, run() returns, pipes close with the reason.
  void condemn(Error reason);
  // Closes the pipes of a condemned isolate whose thread does not come back from native code, where nothing can stop it
  // and nothing of ours runs. From any thread.
  void abandon();
  // Once more, for a program that came through the first time. From any thread.
  void terminateAgain() { v8_->TerminateExecution(); }
  bool condemned() const { return condemned_.load(std::memory_order_acquire); }
  // Its thread sleeps inside it for good (V8 was out of memory); it can never be entered or disposed of again.
  bool parked() const { return parked_.load(std::memory_order_acquire); }
  // What a parked isolate keeps until the process ends.
  size_t parkedBytes() const { return parkedBytes_; }
  // Called on any thread when V8 has work for the isolate.
  void setWake(std::function<void()> wake) { delegate_.tasks().setWake(std::move(wake)); }
  // Why it is condemned when cpuLeftNs is used up, or deadlineNs is over. From any thread.
  Error cpuExceeded() const;
  Error clockExceeded() const;

  // --- read by the shard between runs ---
  // When run() is wanted next for a timer; max() when none is set.
  Clock::time_point nextTimer() const;
  bool hasInboundPipes() const { return inboundPipes_ > 0; }
  // Besides the pipe to its creator, which stays for as long as the worker is kept.
  bool hasCallers() const { return inboundPipes_ > (inboundIds_.contains(creatorPipe_) ? 1 : 0); }
  bool hasOpenContexts() const { return !contexts_.empty(); }

  // --- CPU accounts, read by the watchdog on its own thread ---
  // How much of its CPU time the request context being charged has left, at `chargedSince`, in ns; negative: no limit.
  std::atomic<int64_t> cpuLeftNs{-1};
  std::atomic<int64_t> chargedSinceNs{0};
  // When the time on the clock of that request context is over.
  std::atomic<int64_t> deadlineNs{kNever};
  // Set by the watchdog when it has measured this charge by the thread's CPU clock.
  std::atomic<int64_t> measuredCpuNs{-1};

  // --- for ops ---
  v8::Isolate* v8() { return v8_; }
  v8::Local<v8::Context> context() { return context_.Get(v8_); }
  v8::Local<v8::Object> hooks() { return hooks_.Get(v8_); }
  Engine& engine() { return engine_; }
  Environment& environment() { return *environment_; }
  ModuleLoader& modules() { return modules_; }
  BufferAllocator& buffers() { return *buffers_; }
  const std::shared_ptr<BufferAllocator>& sharedBuffers() const { return buffers_; }
  // What it has sent and nobody has received yet.
  const std::shared_ptr<rpc::Account>& sent() const { return sent_; }
  Inbox& inbox() { return *inbox_; }
  void allowEvalDuringStartup() { evalDuringStartup_ = true; }
  bool codeFromStringsAllowed() const { return starting_ && evalDuringStartup_; }
  // Calls a hook; empty when it threw (logged) or execution was terminated.
  v8::MaybeLocal<v8::Value> callHook(Hook hook, std::span<v8::Local<v8::Value>> arguments);

  rpc::PipeId addPipe(rpc::PipeEnd end);  // attaches our inbox
  rpc::PipeId reservePipe() { return ++lastPipe_; }
  void addReservedPipe(rpc::PipeId id, rpc::PipeEnd end);
  bool hasPipe(rpc::PipeId id);
  // What is sent on a pipe that is gone is dropped.
  void sendOn(rpc::PipeId id, rpc::Message message);
  void dropPipe(rpc::PipeId id, Error reason);

  // False when there are as many as there may be. (Number 0 is the built-ins' own.)
  bool setTimer(uint32_t id, double delayMs);
  void clearTimer(uint32_t id);
  // Milliseconds since the epoch at the beginning of this event.
  double nowMs();
  double monotonicMs() const;

  void setRequestContext(uint32_t id);
  void endRequestContext(uint32_t id);
  // A limit for this context where it is lower than the isolate's.
  void limitContextCpu(uint32_t id, double cpuMs);
  // What a request context has used up to now.
  protocol::EventUsage contextUsage(uint32_t id);
  // From here on the memory in use is looked at for every open request context.
  void meterMemory() { metersMemory_ = true; }
  // What the event is in the log: it gets a record when it ends, or the isolate.
  void nameEvent(uint32_t id, std::string what) { account(id).what = std::move(what); }
  void logEvent(uint32_t id, std::string_view outcome, std::string_view more, uint32_t subRequests);
  // A line of the program, within what it may log.
  void log(protocol::LogKind kind, protocol::LogLevel level, std::string text);
  // Of what is sent from now on.
  void countSent(size_t bytes) { sentBytes_ += bytes; }
  // From now on; when it is over, hooks.wallExceeded is called.
  void limitContextWall(uint32_t id, double wallMs);
  // The modules are evaluated from here to there, under the limit of start-up.
  void beginStartup();
  void endStartup();

  v8::MaybeLocal<v8::Value> requireGroup(v8::Local<v8::String> name);
  // Null without one.
  const SourceMap* sourceMap() const { return sourceMap_.get(); }
  void setSourceMap(std::unique_ptr<SourceMap> map) { sourceMap_ = std::move(map); }
  const Limits& limits() const { return limits_; }
  // Of the worker's caches in the engine's store.
  const std::string& cacheSpace() const { return cacheSpace_; }
  const std::string& mainModule() const { return mainModule_; }
  bool wasmAllowed = false;
  bool exposeGc = false;

 private:
  struct Timer {
    Clock::time_point due;
    uint32_t id;
    bool operator<(const Timer& other) const { return due != other.due ? due < other.due : id < other.id; }
  };
  class Scope;

  // What an open request context has used of its CPU time, and may use of it (none: -1).
  struct Account {
    int64_t usedNs = 0;
    int64_t limitNs = -1;
    // Of its time on the clock.
    uint32_t wallMs = kUnlimited;
    Clock::time_point deadline = Clock::time_point::max();
    int64_t beganNs = 0;
    uint64_t bytesIn = 0;
    uint64_t bytesOut = 0;
    uint64_t memoryBytes = 0;  // the most that was seen in use
    std::string what;
  };
  using Accounts = std::unordered_map<uint32_t, Account>;

  void handle(InboxEvent& event);
  void handleMessage(rpc::PipeId pipe, rpc::Message& message);
  void runTimers();
  // Ends what is beyond its time on the clock.
  void endOverdue();
  // What runs from here on is an event of its own: no context, a whole budget.
  void beginEvent(int64_t ns);
  void finishEvent();
  void collectForTests();
  Account& account(uint32_t id);
  void chargeUntil(int64_t ns);
  void chargeTo(uint32_t id, int64_t ns);
  rpc::PipeEnd takePipe(rpc::PipeId id);
  void closePipes();  // from any thread
  void closeAllPipes();
  // An event that came too late: a pipe that was being opened closes with the reason.
  void refuse(InboxEvent& event);
  [[noreturn]] void parkThread();
  Error memoryLimitError() const;
  // Heap, array buffers and memories of WebAssembly.
  size_t memoryInUse();
  void logOpenEvents();
  // Bytes that came with a message, as an array buffer; empty when there is no memory for them.
  v8::MaybeLocal<v8::ArrayBuffer> adoptBytes(Bytes bytes);

  static void collected(v8::Isolate* v8, v8::GCType type, v8::GCCallbackFlags flags, void* self);
  static size_t nearHeapLimit(void* self, size_t current, size_t initial);
  static void outOfMemory(const char* location, const v8::OOMDetails& details, void* self);
  static void promiseRejected(v8::PromiseRejectMessage message);

  Engine& engine_;
  Limits limits_;
  std::shared_ptr<BufferAllocator> buffers_;
  std::shared_ptr<rpc::Account> sent_;
  PlatformDelegate delegate_;
  v8::Isolate* v8_ = nullptr;
  v8::Global<v8::Context> context_;
  v8::Global<v8::Object> hooks_;
  v8::Global<v8::Object> ops_;
  v8::Global<v8::Function> require_;
  v8::Global<v8::Object> core_;
  v8::Global<v8::Function> hookFunctions_[std::size(kHookNames)];
  std::vector<v8::Global<v8::Value>> groups_;
  ModuleLoader modules_;

  std::shared_ptr<Inbox> inbox_;
  std::vector<InboxEvent> taken_;  // what run() took of it; empty between runs
  std::unique_ptr<Environment> environment_;

  // The isolate's thread uses the table, and abandon() empties it while that thread is in native code.
  std::mutex pipesMutex_;
  std::unordered_map<rpc::PipeId, rpc::PipeEnd> pipes_;  // guarded by pipesMutex_
  std::unordered_set<rpc::PipeId> inboundIds_;
  rpc::PipeId lastPipe_ = 0;
  rpc::PipeId creatorPipe_ = 0;
  int inboundPipes_ = 0;

  std::set<Timer> timers_;
  std::unordered_map<uint32_t, Clock::time_point> timersById_;
  std::set<Timer> deadlines_;  // of request contexts; 0: of start-up
  Accounts contexts_;
  Accounts::node_type spareAccount_;  // of the last that ended, for the next
  uint32_t chargedContext_ = 0;
  int64_t eventCpuNs_ = 0;    // of the event that is being handled, whatever contexts it went through
  size_t receivedBytes_ = 0;  // with the message that is being handled, not charged to a context yet
  size_t sentBytes_ = 0;      // since the charge began
  bool starting_ = true;
  bool evalDuringStartup_ = false;
  int64_t startupCpuNs_ = 0;
  Clock::time_point startupDeadline_ = Clock::time_point::max();
  // Where cpuLeftNs and deadlineNs come from: a Limit, and its value in the lower half.
  std::atomic<uint64_t> cpuLimit_{0};
  std::atomic<uint64_t> clockLimit_{0};

  std::string mainModule_;
  std::string cacheSpace_;
  bool ownsCacheSpace_ = false;  // which nobody else will use
  std::unique_ptr<SourceMap> sourceMap_;
  Clock::time_point ranAt_;
  bool clockStands_ = false;  // while code runs
  double nowMs_ = 0;          // at ranAt_; 0: not asked for yet
  Clock::time_point created_ = Clock::now();
  std::vector<std::pair<v8::Global<v8::Promise>, v8::Global<v8::Value>>> rejections_;

  std::atomic<bool> condemned_{false};
  size_t parkedBytes_ = 0;  // written before parked_
  std::atomic<bool> parked_{false};
  std::mutex condemnMutex_;
  Error condemnReason_;
  bool headroomGiven_ = false;
  bool collectionWanted_ = false;
  bool metersMemory_ = false;
  LogMeter logMeter_;
  std::atomic<bool> abandoned_{false};
};

}  // namespace mayfly::isolate
