// SPDX-License-Identifier: Apache-2.0
#include "cell/host_environment.h"

#include <fmt/core.h>

namespace mayfly::cell {

HostEnvironment::HostEnvironment(Host& host, const std::shared_ptr<Instance>& instance, Rights rights)
    : host_(host),
      instance_(instance),
      name_(instance->name()),
      shard_(instance->shard()),
      rights_(std::move(rights)) {}

rpc::PipeEnd HostEnvironment::openEgress() {
  return host_.openEgress(shard_, fmt::format("worker {}/{}", rights_.generation, name_));
}

Result<rpc::PipeEnd> HostEnvironment::openWorker(std::string_view name) {
  auto self = instance_.lock();
  if (self && name == name_) return self->open("worker", /*keepsAlive=*/false);
  if (auto services = rights_.services.lock()) {
    if (auto found = services->byName.find(name); found != services->byName.end()) return found->second->open("worker");
  }
  return fail(ErrorCode::notFound, fmt::format("there is no worker named \"{}\" here", name));
}

Loader HostEnvironment::loader(const std::shared_ptr<Instance>& self) const {
  return {self,
          rights_.dynamicLimits,
          rights_.isolation,
          rights_.spread,
          rights_.generation,
          rights_.grantKey,
          rights_.logEvents};
}

Result<rpc::PipeEnd> HostEnvironment::loaderLoad(std::string_view, isolate::DynamicCode code) {
  auto self = instance_.lock();
  if (!self) return fail(ErrorCode::unavailable, "the loading worker is gone");
  return host_.directory().load(loader(self), std::move(code));
}

rpc::PipeEnd HostEnvironment::loaderGet(std::string_view loaderId, std::string_view name, rpc::PipeId pipe) {
  auto self = instance_.lock();
  if (!self) return rpc::makePipe().first;
  // A new generation starts with an empty cache: what the old one kept holds the old one's capabilities.
  return host_.directory().get(loader(self), fmt::format("{}#{}", loaderId, rights_.generation), name, pipe);
}

Result<void> HostEnvironment::loaderProvide(rpc::PipeId pipe, isolate::DynamicCode code, rpc::Message init) {
  auto self = instance_.lock();
  if (!self) return fail(ErrorCode::unavailable, "the loading worker is gone");
  return host_.directory().provide(loader(self), pipe, std::move(code), std::move(init));
}

void HostEnvironment::loaderFail(rpc::PipeId pipe) {
  if (auto self = instance_.lock()) host_.directory().fail(*self, pipe);
}

void HostEnvironment::started() {
  auto self = instance_.lock();
  if (self && starting_.exchange(false)) host_.hostStarted(*self, rights_.generation, "");
}

void HostEnvironment::startFailed(std::string_view error) {
  auto self = instance_.lock();
  if (!self || !starting_.exchange(false)) return;
  host_.hostStarted(*self, rights_.generation, error.empty() ? "it failed to start" : error);
}

void HostEnvironment::condemned(const Error& reason) {
  startFailed(reason.message);
  auto self = instance_.lock();
  if (!self) return;
  host_.directory().forgetParent(*self);
  host_.hostCondemned(*self);
}

void HostEnvironment::log(protocol::LogKind kind, protocol::LogLevel level, std::string text) {
  host_.log(kind, level, name_, std::move(text));
}

void HostEnvironment::logEvent(std::string text, protocol::EventUsage usage) {
  host_.logEvent(name_, std::move(text), std::move(usage));
}

}  // namespace mayfly::cell
