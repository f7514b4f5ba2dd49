// SPDX-License-Identifier: Apache-2.0
// The native half of the loader binding (api/core/loader.ts has validated what comes here): code out of JavaScript
// into a DynamicCode, and the cell asked for a worker.
#include <fmt/core.h>

#include "base/compatibility.h"
#include "egress/policy.h"
#include "egress/secrets.h"
#include "isolate/core_ops.h"
#include "isolate/isolate.h"
#include "isolate/serializer.h"

namespace mayfly::isolate {

namespace {

class CodeReader {
 public:
  CodeReader(v8::Isolate* v8, v8::Local<v8::Object> code) : v8_(v8), context_(v8->GetCurrentContext()), code_(code) {}

  // False with an exception thrown.
  bool read(DynamicCode& out) {
    out.mainModule = text(code_, "mainModule");
    out.compatibilityDate = text(code_, "compatibilityDate");
    if (auto flags = get(code_, "compatibilityFlags"); flags->IsArray()) {
      for (uint32_t i = 0; i < flags.As<v8::Array>()->Length(); ++i) {
        out.compatibilityFlags.push_back(toUtf8(v8_, at(flags.As<v8::Array>(), i)));
      }
    }
    auto resolved = resolveCompatibility(out.compatibilityDate, out.compatibilityFlags,
                                         {.today = {}, .allowExperimental = get(code_, "allowExperimental")->IsTrue()});
    if (!resolved) {
      throwError(v8_, resolved.error().message);
      return false;
    }
    std::string outbound = text(code_, "outbound");
    out.outbound = outbound == "internet"     ? Outbound::internet
                   : outbound == "capability" ? Outbound::capability
                                              : Outbound::none;
    if (!readNetwork(out)) return false;
    readLimits(out);
    out.isolation = isolationNamed(text(code_, "isolation"));
    out.tenant = text(code_, "tenant");
    auto modules = get(code_, "modules");
    if (!modules->IsArray()) {
      throwTypeError(v8_, "modules must be an array");
      return false;
    }
    for (uint32_t i = 0; i < modules.As<v8::Array>()->Length(); ++i) {
      auto module = at(modules.As<v8::Array>(), i);
      if (!module->IsObject() || !readModule(module.As<v8::Object>(), out)) return false;
    }
    return true;
  }

 private:
  std::vector<std::string> texts(v8::Local<v8::Object> object, const char* name) {
    std::vector<std::string> list;
    auto value = get(object, name);
    if (!value->IsArray()) return list;
    for (uint32_t i = 0; i < value.As<v8::Array>()->Length(); ++i)
      list.push_back(toUtf8(v8_, at(value.As<v8::Array>(), i)));
    return list;
  }

  // Checked by worker_code.ts, against the table below.
  void readLimits(DynamicCode& out) {
    auto limits = get(code_, "limits");
    if (!limits->IsObject()) return;
    for (size_t i = 0; i < std::size(kLimits); ++i) {
      auto value = limits.As<v8::Object>()->Get(context_, makeString(v8_, kLimits[i].name));
      v8::Local<v8::Value> number;
      if (value.ToLocal(&number) && number->IsUint32()) out.limits.values()[i] = number.As<v8::Uint32>()->Value();
    }
  }

  // The types were checked by worker_code.ts; what the texts say is checked here, by the rules of the supervisor.
  bool readNetwork(DynamicCode& out) {
    if (auto value = get(code_, "network"); value->IsObject()) {
      auto network = value.As<v8::Object>();
      out.network = {text(network, "default") != "deny", texts(network, "allow"), texts(network, "deny")};
      if (auto policy = egress::parsePolicy(*out.network, ""); !policy) {
        throwTypeError(v8_, policy.error().message);
        return false;
      }
    }
    auto secrets = get(code_, "secrets");
    if (!secrets->IsArray()) return true;
    for (uint32_t i = 0; i < secrets.As<v8::Array>()->Length(); ++i) {
      auto secret = at(secrets.As<v8::Array>(), i).As<v8::Object>();
      out.secrets.push_back(
          {text(secret, "name"), text(secret, "placeholder"), text(secret, "value"), texts(secret, "hosts")});
    }
    if (auto parsed = egress::parseSecrets(out.secrets); !parsed) {
      throwTypeError(v8_, parsed.error().message);
      return false;
    }
    return true;
  }

