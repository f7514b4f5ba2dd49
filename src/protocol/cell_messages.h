// SPDX-License-Identifier: Apache-2.0
// Control frames between the supervisor and a cell (Link::sendControl): `u8 type` and the fields of one of these
// structures, in order. Both come from one build, so there is one version; the cell says its own first (Hello) and the
// supervisor refuses another.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/isolation.h"
#include "base/limits.h"
#include "base/module.h"
#include "base/result.h"

namespace mayfly::protocol {

inline constexpr uint32_t kProtocolVersion = 1;

// The worker that serves the control listener; it comes after the operator's own.
inline constexpr const char* kControlWorker = "mayfly:control";

struct LoaderSpec {
  std::string binding;
  std::string id;  // what makes loaders share their cache; never empty (made from the worker's and binding's names)
};

struct ServiceSpec {
  std::string binding;
  std::string service;     // a worker of the same Configure
  std::string entrypoint;  // empty: the default export
  std::string propsJson;   // empty: none
};

struct VariableSpec {
  std::string name;
  std::string json;
};

struct MissingBindingSpec {
  std::string binding;
  std::string kind;
};

// One of the operator's own workers, ready to be evaluated.
struct WorkerSpec {
  std::string name;
  std::string compatibilityDate;
  std::vector<std::string> compatibilityFlags;
  std::string mainModule;
  std::vector<ModuleSource> modules;
  std::string sourceMap;  // of the main module, JSON, or empty
  std::vector<VariableSpec> variables;
  std::vector<LoaderSpec> loaders;
  std::vector<ServiceSpec> services;
  std::vector<MissingBindingSpec> missingBindings;
  // Through which worker this worker's own fetch goes; none: the internet, by the supervisor.
  std::optional<ServiceSpec> globalOutbound;
  bool network = true;  // false: fetch() throws (mayfly run)
  // Where none is set, the default.
  Limits limits;
  Limits dynamicLimits;                     // of dynamic workers that it loads
  Isolation isolation = Isolation::tenant;  // of those
  uint32_t inFlightMax = 0;     // how many distinct dynamic workers one request may have in flight; 0: any number
  bool inFlightWaits = false;   // a call to one more waits; otherwise it fails
  bool dynamicSpread = false;   // its dynamic workers go to other shards than its own; otherwise near it
  uint32_t dynamicKeptMax = 0;  // how many idle named dynamic workers are kept; 0: the default
};

// supervisor -> cell. Replaces the workers that are being served: new requests go to the new ones, requests in flight
// end on the old ones, which are then disposed of.
struct Configure {
  uint32_t generation = 0;
  bool dev = false;  // uncaught errors are shown in the 500 body
  bool exposeGc = false;
  bool logEvents = false;                         // each event gets a record in the log
  uint64_t headerBytesMax = 0, bodyBytesMax = 0;  // HTTP limits; 0: the default
  uint32_t headerTimeoutMs = 0, bodyTimeoutMs = 0, idleTimeoutMs = 0;
  std::string grantKey;             // what grants of network access are sealed with (egress/grant.h)
  std::vector<WorkerSpec> workers;  // the first one serves HTTP
};
// supervisor -> cell: stop accepting, end when idle (at the latest after deadlineMs).
struct Drain {
  uint32_t deadlineMs = 0;
};

// cell -> supervisor
struct Hello {
  uint32_t version = kProtocolVersion;
  uint32_t pid = 0;
};
// The workers of `generation` are up on every shard, or `error` says why the first of them failed to start (and the
// previous generation goes on).
struct Configured {
  uint32_t generation = 0;
  std::string error;
};
enum class LogKind : uint8_t { console, exception, system, event };
enum class LogLevel : uint8_t { debug, info, log, warn, error };
// What an event came to, and what it took.
struct EventUsage {
  std::string outcome;  // as in trace items: "ok", "exception", "exceededCpu"...
  double cpuMs = 0;
  double wallMs = 0;
  uint64_t memoryBytes = 0;  // the most that its worker was seen to use meanwhile
  uint32_t subRequests = 0;
  uint64_t bytesIn = 0;
  uint64_t bytesOut = 0;
};
struct Log {
  LogKind kind = LogKind::system;
  LogLevel level = LogLevel::info;
  std::string worker;  // name, or "name:dynamic-id"
  double timeMs = 0;   // since the epoch
  std::string text;
  std::optional<EventUsage> event = std::nullopt;  // of that kind
};
struct Drained {};

// --- guest cells (docs/design/cells.md) ---

// host cell -> supervisor: a guest cell is wanted, from now on known as `cell`. Its sockets come over the handover
// socket.
struct CellWanted {
  uint32_t cell = 0;
  std::string tenant;   // the cell is its alone
  std::string account;  // whose cells, of several tenants perhaps, are counted together
};
// host cell -> supervisor: the cell is not needed any more, or (`why`) did what a cell must not do.
struct CellDropped {
  uint32_t cell = 0;
  std::string why;
};
// supervisor -> host cell: the process of this guest cell has ended, or none could be started.
struct CellGone {
  uint32_t cell = 0;
  std::string how;
};

// supervisor -> host cell, now and then: how much this guest cell has grown since it was handed over.
struct CellGrown {
  uint32_t cell = 0;
  uint64_t bytes = 0;
};

// What fetch() of a dynamic worker goes to.
enum class Outbound : uint8_t { internet, none, capability };

// host cell -> guest cell: a dynamic worker, from now on known as `worker`.
struct Load {
  uint32_t worker = 0;
  bool kept = false;    // until Unkeep; otherwise as long as somebody holds a pipe to it
  bool spread = false;  // on another shard than the one that it is loaded over
  std::string name;
  std::string compatibilityDate;
  std::vector<std::string> compatibilityFlags;
  Outbound outbound = Outbound::none;
  std::string egressGrant;  // what it opens its egress pipe with
  std::string mainModule;
  std::vector<ModuleSource> modules;
  Limits limits;
  bool logEvents = false;
};
// host cell -> guest cell. `evict`: the pipe of its creator counts no longer.
struct Unkeep {
  uint32_t worker = 0;
  bool evict = false;
};
// guest cell -> host cell: the worker takes no new callers: it failed to start, was condemned or has ended.
struct WorkerGone {
  uint32_t worker = 0;
  bool condemned = false;  // its callers have been told; it may never end
  bool ended = false;      // nothing of it is left
};
// guest cell -> host cell: the cell will end soon, for this reason, and takes no new workers.
struct Leaving {
  std::string reason;
  uint32_t worker = 0;  // whose doing it is
};

using CellMessage = std::variant<Configure, Drain, Hello, Configured, Log, Drained, CellWanted, CellDropped, CellGone,
                                 Load, Unkeep, WorkerGone, Leaving, CellGrown>;

Bytes encode(const CellMessage& message);
Result<CellMessage> decode(std::span<const uint8_t> frame);
// Of a cell that may be compromised. Fails also for what is not a cell's to send, before it is read: lists take several
// times as much memory as their bytes.
Result<CellMessage> decodeFromCell(std::span<const uint8_t> frame);

}  // namespace mayfly::protocol
