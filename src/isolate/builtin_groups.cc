// SPDX-License-Identifier: Apache-2.0
#include "isolate/builtin_groups.h"

#include <memory>

#include "isolate/isolate.h"

namespace mayfly::isolate {

namespace {

// Sources are constants of the addon: V8 uses them in place.
class StaticSource final : public v8::String::ExternalOneByteStringResource {
 public:
  explicit StaticSource(std::string_view source) : source_(source) {}
  const char* data() const override { return source_.data(); }
  size_t length() const override { return source_.size(); }

 private:
  std::string_view source_;
};

void requireGroup(OpArguments arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  if (arguments.Length() < 1 || !arguments[0]->IsString()) return throwTypeError(isolate, "requireGroup needs a name");
  v8::Local<v8::Value> exports;
  if (isolateOf(arguments).requireGroup(arguments[0].As<v8::String>()).ToLocal(&exports)) {
    arguments.GetReturnValue().Set(exports);
  }
}

void registerHooks(OpArguments arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  (void)arguments.Data().As<v8::Object>()->Set(isolate->GetCurrentContext(), makeName(isolate, "hooks"), arguments[0]);
}

// The data of a lazy property is [group, exportName].
void readLazy(v8::Local<v8::Name> property, const v8::PropertyCallbackInfo<v8::Value>& info) {
  v8::Isolate* isolate = info.GetIsolate();
  auto context = isolate->GetCurrentContext();
  auto where = info.Data().As<v8::Array>();
  v8::Local<v8::Value> group;
  v8::Local<v8::Value> name;
  v8::Local<v8::Value> exports;
  v8::Local<v8::Value> value;
  if (where->Get(context, 0).ToLocal(&group) && where->Get(context, 1).ToLocal(&name) &&
      isolateOf(isolate).requireGroup(group.As<v8::String>()).ToLocal(&exports) &&
      exports.As<v8::Object>()->Get(context, name).ToLocal(&value)) {
    info.GetReturnValue().Set(value);
  }
}

void setLazy(v8::Isolate* isolate, v8::Local<v8::Object> target, v8::Local<v8::Name> name, v8::Local<v8::Value> group,
             v8::Local<v8::Value> exportName) {
  v8::Local<v8::Value> where[] = {group, exportName};
  (void)target->SetLazyDataProperty(isolate->GetCurrentContext(), name, readLazy, v8::Array::New(isolate, where, 2),
                                    v8::DontEnum);
}

void defineLazy(OpArguments arguments) {
  v8::Isolate* isolate = arguments.GetIsolate();
  if (arguments.Length() < 4 || !arguments[0]->IsObject() || !arguments[1]->IsString()) {
    return throwTypeError(isolate, "defineLazy needs (target, name, group, exportName)");
  }
  setLazy(isolate, arguments[0].As<v8::Object>(), arguments[1].As<v8::Name>(), arguments[2], arguments[3]);
}

void hasGroup(OpArguments arguments) {
  auto name = toUtf8(arguments.GetIsolate(), arguments[0]);
  arguments.GetReturnValue().Set(isolateOf(arguments).engine().findGroup(name) >= 0);
}

constexpr Op kOps[] = {{"defineLazy", defineLazy}, {"hasGroup", hasGroup}};

}  // namespace

std::span<const Op> builtinOps() { return kOps; }

std::span<const intptr_t> builtinReferences() {
  static const intptr_t kReferences[] = {reinterpret_cast<intptr_t>(&requireGroup),
                                         reinterpret_cast<intptr_t>(&registerHooks),
                                         reinterpret_cast<intptr_t>(&readLazy)};
  return kReferences;
}

v8::MaybeLocal<v8::Function> compileGroup(v8::Isolate* isolate, v8::Local<v8::Context> context,
                                          const BuiltinGroup& group, bool useCache) {
  v8::Local<v8::String> source;
  auto resource = std::make_unique<StaticSource>(group.source);
  if (!v8::String::NewExternalOneByte(isolate, resource.get()).ToLocal(&source)) return {};
  (void)resource.release();  // V8 owns it now
  v8::ScriptOrigin origin(makeName(isolate, group.name));
  v8::Local<v8::String> parameters[] = {makeName(isolate, "exports"), makeName(isolate, "requireGroup"),
                                        makeName(isolate, "ops"), makeName(isolate, "registerHooks")};
  if (useCache && !group.codeCache.empty()) {
    auto* cache = new v8::ScriptCompiler::CachedData(reinterpret_cast<const uint8_t*>(group.codeCache.data()),
                                                     static_cast<int>(group.codeCache.size()));
    v8::ScriptCompiler::Source cached(source, origin, cache);
    return v8::ScriptCompiler::CompileFunction(context, &cached, 4, parameters, 0, nullptr,
                                               v8::ScriptCompiler::kConsumeCodeCache);
  }
  v8::ScriptCompiler::Source plain(source, origin);
  return v8::ScriptCompiler::CompileFunction(context, &plain, 4, parameters, 0, nullptr,
                                             v8::ScriptCompiler::kEagerCompile);
}

v8::Local<v8::Function> makeRequireFunction(v8::Isolate* isolate, v8::Local<v8::Context> context) {
  return v8::FunctionTemplate::New(isolate, requireGroup, {}, {}, 1, v8::ConstructorBehavior::kThrow)
      ->GetFunction(context)
      .ToLocalChecked();
}

v8::Local<v8::Function> makeRegisterFunction(v8::Isolate* isolate, v8::Local<v8::Context> context,
                                             v8::Local<v8::Object> holder) {
  return v8::Function::New(context, registerHooks, holder, 1, v8::ConstructorBehavior::kThrow).ToLocalChecked();
}

void removeConsole(v8::Isolate* isolate, v8::Local<v8::Context> context) {
  (void)context->Global()->Delete(context, makeName(isolate, "console"));
}

void replaceGlobals(v8::Isolate* isolate, v8::Local<v8::Context> context) {
  for (const char* name : {"SharedArrayBuffer", "Atomics"}) {
    (void)context->Global()->Delete(context, makeName(isolate, name));
  }
  auto name = makeName(isolate, "Temporal");
  setLazy(isolate, context->Global(), name, makeName(isolate, "mayfly:web/temporal"), name);
}

}  // namespace mayfly::isolate
