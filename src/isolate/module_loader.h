// SPDX-License-Identifier: Apache-2.0
// The modules of one worker: compiled, linked and evaluated on demand, from the sources that the worker consists of
// and the built-in modules that hooks.builtinModule offers. Nothing is ever read from anywhere else.
//
// Resolution: a specifier that starts with "./" or "../" is joined to the importer's folder; "/x" is the root; any other is
// tried as a module of the worker by its very name and then as a built-in.
// Lives inside an isolate::Isolate; used only while that is entered.
#pragma once

#include <v8.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/module.h"
#include "base/result.h"

namespace mayfly::isolate {

class Isolate;

class ModuleLoader {
 public:
  explicit ModuleLoader(Isolate& isolate) : isolate_(isolate) {}

  void add(std::vector<ModuleSource> modules, std::vector<std::pair<std::string, std::shared_ptr<void>>> compiled);
  void setMain(std::string name) { main_ = std::move(name); }
  // The compatibility flag require_returns_default_export.
  void setRequireReturnsDefault(bool enabled) { requireReturnsDefault_ = enabled; }

  // A promise of the main module's namespace; rejected with the user's error.
  // Empty when execution was terminated.
  v8::MaybeLocal<v8::Promise> evaluateMain();
  void clear() {
    entries_.clear();
    byHash_.clear();
  }

  // How V8 finds our loader again.
  static v8::MaybeLocal<v8::Module> resolveImport(v8::Local<v8::Context> context, v8::Local<v8::String> specifier,
                                                  v8::Local<v8::FixedArray> attributes, v8::Local<v8::Module> referrer);
  // `import source x from`, `import.source()`: the WebAssembly.Module itself, neither instantiated nor evaluated.
  static v8::MaybeLocal<v8::Object> resolveSource(v8::Local<v8::Context> context, v8::Local<v8::String> specifier,
                                                  v8::Local<v8::FixedArray> attributes, v8::Local<v8::Module> referrer);
  static v8::MaybeLocal<v8::Promise> importSourceDynamically(
      v8::Local<v8::Context> context, v8::Local<v8::Data> options, v8::Local<v8::Value> resourceName,
      v8::Local<v8::String> specifier, v8::ModuleImportPhase phase, v8::Local<v8::FixedArray> attributes);
  static v8::MaybeLocal<v8::Promise> importDynamically(v8::Local<v8::Context> context, v8::Local<v8::Data> options,
                                                       v8::Local<v8::Value> resourceName,
                                                       v8::Local<v8::String> specifier,
                                                       v8::Local<v8::FixedArray> attributes);
  static void initializeImportMeta(v8::Local<v8::Context> context, v8::Local<v8::Module> module,
                                   v8::Local<v8::Object> meta);
  static v8::MaybeLocal<v8::Value> evaluateSynthetic(v8::Local<v8::Context> context, v8::Local<v8::Module> module);
  static void require(const v8::FunctionCallbackInfo<v8::Value>& arguments);

 private:
  struct Entry {
    std::string name;
    ModuleSource source;
    std::shared_ptr<void> compiledWasm;
    v8::Global<v8::Object> wasm;  // the WebAssembly.Module, once asked for
    bool builtin = false;
    v8::Global<v8::Object> builtinExports;
    v8::Global<v8::Module> module;
    v8::Global<v8::Object> commonJs;  // the `module` object, once required
  };

  // Null with an exception thrown when there is no such module.
  Entry* find(std::string_view specifier, std::string_view referrer);
  v8::MaybeLocal<v8::Module> compile(Entry& entry);
  v8::MaybeLocal<v8::Module> compileSynthetic(Entry& entry, std::vector<v8::Local<v8::String>> names);
  v8::MaybeLocal<v8::Value> valueOf(Entry& entry);  // text, data, json, wasm
  v8::MaybeLocal<v8::Object> wasmOf(Entry& entry);
  v8::MaybeLocal<v8::Object> sourceOf(Entry& entry, std::string_view referrer);
  v8::MaybeLocal<v8::Value> runCommonJs(Entry& entry);
  v8::MaybeLocal<v8::Value> requireFrom(std::string_view specifier, std::string_view referrer);
  v8::MaybeLocal<v8::Promise> import(Entry& entry);
  static void continueImport(const v8::FunctionCallbackInfo<v8::Value>& arguments);
  // False with an exception thrown if `entry` is not what its import says of it (`with { type: "json" }`).
  bool checkAttribute(const Entry& entry, std::string_view key, std::string_view value);
  // Whether another module that `entry`, linked, needs is being evaluated right now.
  bool needsEvaluating(Entry& entry);
  Entry* entryOf(v8::Local<v8::Module> module);

  Isolate& isolate_;
  std::string main_;
  bool requireReturnsDefault_ = false;
  std::unordered_map<std::string, std::unique_ptr<Entry>> entries_;
  std::unordered_multimap<int, Entry*> byHash_;
};

}  // namespace mayfly::isolate
