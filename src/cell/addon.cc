// SPDX-License-Identifier: Apache-2.0
// The addon that makes Node's executable a cell. `main(arguments)` starts the cell and never returns to Node's loop;
// `makeSnapshot(path)` is called once, by the build.
#include <fmt/core.h>
#include <node.h>
#include <signal.h>
#include <unistd.h>

#include "api/registry.h"
#include "cell/cell.h"
#include "isolate/core_ops.h"
#include "isolate/engine.h"
#include "isolate/wasm_meter.h"
#include "sandbox/lock_down.h"

namespace {

using mayfly::isolate::Engine;
using mayfly::isolate::OpArguments;

std::unique_ptr<Engine> makeEngine(OpArguments arguments) {
  auto context = arguments.GetIsolate()->GetCurrentContext();
  auto tables = mayfly::isolate::coreOpTables();
  for (auto table : mayfly::api::opTables()) tables.push_back(table);
  return std::make_unique<Engine>(*node::GetMultiIsolatePlatform(node::GetCurrentEnvironment(context)),
                                  std::move(tables), mayfly::api::groupOpTables());
}

[[noreturn]] void die(const mayfly::Error& error) {
  fmt::print(stderr, "mayfly cell: {}\n", error.message);
  std::fflush(nullptr);
  ::_exit(1);
}

void makeSnapshot(OpArguments arguments) {
  auto engine = makeEngine(arguments);
  // On a thread of its own: this one is inside Node's isolate.
  mayfly::Result<void> made;
  std::string path = mayfly::isolate::toUtf8(arguments.GetIsolate(), arguments[0]);
  std::thread([&] { made = engine->makeSnapshot(path); }).join();
  if (!made) die(made.error());
  // V8's own end would find isolates that are still registered.
  std::fflush(nullptr);
  ::_exit(0);
}

void cellMain(OpArguments arguments) {
  auto context = arguments.GetIsolate()->GetCurrentContext();
  std::vector<std::string> words;
  if (arguments[0]->IsArray()) {
    auto list = arguments[0].As<v8::Array>();
    for (uint32_t i = 0; i < list->Length(); ++i) {
      words.push_back(mayfly::isolate::toUtf8(arguments.GetIsolate(), list->Get(context, i).ToLocalChecked()));
    }
  }
  auto options = mayfly::cell::parseCellOptions(words);
  if (!options) die(options.error());
  // Ctrl-C reaches the whole process group: the supervisor decides when a cell ends.
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGHUP, SIG_IGN);
  ::signal(SIGPIPE, SIG_IGN);
  if (auto metered = mayfly::isolate::installWasmMeter(); !metered) die(metered.error());
  auto engine = makeEngine(arguments);
  if (auto loaded = engine->loadSnapshot(options->snapshot); !loaded) die(loaded.error());
  if (options->collectAlways) engine->collectAlways();
  if (!options->wasm) mayfly::isolate::refuseWasm();
  // Neither is ever destroyed: a cell leaves by _exit.
  auto* cell = mayfly::cell::Cell::create(*engine.release(), *options).release();
  std::unique_ptr<mayfly::sandbox::Probe> probe;
  if (options->probe) probe = std::make_unique<mayfly::sandbox::Probe>(*options->probe, options->lockDown);
  if (options->lockDown) {
    if (auto locked = mayfly::sandbox::lockDown(*options->lockDown); !locked) die(locked.error());
  }
  if (probe) probe->run();
  cell->run();
}

void initialize(v8::Local<v8::Object> exports, v8::Local<v8::Value>, v8::Local<v8::Context>, void*) {
  NODE_SET_METHOD(exports, "main", cellMain);
  NODE_SET_METHOD(exports, "makeSnapshot", makeSnapshot);
}

}  // namespace

NODE_MODULE(NODE_GYP_MODULE_NAME, initialize)
