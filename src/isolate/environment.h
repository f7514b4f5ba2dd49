// SPDX-License-Identifier: Apache-2.0
// What an isolate may ask of the cell that hosts it. One object per isolate, called by ops on the thread that is inside
// the isolate, while the shard may go on elsewhere: implementations are safe from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/module.h"
#include "base/result.h"
#include "egress/policy.h"
#include "egress/secrets.h"
#include "protocol/cell_messages.h"
#include "rpc/pipe.h"

namespace mayfly::isolate {

using protocol::Outbound;

// A dynamic worker's code, validated by the loader binding.
struct DynamicCode {
  std::string mainModule;
  std::vector<ModuleSource> modules;
  // Compiled wasm, by module name: engine objects that cross between isolates of this process.
  std::vector<std::pair<std::string, rpc::Attachment>> compiledModules;
  std::string compatibilityDate;
  std::vector<std::string> compatibilityFlags;
  Outbound outbound = Outbound::none;
  // What it may reach, beside what its loader allows; absent: what its loader allows.
  std::optional<egress::PolicyText> network;
  std::vector<egress::SecretText> secrets;
  Limits limits;  // its own; those of its loader hold as well
  std::optional<Isolation> isolation;
  std::string tenant;  // who shares a guest cell; empty: who is loaded by the same worker
};

class Environment {
 public:
  virtual ~Environment() = default;

  virtual rpc::PipeEnd openEgress() = 0;
  virtual Result<rpc::PipeEnd> openWorker(std::string_view name) = 0;

  virtual Result<rpc::PipeEnd> loaderLoad(std::string_view loaderId, DynamicCode code) = 0;
  // `pipe`: the number under which the caller will hold the returned end; CodeWanted{pipe} may follow.
  virtual rpc::PipeEnd loaderGet(std::string_view loaderId, std::string_view name, rpc::PipeId pipe) = 0;
  virtual Result<void> loaderProvide(rpc::PipeId pipe, DynamicCode code, rpc::Message init) = 0;
  virtual void loaderFail(rpc::PipeId pipe) = 0;

  // The worker is up, or failed to start with the user's error.
  virtual void started() = 0;
  virtual void startFailed(std::string_view error) = 0;
  virtual void creatorLost() = 0;
  // The isolate was condemned for `reason` and takes no new callers. On any thread, with no lock of the isolate held.
  virtual void condemned(const Error& reason) = 0;
  virtual void log(protocol::LogKind kind, protocol::LogLevel level, std::string text) = 0;
  virtual void logEvent(std::string text, protocol::EventUsage usage) = 0;
};

}  // namespace mayfly::isolate
