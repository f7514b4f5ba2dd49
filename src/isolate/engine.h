// SPDX-License-Identifier: Apache-2.0
// The engine of a cell: V8's platform (Node's), the start-up snapshot and the built-ins that are not in it. Made once
// by the addon's entry and outlives every isolate. Constant after construction, but for the store of caches, which is safe
// from any thread: so any thread may use it.
#pragma once

#include <node.h>
#include <v8.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "isolate/cache_store.h"
#include "isolate/ops.h"

namespace mayfly::isolate {

// A group of built-ins: its source (ASCII) and, once the snapshot is loaded, its code cache.
struct BuiltinGroup {
  std::string_view name;  // "mayfly:web/url"
  std::string_view source;
  std::string_view codeCache;
};

class Engine {
 public:
  // `tables`: the ops that are in the snapshot; the same list in the same order makes and uses it. `groupTables`: the
  // others, some of which may be of the same group.
  Engine(node::MultiIsolatePlatform& platform, std::vector<std::span<const Op>> tables,
         std::vector<GroupOps> groupTables);
  Engine(const Engine&) = delete;

  // Evaluates core into a fresh context and writes snapshot and code caches to `path`.
  Result<void> makeSnapshot(const std::filesystem::path& path);
  // Maps what makeSnapshot wrote. Required before isolates are made.
  Result<void> loadSnapshot(const std::filesystem::path& path);

  node::MultiIsolatePlatform& platform() const { return platform_; }
  v8::StartupData* snapshot() { return snapshot_.data == nullptr ? nullptr : &snapshot_; }
  const intptr_t* externalReferences() const { return references_.data(); }
  const std::vector<BuiltinGroup>& groups() const { return groups_; }
  // For tests: every isolate collects its garbage after each event. Before isolates are made.
  void collectAlways() { collectsAlways_ = true; }
  bool collectsAlways() const { return collectsAlways_; }
  CacheStore& caches() { return caches_; }
  // The group's index, or -1.
  int findGroup(std::string_view name) const;
  // Adds the ops of the group's own to `ops`. False when V8 refuses, with an exception.
  bool addGroupOps(v8::Isolate* isolate, v8::Local<v8::Context> context, std::string_view group,
                   v8::Local<v8::Object> ops) const;

 private:
  // Compiled in an isolate made of `blob`: V8 makes no caches in one that is being snapshotted.
  Result<std::vector<std::string>> makeCodeCaches(v8::StartupData& blob);
  v8::Local<v8::Object> makeOps(v8::Isolate* isolate, v8::Local<v8::Context> context) const;

  node::MultiIsolatePlatform& platform_;
  std::vector<std::span<const Op>> tables_;
  std::vector<GroupOps> groupTables_;
  std::vector<intptr_t> references_;
  std::vector<BuiltinGroup> groups_;
  std::unordered_map<std::string_view, int> groupsByName_;
  v8::StartupData snapshot_{};
  CacheStore caches_;
  bool collectsAlways_ = false;
};

// Indexes of what makeSnapshot adds to the context for isolates to pick up.
enum SnapshotData : size_t { kHooksData = 0, kCoreData = 1, kOpsData = 2, kRequireData = 3 };

}  // namespace mayfly::isolate
