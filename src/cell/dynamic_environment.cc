// SPDX-License-Identifier: Apache-2.0
#include "cell/dynamic_environment.h"

#include <fmt/core.h>

namespace mayfly::cell {

namespace {

std::unexpected<Error> noLoader() { return fail(ErrorCode::denied, "a dynamic worker has no loader of its own"); }

}  // namespace

DynamicEnvironment::DynamicEnvironment(Cell& cell, const std::shared_ptr<Instance>& instance, std::string egressGrant,
                                       std::function<void(Instance&)> gone)
    : cell_(cell),
      instance_(instance),
      name_(instance->name()),
      shard_(instance->shard()),
      egressGrant_(std::move(egressGrant)),
      gone_(std::move(gone)) {}

Result<rpc::PipeEnd> DynamicEnvironment::openWorker(std::string_view name) {
  auto self = instance_.lock();
  if (self && name == name_) return self->open("worker", /*keepsAlive=*/false);
  return fail(ErrorCode::notFound, fmt::format("there is no worker named \"{}\" here", name));
}

Result<rpc::PipeEnd> DynamicEnvironment::loaderLoad(std::string_view, isolate::DynamicCode) { return noLoader(); }

Result<void> DynamicEnvironment::loaderProvide(rpc::PipeId, isolate::DynamicCode, rpc::Message) { return noLoader(); }

}  // namespace mayfly::cell
