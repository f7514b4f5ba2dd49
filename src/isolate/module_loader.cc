// SPDX-License-Identifier: Apache-2.0
#include "isolate/module_loader.h"

#include <fmt/core.h>

#include <unordered_set>

#include "isolate/isolate.h"
#include "isolate/wasm_meter.h"

namespace mayfly::isolate {

namespace {

// "a/b/../c.js" -> "a/c.js"; empty when it leaves the root.
std::string joinPath(std::string_view folder, std::string_view specifier) {
  std::vector<std::string_view> parts;
  bool escaped = false;
  auto walk = [&](std::string_view path) {
    while (!path.empty()) {
      auto slash = path.find('/');
      auto part = path.substr(0, slash);
      path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
      if (part.empty() || part == ".") continue;
      if (part == "..") {
        if (parts.empty())
          escaped = true;
        else
          parts.pop_back();
      } else {
        parts.push_back(part);
      }
    }
  };
  walk(folder);
  walk(specifier);
  if (escaped) return {};
  std::string joined;
  for (auto part : parts) {
    if (!joined.empty()) joined += '/';
    joined += part;
  }
  return joined;
}

std::string textOf(v8::Local<v8::Data> text) { return toUtf8(v8::Isolate::GetCurrent(), text.As<v8::Value>()); }

bool isRelative(std::string_view specifier) {
  return specifier.starts_with("./") || specifier.starts_with("../") || specifier == "." || specifier == "..";
}

std::string resolveName(std::string_view specifier, std::string_view referrer) {
  if (specifier.starts_with('/')) return joinPath("", specifier);
  if (!isRelative(specifier)) return std::string(specifier);
  auto slash = referrer.rfind('/');
  return joinPath(slash == std::string_view::npos ? "" : referrer.substr(0, slash), specifier);
}

v8::ScriptOrigin originOf(v8::Isolate* v8, std::string_view name, bool isModule) {
  return v8::ScriptOrigin(makeString(v8, name), 0, 0, false, -1, {}, false, false, isModule);
}

// A SyntaxError knows no frames: its message says where, unless execution was terminated.
void rethrowWithPlace(v8::Isolate* v8, v8::Local<v8::Context> context, v8::TryCatch& caught, std::string_view name) {
  if (caught.HasTerminated() || caught.Message().IsEmpty()) {
    caught.ReThrow();
    return;
  }
  v8::Local<v8::Value> text;
  if (!caught.Exception()->IsObject() ||
      !caught.Exception().As<v8::Object>()->Get(context, makeName(v8, "message")).ToLocal(&text)) {
    caught.ReThrow();
    return;
  }
  auto message = caught.Message();
  auto error = v8::Exception::SyntaxError(
      makeString(v8, fmt::format("{}:{}:{}: {}", name, message->GetLineNumber(context).FromMaybe(0),
                                 message->GetStartColumn(context).FromMaybe(0) + 1, toUtf8(v8, text))));
  caught.Reset();
  v8->ThrowException(error);
  caught.ReThrow();
}

// Under which a built-in's exports keep what require() gives of it.
v8::Local<v8::Private> requiredKey(v8::Isolate* v8) { return v8::Private::ForApi(v8, makeName(v8, "mayfly:required")); }

}  // namespace

void ModuleLoader::add(std::vector<ModuleSource> modules,
                       std::vector<std::pair<std::string, std::shared_ptr<void>>> compiled) {
  for (ModuleSource& source : modules) {
    auto entry = std::make_unique<Entry>();
    entry->name = source.name;
    entry->source = std::move(source);
    entries_[entry->name] = std::move(entry);
  }
  for (auto& [name, wasm] : compiled) {
    auto entry = std::make_unique<Entry>();
    entry->name = name;
    entry->source.kind = ModuleKind::wasm;
    entry->compiledWasm = std::move(wasm);
    entries_[name] = std::move(entry);
  }
}

ModuleLoader::Entry* ModuleLoader::find(std::string_view specifier, std::string_view referrer) {
  auto* v8 = isolate_.v8();
  auto context = isolate_.context();
  std::string name = resolveName(specifier, referrer);
  if (auto found = entries_.find(name); found != entries_.end()) return found->second.get();
  std::string reason;
  if (!isRelative(specifier)) {
    v8::Local<v8::Value> argument = makeString(v8, specifier);
    v8::Local<v8::Value> hook;
    v8::Local<v8::Value> builtin;
    if (!isolate_.hooks()->Get(context, makeName(v8, "builtinModule")).ToLocal(&hook) ||
        !hook.As<v8::Function>()->Call(context, v8::Undefined(v8), 1, &argument).ToLocal(&builtin)) {
      return nullptr;
    }
    v8::Local<v8::Value> exports;
    v8::Local<v8::Value> required;
    if (builtin->IsString()) reason = "\n  " + toUtf8(v8, builtin);
    if (builtin->IsArray() && builtin.As<v8::Array>()->Get(context, 0).ToLocal(&exports) && exports->IsObject() &&
        builtin.As<v8::Array>()->Get(context, 1).ToLocal(&required) &&
        exports.As<v8::Object>()->SetPrivate(context, requiredKey(v8), required).FromMaybe(false)) {
      auto entry = std::make_unique<Entry>();
      entry->name = specifier;
      entry->builtin = true;
      entry->builtinExports.Reset(v8, exports.As<v8::Object>());
      auto* raw = entry.get();
      entries_[entry->name] = std::move(entry);
      return raw;
    }
  }
  throwError(v8, fmt::format("No such module \"{}\".{}{}", name.empty() ? specifier : std::string_view(name), reason,
                             referrer.empty() ? "" : fmt::format("\n  imported from \"{}\"", referrer)));
  return nullptr;
}

v8::MaybeLocal<v8::Value> ModuleLoader::valueOf(Entry& entry) {
  auto* v8 = isolate_.v8();
  auto context = isolate_.context();
  const std::string& body = entry.source.body;
  switch (entry.source.kind) {
    case ModuleKind::text: return makeString(v8, body);
    case ModuleKind::json: {
      v8::TryCatch caught(v8);
      v8::Local<v8::Value> value;
      if (v8::JSON::Parse(context, makeString(v8, body)).ToLocal(&value)) return value;
      std::string message = caught.HasCaught() ? toUtf8(v8, caught.Exception()) : "not JSON";
      caught.Reset();
      v8->ThrowException(v8::Exception::SyntaxError(makeString(v8, fmt::format("{}: {}", entry.name, message))));
      caught.ReThrow();
      return {};
    }
    case ModuleKind::data: {
      v8::Local<v8::ArrayBuffer> buffer;
      if (!makeArrayBuffer(v8, {reinterpret_cast<const uint8_t*>(body.data()), body.size()}).ToLocal(&buffer))
        return {};
      return buffer;
    }
    case ModuleKind::wasm: {
      v8::Local<v8::Object> module;
      if (!wasmOf(entry).ToLocal(&module)) return {};
      return module;
    }
    default: throwError(v8, fmt::format("module \"{}\" has no value", entry.name)); return {};
  }
}

v8::MaybeLocal<v8::Object> ModuleLoader::wasmOf(Entry& entry) {
  auto* v8 = isolate_.v8();
  if (!entry.wasm.IsEmpty()) return entry.wasm.Get(v8);
  if (!hasWasm()) {
    throwError(v8, fmt::format("module \"{}\" is WebAssembly, which this process does not have (--guest-jit=none)",
                               entry.name));
    return {};
  }
  const std::string& body = entry.source.body;
  isolate_.wasmAllowed = true;
  v8::MaybeLocal<v8::WasmModuleObject> module;
  if (entry.compiledWasm) {
    module = v8::WasmModuleObject::FromCompiledModule(
        v8, *std::static_pointer_cast<v8::CompiledWasmModule>(entry.compiledWasm));
  } else {
    module = v8::WasmModuleObject::Compile(
        v8, v8::MemorySpan<const uint8_t>(reinterpret_cast<const uint8_t*>(body.data()), body.size()));
  }
  isolate_.wasmAllowed = false;
  v8::Local<v8::WasmModuleObject> compiled;
  if (!module.ToLocal(&compiled)) return {};
  entry.wasm.Reset(v8, compiled.As<v8::Object>());
  return compiled.As<v8::Object>();
}

v8::MaybeLocal<v8::Object> ModuleLoader::sourceOf(Entry& entry, std::string_view referrer) {
  if (!entry.builtin && entry.source.kind == ModuleKind::wasm) return wasmOf(entry);
  auto* v8 = isolate_.v8();
  v8->ThrowException(v8::Exception::SyntaxError(makeString(
      v8, fmt::format("Source phase import not available for module: {}. Only WebAssembly modules have a source.\n"
                      "  imported from \"{}\"",
                      entry.name, referrer))));
  return {};
}

v8::MaybeLocal<v8::Module> ModuleLoader::compileSynthetic(Entry& entry, std::vector<v8::Local<v8::String>> names) {
  auto* v8 = isolate_.v8();
  return v8::Module::CreateSyntheticModule(v8, makeString(v8, entry.name),
                                           v8::MemorySpan<const v8::Local<v8::String>>(names.data(), names.size()),
                                           evaluateSynthetic);
}

v8::MaybeLocal<v8::Module> ModuleLoader::compile(Entry& entry) {
  auto* v8 = isolate_.v8();
  if (!entry.module.IsEmpty()) return entry.module.Get(v8);
  v8::Local<v8::Module> module;
  if (entry.builtin) {
    auto exports = entry.builtinExports.Get(v8);
    v8::Local<v8::Array> keys;
    std::vector<v8::Local<v8::String>> names;
    if (!exports->GetOwnPropertyNames(isolate_.context()).ToLocal(&keys)) return {};
    for (uint32_t i = 0; i < keys->Length(); ++i) {
      v8::Local<v8::Value> key;
      if (keys->Get(isolate_.context(), i).ToLocal(&key) && key->IsString()) names.push_back(key.As<v8::String>());
    }
    if (!compileSynthetic(entry, std::move(names)).ToLocal(&module)) return {};
  } else if (entry.source.kind == ModuleKind::esModule) {
    v8::ScriptCompiler::Source source(makeString(v8, entry.source.body), originOf(v8, entry.name, true));
    v8::TryCatch caught(v8);
    if (!v8::ScriptCompiler::CompileModule(v8, &source).ToLocal(&module)) {
      rethrowWithPlace(v8, isolate_.context(), caught, entry.name);
      return {};
    }
  } else {
    if (!compileSynthetic(entry, {makeName(v8, "default")}).ToLocal(&module)) return {};
  }
  entry.module.Reset(v8, module);
  byHash_.emplace(module->GetIdentityHash(), &entry);
  return module;
}

ModuleLoader::Entry* ModuleLoader::entryOf(v8::Local<v8::Module> module) {
  auto [begin, end] = byHash_.equal_range(module->GetIdentityHash());
  for (auto it = begin; it != end; ++it) {
    if (it->second->module == module) return it->second;
  }
  return nullptr;
}

bool ModuleLoader::checkAttribute(const Entry& entry, std::string_view key, std::string_view value) {
  bool fits = !entry.builtin && key == "type" &&
              ((value == "json" && entry.source.kind == ModuleKind::json) ||
               (value == "text" && entry.source.kind == ModuleKind::text) ||
               (value == "bytes" && entry.source.kind == ModuleKind::data));
  if (!fits) {
    throwTypeError(isolate_.v8(),
                   fmt::format("Unrecognized import attributes specified: {}: \"{}\" for the module \"{}\"", key, value,
                               entry.name));
  }
  return fits;
}

v8::MaybeLocal<v8::Module> ModuleLoader::resolveImport(v8::Local<v8::Context> context, v8::Local<v8::String> specifier,
                                                       v8::Local<v8::FixedArray> attributes,
                                                       v8::Local<v8::Module> referrer) {
  auto& loader = isolateOf(v8::Isolate::GetCurrent()).modules();
  Entry* from = loader.entryOf(referrer);
  Entry* entry = loader.find(toUtf8(v8::Isolate::GetCurrent(), specifier), from == nullptr ? "" : from->name);
  if (entry == nullptr) return {};
  // Key, value and place of each.
  for (int i = 0; i + 1 < attributes->Length(); i += 3) {
    if (!loader.checkAttribute(*entry, textOf(attributes->Get(i)), textOf(attributes->Get(i + 1)))) return {};
  }
  return loader.compile(*entry);
}

v8::MaybeLocal<v8::Object> ModuleLoader::resolveSource(v8::Local<v8::Context> context, v8::Local<v8::String> specifier,
                                                       v8::Local<v8::FixedArray>, v8::Local<v8::Module> referrer) {
  auto* v8 = v8::Isolate::GetCurrent();
  auto& loader = isolateOf(v8).modules();
  Entry* from = loader.entryOf(referrer);
  std::string_view name = from == nullptr ? std::string_view() : from->name;
  Entry* entry = loader.find(toUtf8(v8, specifier), name);
  if (entry == nullptr) return {};
  return loader.sourceOf(*entry, name);
}

v8::MaybeLocal<v8::Value> ModuleLoader::evaluateSynthetic(v8::Local<v8::Context> context,
                                                          v8::Local<v8::Module> module) {
  auto* v8 = v8::Isolate::GetCurrent();
  auto& loader = isolateOf(v8).modules();
  Entry* entry = loader.entryOf(module);
  if (entry == nullptr) return {};
  auto done = [&]() -> v8::MaybeLocal<v8::Value> {
    v8::Local<v8::Promise::Resolver> resolver;
    if (!v8::Promise::Resolver::New(context).ToLocal(&resolver)) return {};
    if (resolver->Resolve(context, v8::Undefined(v8)).IsNothing()) return {};
    return resolver->GetPromise();
  };
  if (entry->builtin) {
    auto exports = entry->builtinExports.Get(v8);
    v8::Local<v8::Array> keys;
    if (!exports->GetOwnPropertyNames(context).ToLocal(&keys)) return {};
    for (uint32_t i = 0; i < keys->Length(); ++i) {
      v8::Local<v8::Value> key;
      v8::Local<v8::Value> value;
      if (!keys->Get(context, i).ToLocal(&key) || !exports->Get(context, key).ToLocal(&value)) return {};
      if (module->SetSyntheticModuleExport(v8, key.As<v8::String>(), value).IsNothing()) return {};
    }
    return done();
  }
  v8::Local<v8::Value> value;
  auto made = entry->source.kind == ModuleKind::commonJs ? loader.runCommonJs(*entry) : loader.valueOf(*entry);
  if (!made.ToLocal(&value)) return {};
  if (module->SetSyntheticModuleExport(v8, makeName(v8, "default"), value).IsNothing()) return {};
  return done();
}

v8::MaybeLocal<v8::Value> ModuleLoader::runCommonJs(Entry& entry) {
  auto* v8 = isolate_.v8();
  auto context = isolate_.context();
  auto exportsName = makeName(v8, "exports");
  if (!entry.commonJs.IsEmpty()) return entry.commonJs.Get(v8)->Get(context, exportsName);
  auto module = v8::Object::New(v8);
  auto exports = v8::Object::New(v8);
  // Defined, not set: a setter that the program put on Object.prototype must not run.
  if (module->CreateDataProperty(context, exportsName, exports).IsNothing() ||
      module->CreateDataProperty(context, makeName(v8, "id"), makeString(v8, entry.name)).IsNothing()) {
    return {};
  }
  entry.commonJs.Reset(v8, module);

  v8::ScriptCompiler::Source source(makeString(v8, entry.source.body), originOf(v8, entry.name, false));
  v8::Local<v8::String> parameters[] = {exportsName, makeName(v8, "require"), makeName(v8, "module"),
                                        makeName(v8, "__filename"), makeName(v8, "__dirname")};
  v8::Local<v8::Function> function;
  v8::Local<v8::Function> requireFunction;
  v8::Local<v8::Value> ignored;
  {
    v8::TryCatch caught(v8);
    if (!v8::ScriptCompiler::CompileFunction(context, &source, 5, parameters).ToLocal(&function)) {
      rethrowWithPlace(v8, context, caught, entry.name);
      entry.commonJs.Reset();
      return {};
    }
  }
  bool ok = v8::Function::New(context, require, makeString(v8, entry.name), 1, v8::ConstructorBehavior::kThrow)
                .ToLocal(&requireFunction);
  auto slash = entry.name.rfind('/');
  v8::Local<v8::Value> arguments[] = {
      exports, ok ? requireFunction : v8::Local<v8::Function>(), module, makeString(v8, "/" + entry.name),
      makeString(v8, slash == std::string::npos ? "/" : "/" + entry.name.substr(0, slash))};
  if (!ok || !function->Call(context, exports, 5, arguments).ToLocal(&ignored)) {
    entry.commonJs.Reset();
    return {};
  }
  return module->Get(context, exportsName);
}

void ModuleLoader::require(OpArguments arguments) {
  auto* v8 = arguments.GetIsolate();
  if (!arguments[0]->IsString()) return throwTypeError(v8, "require() needs a module's name");
  v8::Local<v8::Value> value;
  if (isolateOf(arguments)
          .modules()
          .requireFrom(toUtf8(v8, arguments[0]), toUtf8(v8, arguments.Data()))
          .ToLocal(&value)) {
    arguments.GetReturnValue().Set(value);
  }
}

v8::MaybeLocal<v8::Value> ModuleLoader::requireFrom(std::string_view specifier, std::string_view referrer) {
  auto* v8 = isolate_.v8();
  auto context = isolate_.context();
  Entry* entry = find(specifier, referrer);
  if (entry == nullptr) return {};
  if (entry->builtin) return entry->builtinExports.Get(v8)->GetPrivate(context, requiredKey(v8));
  if (entry->source.kind == ModuleKind::commonJs) return runCommonJs(*entry);
  v8::Local<v8::Module> module;
  v8::Local<v8::Value> ignored;
  if (!compile(*entry).ToLocal(&module)) return {};
  if (!module->InstantiateModule(context, resolveImport, resolveSource).FromMaybe(false)) return {};
  if (needsEvaluating(*entry)) {
    throwError(v8,
               fmt::format("require() of \"{}\", which imports a module that is being evaluated: break the cycle, or "
                           "import() it.",
                           entry->name));
    return {};
  }
  if (module->GetStatus() == v8::Module::kInstantiated && !module->Evaluate(context).ToLocal(&ignored)) return {};
  if (module->GetStatus() == v8::Module::kErrored) {
    v8->ThrowException(module->GetException());
    return {};
  }
  if (module->IsGraphAsync()) {
    throwError(v8, fmt::format("require() of \"{}\": it uses top-level await; import it instead.", entry->name));
    return {};
  }
  auto space = module->GetModuleNamespace().As<v8::Object>();
  auto defaultName = makeName(v8, "default");
  bool whole = entry->source.kind == ModuleKind::esModule &&
               !(requireReturnsDefault_ && space->HasOwnProperty(context, defaultName).FromMaybe(false));
  if (whole) return space;
  return space->Get(context, defaultName);
}

bool ModuleLoader::needsEvaluating(Entry& entry) {
  auto* v8 = isolate_.v8();
  std::unordered_set<Entry*> seen{&entry};
  std::vector<Entry*> left{&entry};
  while (!left.empty()) {
    Entry& next = *left.back();
    left.pop_back();
    v8::HandleScope handles(v8);
    auto module = next.module.Get(v8);
    if (module.IsEmpty()) continue;
    if (module->GetStatus() == v8::Module::kEvaluating) return &next != &entry;
    if (module->GetStatus() != v8::Module::kInstantiated || !module->IsSourceTextModule()) continue;
    auto requests = module->GetModuleRequests();
    for (int i = 0; i < requests->Length(); ++i) {
      auto specifier = requests->Get(i).As<v8::ModuleRequest>()->GetSpecifier();
      auto found = entries_.find(resolveName(toUtf8(v8, specifier), next.name));
      if (found != entries_.end() && seen.insert(found->second.get()).second) left.push_back(found->second.get());
    }
  }
  return false;
}

v8::MaybeLocal<v8::Promise> ModuleLoader::import(Entry& entry) {
  auto context = isolate_.context();
  v8::Local<v8::Module> module;
  if (!compile(entry).ToLocal(&module)) return {};
  if (!module->InstantiateModule(context, resolveImport, resolveSource).FromMaybe(false)) return {};
  v8::Local<v8::Value> evaluated;
  if (!module->Evaluate(context).ToLocal(&evaluated)) return {};
  // The evaluation's promise brings undefined; ours brings the namespace.
  auto bringNamespace = [](OpArguments arguments) { arguments.GetReturnValue().Set(arguments.Data()); };
  v8::Local<v8::Function> then;
  if (!v8::Function::New(context, bringNamespace, module->GetModuleNamespace()).ToLocal(&then)) return {};
  return evaluated.As<v8::Promise>()->Then(context, then);
}

v8::MaybeLocal<v8::Promise> ModuleLoader::evaluateMain() {
  auto* v8 = isolate_.v8();
  auto context = isolate_.context();
  v8::Local<v8::Promise> promise;
  v8::TryCatch caught(v8);
  Entry* entry = find(main_, "");
  if (entry != nullptr && import(*entry).ToLocal(&promise)) return promise;
  v8::Local<v8::Promise::Resolver> resolver;
  if (caught.HasTerminated() || !v8::Promise::Resolver::New(context).ToLocal(&resolver)) {
    caught.ReThrow();
    return {};
  }
  if (caught.HasCaught()) (void)resolver->Reject(context, caught.Exception());
  return resolver->GetPromise();
}

// Where `import()` goes on, once what runs has run: V8 cannot evaluate a module from within the evaluation of another
// that the first one needs.
void ModuleLoader::continueImport(OpArguments arguments) {
  auto* v8 = arguments.GetIsolate();
  auto context = v8->GetCurrentContext();
  auto& loader = isolateOf(v8).modules();
  auto what = arguments.Data().As<v8::Array>();
  v8::Local<v8::Value> specifier;
  v8::Local<v8::Value> referrer;
  if (!what->Get(context, 0).ToLocal(&specifier) || !what->Get(context, 1).ToLocal(&referrer)) return;
  Entry* entry = loader.find(toUtf8(v8, specifier), toUtf8(v8, referrer));
  for (uint32_t i = 2; entry != nullptr && i + 1 < what->Length(); i += 2) {
    v8::Local<v8::Value> key;
    v8::Local<v8::Value> value;
    if (!what->Get(context, i).ToLocal(&key) || !what->Get(context, i + 1).ToLocal(&value)) return;
    if (!loader.checkAttribute(*entry, toUtf8(v8, key), toUtf8(v8, value))) return;
  }
  v8::Local<v8::Promise> promise;
  if (entry != nullptr && loader.import(*entry).ToLocal(&promise)) arguments.GetReturnValue().Set(promise);
}

v8::MaybeLocal<v8::Promise> ModuleLoader::importDynamically(v8::Local<v8::Context> context, v8::Local<v8::Data>,
                                                            v8::Local<v8::Value> resourceName,
                                                            v8::Local<v8::String> specifier,
                                                            v8::Local<v8::FixedArray> attributes) {
  auto* v8 = v8::Isolate::GetCurrent();
  std::vector<v8::Local<v8::Value>> what = {specifier, resourceName};
  for (int i = 0; i < attributes->Length(); ++i) what.push_back(attributes->Get(i).As<v8::Value>());
  v8::Local<v8::Promise::Resolver> now;
  v8::Local<v8::Function> proceed;
  if (!v8::Promise::Resolver::New(context).ToLocal(&now) || now->Resolve(context, v8::Undefined(v8)).IsNothing() ||
      !v8::Function::New(context, continueImport, v8::Array::New(v8, what.data(), what.size()), 0,
                         v8::ConstructorBehavior::kThrow)
           .ToLocal(&proceed)) {
    return {};
  }
  return now->GetPromise()->Then(context, proceed);
}

v8::MaybeLocal<v8::Promise> ModuleLoader::importSourceDynamically(
    v8::Local<v8::Context> context, v8::Local<v8::Data> options, v8::Local<v8::Value> resourceName,
    v8::Local<v8::String> specifier, v8::ModuleImportPhase phase, v8::Local<v8::FixedArray> attributes) {
  if (phase != v8::ModuleImportPhase::kSource) {
    return importDynamically(context, options, resourceName, specifier, attributes);
  }
  auto* v8 = v8::Isolate::GetCurrent();
  auto& loader = isolateOf(v8).modules();
  v8::Local<v8::Promise::Resolver> resolver;
  if (!v8::Promise::Resolver::New(context).ToLocal(&resolver)) return {};
  v8::TryCatch caught(v8);
  v8::Local<v8::Object> source;
  std::string referrer = toUtf8(v8, resourceName);
  Entry* entry = loader.find(toUtf8(v8, specifier), referrer);
  if (entry != nullptr && loader.sourceOf(*entry, referrer).ToLocal(&source)) {
    (void)resolver->Resolve(context, source);
  } else if (caught.HasTerminated()) {
    caught.ReThrow();
    return {};
  } else if (caught.HasCaught()) {
    (void)resolver->Reject(context, caught.Exception());
  }
  return resolver->GetPromise();
}

void ModuleLoader::initializeImportMeta(v8::Local<v8::Context> context, v8::Local<v8::Module> module,
                                        v8::Local<v8::Object> meta) {
  auto* v8 = v8::Isolate::GetCurrent();
  auto& loader = isolateOf(v8).modules();
  Entry* entry = loader.entryOf(module);
  if (entry == nullptr) return;
  (void)meta->CreateDataProperty(context, makeName(v8, "url"), makeString(v8, "file:///bundle/" + entry->name));
  (void)meta->CreateDataProperty(context, makeName(v8, "main"), v8::Boolean::New(v8, entry->name == loader.main_));
}

}  // namespace mayfly::isolate
