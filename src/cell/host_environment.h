// SPDX-License-Identifier: Apache-2.0
// What one of the operator's workers may ask of its cell, bound to that worker: its shard, its generation, its loader
// limits.
#pragma once

#include <atomic>
#include <memory>

#include "cell/host.h"
#include "isolate/environment.h"

namespace mayfly::cell {

class HostEnvironment final : public isolate::Environment {
 public:
  struct Rights {
    uint32_t generation = 0;
    Limits dynamicLimits{};
    Isolation isolation = Isolation::tenant;
    bool spread = false;
    std::weak_ptr<HostWorkers> services;
    std::string grantKey;
    bool logEvents = false;
  };

  HostEnvironment(Host& host, const std::shared_ptr<Instance>& instance, Rights rights);

  rpc::PipeEnd openEgress() override;
  Result<rpc::PipeEnd> openWorker(std::string_view name) override;
  Result<rpc::PipeEnd> loaderLoad(std::string_view loaderId, isolate::DynamicCode code) override;
  rpc::PipeEnd loaderGet(std::string_view loaderId, std::string_view name, rpc::PipeId pipe) override;
  Result<void> loaderProvide(rpc::PipeId pipe, isolate::DynamicCode code, rpc::Message init) override;
  void loaderFail(rpc::PipeId pipe) override;
  void started() override;
  void startFailed(std::string_view error) override;
  void creatorLost() override {}
  void condemned(const Error& reason) override;
  void log(protocol::LogKind kind, protocol::LogLevel level, std::string text) override;
  void logEvent(std::string text, protocol::EventUsage usage) override;

 private:
  Loader loader(const std::shared_ptr<Instance>& self) const;

  Host& host_;
  std::weak_ptr<Instance> instance_;
  std::string name_;
  Shard& shard_;
  Rights rights_;
  std::atomic<bool> starting_{true};
};

}  // namespace mayfly::cell
