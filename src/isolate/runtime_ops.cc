// SPDX-License-Identifier: Apache-2.0
// Time, timers, request contexts, logs.
#include <cmath>

#include "isolate/builtin_groups.h"
#include "isolate/core_ops.h"
#include "isolate/isolate.h"

namespace mayfly::isolate {

namespace {

double toNumber(OpArguments arguments, int index) {
  double value = arguments[index]->NumberValue(arguments.GetIsolate()->GetCurrentContext()).FromMaybe(0);
  return std::isfinite(value) ? value : 0;
}

uint32_t toId(OpArguments arguments, int index) {
  return arguments[index]->Uint32Value(arguments.GetIsolate()->GetCurrentContext()).FromMaybe(0);
}

void setTimer(OpArguments arguments) {
  arguments.GetReturnValue().Set(
      isolateOf(arguments).setTimer(toId(arguments, 0), std::clamp(toNumber(arguments, 1), 0.0, 4e12)));
}
void clearTimer(OpArguments arguments) { isolateOf(arguments).clearTimer(toId(arguments, 0)); }
void now(OpArguments arguments) { arguments.GetReturnValue().Set(isolateOf(arguments).nowMs()); }
void monotonicNow(OpArguments arguments) { arguments.GetReturnValue().Set(isolateOf(arguments).monotonicMs()); }

void setContext(OpArguments arguments) { isolateOf(arguments).setRequestContext(toId(arguments, 0)); }
void endContext(OpArguments arguments) { isolateOf(arguments).endRequestContext(toId(arguments, 0)); }
void limitContextCpu(OpArguments arguments) {
  isolateOf(arguments).limitContextCpu(toId(arguments, 0), std::clamp(toNumber(arguments, 1), 0.0, 4e9));
}
void limitContextWall(OpArguments arguments) {
  isolateOf(arguments).limitContextWall(toId(arguments, 0), std::clamp(toNumber(arguments, 1), 0.0, 4e9));
}
// contextUsage(id) -> [cpuMs, wallMs, memoryBytes, bytesIn, bytesOut]
void contextUsage(OpArguments arguments) {
  auto* v8 = arguments.GetIsolate();
  auto usage = isolateOf(arguments).contextUsage(toId(arguments, 0));
  v8::Local<v8::Value> figures[] = {v8::Number::New(v8, usage.cpuMs), v8::Number::New(v8, usage.wallMs),
                                    v8::Number::New(v8, static_cast<double>(usage.memoryBytes)),
                                    v8::Number::New(v8, static_cast<double>(usage.bytesIn)),
                                    v8::Number::New(v8, static_cast<double>(usage.bytesOut))};
  arguments.GetReturnValue().Set(v8::Array::New(v8, figures, std::size(figures)));
}
void meterMemory(OpArguments arguments) { isolateOf(arguments).meterMemory(); }
void nameEvent(OpArguments arguments) {
  isolateOf(arguments).nameEvent(toId(arguments, 0), toUtf8(arguments.GetIsolate(), arguments[1]));
}
void logEvent(OpArguments arguments) {
  auto* v8 = arguments.GetIsolate();
  isolateOf(arguments).logEvent(toId(arguments, 0), toUtf8(v8, arguments[1]), toUtf8(v8, arguments[2]),
                                toId(arguments, 3));
}

void adjustExternalMemory(OpArguments arguments) {
  // The deprecated call is the one that takes both signs and needs no accounter object to outlive the isolate.
  arguments.GetIsolate()->AdjustAmountOfExternalAllocatedMemory(static_cast<int64_t>(toNumber(arguments, 0)));
}

void log(OpArguments arguments) {
  auto* v8 = arguments.GetIsolate();
  std::string kind = toUtf8(v8, arguments[0]);
  std::string level = toUtf8(v8, arguments[1]);
  using protocol::LogKind;
  using protocol::LogLevel;
  isolateOf(arguments).log(kind == "console"     ? LogKind::console
                           : kind == "exception" ? LogKind::exception
                                                 : LogKind::system,
                           level == "debug"   ? LogLevel::debug
                           : level == "info"  ? LogLevel::info
                           : level == "warn"  ? LogLevel::warn
                           : level == "error" ? LogLevel::error
                                              : LogLevel::log,
                           toUtf8(v8, arguments[2]));
}

void gc(OpArguments arguments) {
  if (!isolateOf(arguments).exposeGc) return throwError(arguments.GetIsolate(), "gc() needs --expose-gc");
  arguments.GetIsolate()->LowMemoryNotification();
}

constexpr Op kOps[] = {
    {"setTimer", setTimer},
    {"clearTimer", clearTimer},
    {"now", now},
    {"monotonicNow", monotonicNow},
    {"setContext", setContext},
    {"endContext", endContext},
    {"limitContextCpu", limitContextCpu},
    {"limitContextWall", limitContextWall},
    {"contextUsage", contextUsage},
    {"meterMemory", meterMemory},
    {"nameEvent", nameEvent},
    {"logEvent", logEvent},
    {"adjustExternalMemory", adjustExternalMemory},
    {"log", log},
    {"gc", gc},
};

}  // namespace

std::span<const Op> runtimeOps() { return kOps; }

std::vector<std::span<const Op>> coreOpTables() {
  return {builtinOps(), pipeOps(), loaderOps(), runtimeOps(), valueOps()};
}

}  // namespace mayfly::isolate