  bool readModule(v8::Local<v8::Object> module, DynamicCode& out) {
    ModuleSource source;
    source.name = text(module, "name");
    std::string kind = text(module, "kind");
    auto content = get(module, "content");
    if (content->IsWasmModuleObject()) {
      auto compiled = std::make_shared<v8::CompiledWasmModule>(content.As<v8::WasmModuleObject>()->GetCompiledModule());
      auto bytes = compiled->GetWireBytesRef();
      rpc::Attachment attachment{std::move(compiled), nullptr, {bytes.data(), bytes.size()}};
      out.compiledModules.emplace_back(source.name, std::move(attachment));
      return true;
    }
    if (kind == "esModule")
      source.kind = ModuleKind::esModule;
    else if (kind == "commonJs")
      source.kind = ModuleKind::commonJs;
    else if (kind == "text")
      source.kind = ModuleKind::text;
    else if (kind == "data")
      source.kind = ModuleKind::data;
    else if (kind == "json")
      source.kind = ModuleKind::json;
    else if (kind == "wasm")
      source.kind = ModuleKind::wasm;
    else {
      throwTypeError(v8_, fmt::format("module \"{}\" is of no known kind: {}", source.name, kind));
      return false;
    }
    if (content->IsString()) {
      source.body = toUtf8(v8_, content);
    } else {
      auto bytes = bytesOf(content);
      source.body.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    out.modules.push_back(std::move(source));
    return true;
  }

  v8::Local<v8::Value> get(v8::Local<v8::Object> object, const char* name) {
    return object->Get(context_, makeName(v8_, name)).FromMaybe(v8::Undefined(v8_).As<v8::Value>());
  }
  v8::Local<v8::Value> at(v8::Local<v8::Array> array, uint32_t index) {
    return array->Get(context_, index).FromMaybe(v8::Undefined(v8_).As<v8::Value>());
  }
  std::string text(v8::Local<v8::Object> object, const char* name) { return toUtf8(v8_, get(object, name)); }

  v8::Isolate* v8_;
  v8::Local<v8::Context> context_;
  v8::Local<v8::Object> code_;
};

// loaderLoad(loaderId, code) -> pipe
void loaderLoad(OpArguments arguments) {
  auto* v8 = arguments.GetIsolate();
  Isolate& isolate = isolateOf(arguments);
  DynamicCode code;
  if (!arguments[1]->IsObject()) return throwTypeError(v8, "loaderLoad needs code");
  if (!CodeReader(v8, arguments[1].As<v8::Object>()).read(code)) return;
  auto end = isolate.environment().loaderLoad(toUtf8(v8, arguments[0]), std::move(code));
  if (!end) return throwError(v8, end.error());
  arguments.GetReturnValue().Set(isolate.addPipe(std::move(*end)));
}

// loaderGet(loaderId, name) -> pipe
void loaderGet(OpArguments arguments) {
  auto* v8 = arguments.GetIsolate();
  Isolate& isolate = isolateOf(arguments);
  auto pipe = isolate.reservePipe();
  auto end = isolate.environment().loaderGet(toUtf8(v8, arguments[0]), toUtf8(v8, arguments[1]), pipe);
  isolate.addReservedPipe(pipe, std::move(end));
  arguments.GetReturnValue().Set(pipe);
}

// loaderProvide(pipe, code, init)
void loaderProvide(OpArguments arguments) {
  auto* v8 = arguments.GetIsolate();
  Isolate& isolate = isolateOf(arguments);
  auto pipe = arguments[0]->Uint32Value(v8->GetCurrentContext()).FromMaybe(0);
  DynamicCode code;
  if (!arguments[1]->IsObject()) return throwTypeError(v8, "loaderProvide needs code");
  if (!CodeReader(v8, arguments[1].As<v8::Object>()).read(code)) return;
  auto init = serialize(isolate, pipe, arguments[2]);
  if (!init) return;
  rpc::Message message;
  message.type = rpc::MessageType::init;
  message.payload = std::move(init->bytes);
  if (init->layered) message.flags |= rpc::kLayered;
  message.attachments = std::move(init->attachments);
  auto size = static_cast<double>(message.payload.size());
  auto provided = isolate.environment().loaderProvide(pipe, std::move(code), std::move(message));
  if (!provided) return throwError(v8, provided.error());
  arguments.GetReturnValue().Set(size);
}

void loaderFail(OpArguments arguments) {
  isolateOf(arguments).environment().loaderFail(
      arguments[0]->Uint32Value(arguments.GetIsolate()->GetCurrentContext()).FromMaybe(0));
}

// secretPlaceholder() -> text
void secretPlaceholder(OpArguments arguments) {
  arguments.GetReturnValue().Set(makeLatin1(arguments.GetIsolate(), egress::makePlaceholder()));
}

// limitTable() -> [name, least, at getEntrypoint() too][]
void limitTable(OpArguments arguments) {
  auto* v8 = arguments.GetIsolate();
  v8::LocalVector<v8::Value> rows(v8);
  for (const LimitDetails& limit : kLimits) {
    v8::Local<v8::Value> row[] = {makeString(v8, limit.name), v8::Integer::NewFromUnsigned(v8, limit.least),
                                  v8::Boolean::New(v8, limit.ofEntrypoint)};
    rows.push_back(v8::Array::New(v8, row, std::size(row)));
  }
  arguments.GetReturnValue().Set(v8::Array::New(v8, rows.data(), rows.size()));
}

void started(OpArguments arguments) {
  Isolate& isolate = isolateOf(arguments);
  isolate.endStartup();
  isolate.environment().started();
}

void startFailed(OpArguments arguments) {
  auto* v8 = arguments.GetIsolate();
  isolateOf(arguments).endStartup();
  isolateOf(arguments).environment().startFailed(arguments[0]->IsString() ? toUtf8(v8, arguments[0]) : std::string());
}

void abortSelf(OpArguments arguments) {
  auto* v8 = arguments.GetIsolate();
  std::string reason = arguments[0]->IsString() ? toUtf8(v8, arguments[0]) : "The isolate was aborted.";
  isolateOf(arguments).condemn({ErrorCode::unavailable, std::move(reason), "IsolateAborted"});
}

void evaluateMain(OpArguments arguments) {
  v8::Local<v8::Promise> promise;
  isolateOf(arguments).beginStartup();
  if (isolateOf(arguments).modules().evaluateMain().ToLocal(&promise)) arguments.GetReturnValue().Set(promise);
}

// makeRequire(name): require() as the CommonJS module of that name has it
void makeRequire(OpArguments arguments) {
  v8::Local<v8::Function> require;
  if (v8::Function::New(arguments.GetIsolate()->GetCurrentContext(), ModuleLoader::require, arguments[0], 1,
                        v8::ConstructorBehavior::kThrow)
          .ToLocal(&require)) {
    arguments.GetReturnValue().Set(require);
  }
}

constexpr Op kOps[] = {
    {"loaderLoad", loaderLoad},
    {"loaderGet", loaderGet},
    {"loaderProvide", loaderProvide},
    {"loaderFail", loaderFail},
    {"started", started},
    {"startFailed", startFailed},
    {"abortSelf", abortSelf},
    {"evaluateMain", evaluateMain},
    {"makeRequire", makeRequire},
    {"secretPlaceholder", secretPlaceholder},
    {"limitTable", limitTable},
};

}  // namespace

std::span<const Op> loaderOps() { return kOps; }

}  // namespace mayfly::isolate
