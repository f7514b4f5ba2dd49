// SPDX-License-Identifier: Apache-2.0
#include "isolate/engine.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "isolate/buffer_allocator.h"
#include "isolate/builtin_groups.h"
#include "isolate/task_runner.h"
#include "protocol/codec.h"

namespace mayfly::isolate {

namespace {

#include "builtins.inc"

constexpr uint32_t kSnapshotMagic = 0x4d41594c;

// The file: magic, snapshot, one code cache per group, each behind its length.
struct MappedFile {
  const char* data = nullptr;
  size_t size = 0;
};

Result<MappedFile> mapFile(const std::filesystem::path& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(ErrorCode::notFound, fmt::format("cannot open {}: {}", path.string(), std::strerror(errno)));
  struct stat status{};
  ::fstat(fd, &status);
  void* data = ::mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ, MAP_PRIVATE, fd, 0);
  ::close(fd);
  if (data == MAP_FAILED) return fail(ErrorCode::corrupt, fmt::format("cannot map {}", path.string()));
  return MappedFile{static_cast<const char*>(data), static_cast<size_t>(status.st_size)};
}

std::string describeException(v8::Isolate* isolate, v8::Local<v8::Context> context, v8::TryCatch& caught) {
  v8::Local<v8::Value> stack;
  if (caught.StackTrace(context).ToLocal(&stack) && stack->IsString()) return toUtf8(isolate, stack);
  return toUtf8(isolate, caught.Exception());
}

}  // namespace

Engine::Engine(node::MultiIsolatePlatform& platform, std::vector<std::span<const Op>> tables,
               std::vector<GroupOps> groupTables)
    : platform_(platform), tables_(std::move(tables)), groupTables_(std::move(groupTables)) {
  for (intptr_t reference : builtinReferences()) references_.push_back(reference);
  for (auto table : tables_) {
    for (const Op& op : table) references_.push_back(reinterpret_cast<intptr_t>(op.callback));
  }
  references_.push_back(0);
  for (const BuiltinSource& builtin : kBuiltins) {
    groupsByName_.emplace(builtin.name, static_cast<int>(groups_.size()));
    groups_.push_back({builtin.name, builtin.source, {}});
  }
}

int Engine::findGroup(std::string_view name) const {
  auto found = groupsByName_.find(name);
  return found == groupsByName_.end() ? -1 : found->second;
}

bool Engine::addGroupOps(v8::Isolate* isolate, v8::Local<v8::Context> context, std::string_view group,
                         v8::Local<v8::Object> ops) const {
  for (const GroupOps& table : groupTables_) {
    if (table.group != group) continue;
    for (const Op& op : table.ops) {
      v8::Local<v8::Function> function;
      if (!v8::Function::New(context, op.callback, {}, 0, v8::ConstructorBehavior::kThrow).ToLocal(&function) ||
          ops->Set(context, makeName(isolate, op.name), function).IsNothing()) {
        return false;
      }
    }
  }
  return true;
}

v8::Local<v8::Object> Engine::makeOps(v8::Isolate* isolate, v8::Local<v8::Context> context) const {
  auto ops = v8::Object::New(isolate);
  for (auto table : tables_) {
    for (const Op& op : table) {
      auto callback = v8::FunctionTemplate::New(isolate, op.callback, {}, {}, 0, v8::ConstructorBehavior::kThrow);
      ops->Set(context, makeName(isolate, op.name), callback->GetFunction(context).ToLocalChecked()).Check();
    }
  }
  // V8's own, which compiled code calls without leaving it.
  auto extras = context->GetExtrasBindingObject();
  for (auto [op, name] : {std::pair{"getAsyncFrame", "getContinuationPreservedEmbedderData"},
                          std::pair{"setAsyncFrame", "setContinuationPreservedEmbedderData"}}) {
    ops->Set(context, makeName(isolate, op), extras->Get(context, makeName(isolate, name)).ToLocalChecked()).Check();
  }
  return ops;
}

