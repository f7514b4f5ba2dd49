// SPDX-License-Identifier: Apache-2.0
#include "cell/cell_environment.h"

#include <fmt/core.h>

namespace mayfly::cell {

CellEnvironment::CellEnvironment(Cell& cell, const std::shared_ptr<Instance>& instance, Rights rights)
    : cell_(cell),
      instance_(instance),
      name_(instance->name()),
      shard_(instance->shard()),
      rights_(std::move(rights)) {}

rpc::PipeEnd CellEnvironment::openEgress() { return cell_.openEgress(shard_, name_); }

Result<rpc::PipeEnd> CellEnvironment::openWorker(std::string_view name) {
  auto self = instance_.lock();
  if (self && name == name_) return self->open("worker", /*keepsAlive=*/false);
  if (auto services = rights_.services.lock()) {
    if (auto found = services->byName.find(name); found != services->byName.end()) return found->second->open("worker");
  }
  return fail(ErrorCode::notFound, fmt::format("there is no worker named \"{}\" here", name));
}

Loader CellEnvironment::loader(const std::shared_ptr<Instance>& self) const {
  return {self, rights_.dynamicCpuMs, rights_.dynamicMemoryMb, rights_.placement};
}

Result<rpc::PipeEnd> CellEnvironment::loaderLoad(std::string_view, isolate::DynamicCode code) {
  auto self = instance_.lock();
  if (!self) return fail(ErrorCode::unavailable, "the loading worker is gone");
  return cell_.directory().load(loader(self), std::move(code));
}

rpc::PipeEnd CellEnvironment::loaderGet(std::string_view loaderId, std::string_view name, rpc::PipeId pipe) {
  auto self = instance_.lock();
  if (!self) return {};
  // A new generation starts with an empty cache: what the old one kept holds the old one's capabilities.
  return cell_.directory().get(loader(self), fmt::format("{}#{}", loaderId, rights_.generation), name, pipe);
}

Result<void> CellEnvironment::loaderProvide(rpc::PipeId pipe, isolate::DynamicCode code, rpc::Message init) {
  auto self = instance_.lock();
  if (!self) return fail(ErrorCode::unavailable, "the loading worker is gone");
  return cell_.directory().provide(loader(self), pipe, std::move(code), std::move(init));
}

void CellEnvironment::loaderFail(rpc::PipeId pipe) {
  if (auto self = instance_.lock()) cell_.directory().fail(*self, pipe);
}

void CellEnvironment::started() {
  auto self = instance_.lock();
  if (self && !rights_.dynamic) cell_.hostStarted(*self, rights_.generation, "");
}

void CellEnvironment::startFailed(std::string_view error) {
  auto self = instance_.lock();
  if (!self) return;
  if (rights_.dynamic) {
    cell_.directory().forget(*self);
  } else {
    cell_.hostStarted(*self, rights_.generation, error.empty() ? "it failed to start" : error);
  }
}

void CellEnvironment::condemned() {
  auto self = instance_.lock();
  if (!self) return;
  cell_.directory().forget(*self);
  if (!rights_.dynamic) cell_.hostCondemned(*self);
}

void CellEnvironment::log(protocol::LogKind kind, protocol::LogLevel level, std::string text) {
  cell_.log(kind, level, name_, std::move(text));
}

}  // namespace mayfly::cell
