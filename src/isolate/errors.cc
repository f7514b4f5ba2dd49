// SPDX-License-Identifier: Apache-2.0
#include "isolate/errors.h"

#include <fmt/core.h>

#include <charconv>

#include "base/compatibility_table.h"
#include "isolate/isolate.h"

namespace mayfly::isolate {

namespace {

// "render (index.js:10:5)" or "index.js:10:5" with the position mapped, or as it was.
std::string mapFrame(const SourceMap& map, const std::string& mainModule, std::string frame) {
  auto at = frame.rfind(mainModule + ":");
  if (at == std::string::npos || (at > 0 && frame[at - 1] != '(' && frame[at - 1] != ' ' && frame[at - 1] != '/')) {
    return frame;
  }
  const char* cursor = frame.data() + at + mainModule.size() + 1;
  const char* end = frame.data() + frame.size();
  uint32_t line = 0;
  uint32_t column = 0;
  auto afterLine = std::from_chars(cursor, end, line);
  if (afterLine.ec != std::errc() || afterLine.ptr == end || *afterLine.ptr != ':') return frame;
  auto afterColumn = std::from_chars(afterLine.ptr + 1, end, column);
  if (afterColumn.ec != std::errc()) return frame;
  auto position = map.find(line, column);
  if (!position) return frame;
  return fmt::format("{}{}:{}:{}{}", frame.substr(0, at), position->source, position->line, position->column,
                     std::string_view(afterColumn.ptr, static_cast<size_t>(end - afterColumn.ptr)));
}

std::unique_ptr<SourceMap> readSourceMap(Isolate& isolate, const std::string& json) {
  auto* v8 = isolate.v8();
  auto context = isolate.context();
  v8::TryCatch caught(v8);
  v8::Local<v8::Value> map;
  v8::Local<v8::Value> sources;
  v8::Local<v8::Value> mappings;
  if (!v8::JSON::Parse(context, makeString(v8, json)).ToLocal(&map) || !map->IsObject() ||
      !map.As<v8::Object>()->Get(context, makeName(v8, "sources")).ToLocal(&sources) || !sources->IsArray() ||
      !map.As<v8::Object>()->Get(context, makeName(v8, "mappings")).ToLocal(&mappings) || !mappings->IsString()) {
    return nullptr;
  }
  std::vector<std::string> names;
  for (uint32_t i = 0; i < sources.As<v8::Array>()->Length(); ++i) {
    v8::Local<v8::Value> name;
    names.push_back(sources.As<v8::Array>()->Get(context, i).ToLocal(&name) ? toUtf8(v8, name) : std::string());
  }
  return std::make_unique<SourceMap>(std::move(names), toUtf8(v8, mappings));
}

v8::MaybeLocal<v8::Value> prepareStackTrace(v8::Local<v8::Context> context, v8::Local<v8::Value> error,
                                            v8::Local<v8::Array> sites) {
  auto* v8 = v8::Isolate::GetCurrent();
  Isolate& isolate = isolateOf(v8);
  // A program that formats its own stacks gets V8's call sites, as everywhere.
  v8::Local<v8::Value> errorClass;
  v8::Local<v8::Value> own;
  if (context->Global()->Get(context, makeName(v8, "Error")).ToLocal(&errorClass) && errorClass->IsObject() &&
      errorClass.As<v8::Object>()->Get(context, makeName(v8, "prepareStackTrace")).ToLocal(&own) && own->IsFunction()) {
    v8::Local<v8::Value> arguments[] = {error, sites};
    return own.As<v8::Function>()->Call(context, errorClass, 2, arguments);
  }
  const SourceMap* map = isolate.sourceMap();
  std::string stack;
  {
    v8::TryCatch caught(v8);
    v8::Local<v8::String> header;
    stack = error->ToString(context).ToLocal(&header) ? toUtf8(v8, header) : "Error";
    if (caught.HasTerminated()) {
      caught.ReThrow();
      return {};
    }
  }
  for (uint32_t i = 0; i < sites->Length(); ++i) {
    v8::TryCatch caught(v8);
    v8::Local<v8::Value> site;
    v8::Local<v8::String> text;
    if (!sites->Get(context, i).ToLocal(&site) || !site->ToString(context).ToLocal(&text)) {
      if (!caught.HasTerminated()) continue;
      caught.ReThrow();
      return {};
    }
    std::string frame = toUtf8(v8, text);
    if (frame.find("mayfly:") != std::string::npos) continue;  // built-ins are not the user's code
    stack += "\n    at " + (map == nullptr ? frame : mapFrame(*map, isolate.mainModule(), std::move(frame)));
  }
  return makeString(v8, stack);
}

void setPair(v8::Isolate* v8, v8::Local<v8::Context> context, v8::Local<v8::Array> list, uint32_t index,
             std::initializer_list<std::string_view> fields) {
  auto row = v8::Array::New(v8, static_cast<int>(fields.size()));
  uint32_t column = 0;
  for (auto field : fields) row->Set(context, column++, makeString(v8, field)).Check();
  list->Set(context, index, row).Check();
}

const char* outboundName(Outbound outbound) {
  switch (outbound) {
    case Outbound::internet: return "internet";
    case Outbound::none: return "none";
    case Outbound::capability: return "capability";
  }
  return "none";
}

}  // namespace

void installSourceMap(Isolate& isolate, const std::string& mainModule, const std::string& sourceMap) {
  isolate.v8()->SetPrepareStackTraceCallback(prepareStackTrace);
  if (sourceMap.empty()) return;
  auto map = readSourceMap(isolate, sourceMap);
  if (!map) {
    isolate.environment().log(protocol::LogKind::system, protocol::LogLevel::warn,
                              fmt::format("the source map of {} cannot be read: stacks show bundled code", mainModule));
    return;
  }
  isolate.setSourceMap(std::move(map));
}

v8::Local<v8::Value> makeError(v8::Isolate* isolate, const Error& error) {
  auto exception = v8::Exception::Error(makeString(isolate, error.message));
  if (!error.name.empty()) {
    auto context = isolate->GetCurrentContext();
    auto name = makeString(isolate, error.name);
    auto object = exception.As<v8::Object>();
    (void)object->DefineOwnProperty(context, makeName(isolate, "name"), name, v8::DontEnum);
    (void)object->DefineOwnProperty(context, makeName(isolate, "code"), name);
  }
  return exception;
}

v8::MaybeLocal<v8::Value> makeStartConfig(Isolate& isolate, const StartSpec& spec) {
  auto* v8 = isolate.v8();
  auto context = isolate.context();
  auto config = v8::Object::New(v8);
  auto set = [&](const char* name, v8::Local<v8::Value> value) {
    config->CreateDataProperty(context, makeName(v8, name), value).Check();
  };
  set("kind", makeName(v8, spec.dynamic ? "dynamic" : "host"));
  set("workerName", makeString(v8, spec.workerName));
  set("compatibilityDate", makeString(v8, spec.compatibilityDate));
  set("dev", v8::Boolean::New(v8, spec.dev));
  set("exposeGc", v8::Boolean::New(v8, spec.exposeGc));
  set("logEvents", v8::Boolean::New(v8, spec.logEvents));
  // Dates and flags were checked by the configuration, or by the loader before the isolate was made.
  CompatibilityFlags flags =
      resolveCompatibility(spec.compatibilityDate, spec.compatibilityFlags, {.today = {}, .allowExperimental = true})
          .value_or(CompatibilityFlags{});
  isolate.modules().setRequireReturnsDefault(flags.requireReturnsDefault);
  if (flags.evalDuringStartup) isolate.allowEvalDuringStartup();
  auto compatibility = v8::Object::New(v8);
  for (const CompatibilityFlag& flag : kCompatibilityFlags) {
    if (flag.member == nullptr) continue;
    compatibility->CreateDataProperty(context, makeName(v8, flag.enable), v8::Boolean::New(v8, flags.*flag.member))
        .Check();
  }
  set("compatibility", compatibility);
  auto limits = v8::Object::New(v8);
  for (size_t i = 0; i < std::size(kLimits); ++i) {
    limits
        ->CreateDataProperty(context, makeString(v8, kLimits[i].name),
                             v8::Integer::NewFromUnsigned(v8, isolate.limits().values()[i]))
        .Check();
  }
  set("limits", limits);
  set("outbound", makeName(v8, outboundName(spec.outbound)));
  set("network", v8::Boolean::New(v8, spec.dynamic ? spec.outbound == Outbound::internet : spec.host.network));
  if (spec.dynamic) return config;

  const protocol::WorkerSpec& host = spec.host;
  auto variables = v8::Array::New(v8);
  for (const auto& variable : host.variables) {
    setPair(v8, context, variables, variables->Length(), {variable.name, variable.json});
  }
  set("variables", variables);
  auto loaders = v8::Array::New(v8);
  for (const auto& loader : host.loaders) setPair(v8, context, loaders, loaders->Length(), {loader.binding, loader.id});
  set("loaders", loaders);
  auto services = v8::Array::New(v8);
  for (const auto& service : host.services) {
    setPair(v8, context, services, services->Length(),
            {service.binding, service.service, service.entrypoint, service.propsJson});
  }
  set("services", services);
  auto missing = v8::Array::New(v8);
  for (const auto& binding : host.missingBindings) {
    setPair(v8, context, missing, missing->Length(), {binding.binding, binding.kind});
  }
  set("missingBindings", missing);
  set("inFlightMax", v8::Integer::NewFromUnsigned(v8, host.inFlightMax));
  set("inFlightWaits", v8::Boolean::New(v8, host.inFlightWaits));
  if (host.globalOutbound) {
    v8::Local<v8::Value> pair[] = {makeString(v8, host.globalOutbound->service),
                                   makeString(v8, host.globalOutbound->entrypoint)};
    set("globalOutbound", v8::Array::New(v8, pair, 2));
  }
  return config;
}

}  // namespace mayfly::isolate