Result<void> Engine::makeSnapshot(const std::filesystem::path& path) {
  PlatformDelegate delegate;
  v8::Isolate* isolate = v8::Isolate::Allocate();
  platform_.RegisterIsolate(isolate, &delegate);
  v8::Isolate::CreateParams params;
  params.array_buffer_allocator_shared = std::make_shared<BufferAllocator>(size_t{1} << 30);
  params.external_references = references_.data();
  auto creator = std::make_unique<v8::SnapshotCreator>(isolate, params);

  std::string failure;
  {
    v8::HandleScope handles(isolate);
    auto context = v8::Context::New(isolate);
    v8::Context::Scope entered(context);
    v8::TryCatch caught(isolate);
    removeConsole(isolate, context);

    auto ops = makeOps(isolate, context);
    auto require = makeRequireFunction(isolate, context);
    auto hooksHolder = v8::Object::New(isolate);
    auto core = v8::Object::New(isolate);
    v8::Local<v8::Function> function;
    v8::Local<v8::Value> result;
    v8::Local<v8::Value> arguments[] = {core, require, ops, makeRegisterFunction(isolate, context, hooksHolder)};
    v8::Local<v8::Value> hooks;
    if (!compileGroup(isolate, context, groups_[0], /*useCache=*/false).ToLocal(&function) ||
        !function->Call(context, v8::Undefined(isolate), 4, arguments).ToLocal(&result)) {
      failure = describeException(isolate, context, caught);
    } else if (!hooksHolder->Get(context, makeName(isolate, "hooks")).ToLocal(&hooks) || !hooks->IsObject()) {
      failure = "core did not register its hooks";
    } else {
      creator->AddData(context, hooks.As<v8::Object>());
      creator->AddData(context, core);
      creator->AddData(context, ops);
      creator->AddData(context, require);
      creator->SetDefaultContext(context);
    }
  }
  if (!failure.empty()) {
    // The creator cannot be ended without a default context; the process that makes snapshots ends here anyway.
    (void)creator.release();
    return fail(ErrorCode::internal, "built-ins: " + failure);
  }
  v8::StartupData blob = creator->CreateBlob(v8::SnapshotCreator::FunctionCodeHandling::kKeep);
  creator.reset();
  platform_.UnregisterIsolate(isolate);
  auto caches = makeCodeCaches(blob);
  if (!caches) return std::unexpected(caches.error());

  protocol::Writer out;
  out.u32(kSnapshotMagic);
  out.bytes({reinterpret_cast<const uint8_t*>(blob.data), static_cast<size_t>(blob.raw_size)});
  for (const std::string& cache : *caches) {
    out.bytes({reinterpret_cast<const uint8_t*>(cache.data()), cache.size()});
  }
  delete[] blob.data;
  auto temporary = path;
  temporary += ".part";
  std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
  file.write(reinterpret_cast<const char*>(out.span().data()), static_cast<std::streamsize>(out.size()));
  file.close();
  if (!file) return fail(ErrorCode::unavailable, fmt::format("cannot write {}", temporary.string()));
  std::error_code error;
  std::filesystem::rename(temporary, path, error);
  if (error) return fail(ErrorCode::unavailable, fmt::format("cannot write {}: {}", path.string(), error.message()));
  return {};
}

Result<std::vector<std::string>> Engine::makeCodeCaches(v8::StartupData& blob) {
  PlatformDelegate delegate;
  v8::Isolate* isolate = v8::Isolate::Allocate();
  platform_.RegisterIsolate(isolate, &delegate);
  v8::Isolate::CreateParams params;
  params.array_buffer_allocator_shared = std::make_shared<BufferAllocator>(size_t{1} << 30);
  params.external_references = references_.data();
  params.snapshot_blob = &blob;
  v8::Isolate::Initialize(isolate, params);
  std::vector<std::string> caches(groups_.size());
  std::string failure;
  {
    v8::Isolate::Scope entered(isolate);
    v8::HandleScope handles(isolate);
    auto context = v8::Context::New(isolate);
    v8::Context::Scope inContext(context);
    v8::TryCatch caught(isolate);
    // Core, the first group, is in the snapshot itself.
    for (size_t i = 1; i < groups_.size() && failure.empty(); ++i) {
      v8::Local<v8::Function> function;
      if (!compileGroup(isolate, context, groups_[i], /*useCache=*/false).ToLocal(&function)) {
        failure = fmt::format("{}: {}", groups_[i].name, describeException(isolate, context, caught));
        break;
      }
      std::unique_ptr<v8::ScriptCompiler::CachedData> cache(v8::ScriptCompiler::CreateCodeCacheForFunction(function));
      caches[i].assign(reinterpret_cast<const char*>(cache->data), static_cast<size_t>(cache->length));
    }
  }
  platform_.DisposeIsolate(isolate);
  if (!failure.empty()) return fail(ErrorCode::internal, "built-ins: " + failure);
  return caches;
}

Result<void> Engine::loadSnapshot(const std::filesystem::path& path) {
  auto mapped = mapFile(path);
  if (!mapped) return std::unexpected(mapped.error());
  // Never unmapped: V8 and the groups refer to it until the process ends.
  protocol::Reader in({reinterpret_cast<const uint8_t*>(mapped->data), mapped->size});
  if (in.u32() != kSnapshotMagic) {
    return fail(ErrorCode::corrupt, fmt::format("{} is not a Mayfly snapshot: build again", path.string()));
  }
  auto blob = in.bytes();
  for (BuiltinGroup& group : groups_) {
    auto cache = in.bytes();
    group.codeCache = {reinterpret_cast<const char*>(cache.data()), cache.size()};
  }
  snapshot_ = {reinterpret_cast<const char*>(blob.data()), static_cast<int>(blob.size())};
  if (!in.finished() || !snapshot_.IsValid()) {
    return fail(ErrorCode::corrupt, fmt::format("{} does not fit this build: build again", path.string()));
  }
  return {};
}

}  // namespace mayfly::isolate
