// SPDX-License-Identifier: Apache-2.0
// What a dynamic worker may ask of the cell that runs it: next to nothing. What it can reach is in its env.
#pragma once

#include <functional>
#include <memory>

#include "cell/cell.h"
#include "isolate/environment.h"

namespace mayfly::cell {

class DynamicEnvironment final : public isolate::Environment {
 public:
  DynamicEnvironment(Cell& cell, const std::shared_ptr<Instance>& instance, std::string egressGrant,
                     std::function<void(Instance&)> gone);

  rpc::PipeEnd openEgress() override { return cell_.openEgress(shard_, "grant " + egressGrant_); }
  Result<rpc::PipeEnd> openWorker(std::string_view name) override;
  Result<rpc::PipeEnd> loaderLoad(std::string_view loaderId, isolate::DynamicCode code) override;
  rpc::PipeEnd loaderGet(std::string_view, std::string_view, rpc::PipeId) override { return {}; }
  Result<void> loaderProvide(rpc::PipeId pipe, isolate::DynamicCode code, rpc::Message init) override;
  void loaderFail(rpc::PipeId) override {}
  void started() override {}
  void startFailed(std::string_view) override { gone(); }
  void creatorLost() override { gone(); }
  void condemned(const Error&) override { gone(); }
  void log(protocol::LogKind kind, protocol::LogLevel level, std::string text) override {
    cell_.log(kind, level, name_, std::move(text));
  }
  void logEvent(std::string text, protocol::EventUsage usage) override {
    cell_.logEvent(name_, std::move(text), std::move(usage));
  }

 private:
  void gone() {
    if (auto self = instance_.lock()) gone_(*self);
  }

  Cell& cell_;
  std::weak_ptr<Instance> instance_;
  std::string name_;
  Shard& shard_;
  const std::string egressGrant_;
  std::function<void(Instance&)> gone_;
};

}  // namespace mayfly::cell
