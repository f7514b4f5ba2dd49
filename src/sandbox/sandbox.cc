// SPDX-License-Identifier: Apache-2.0
#include "sandbox/sandbox.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sandbox/capture.h"
#include "sandbox/libraries.h"
#include "sandbox/namespaces.h"

namespace mayfly::sandbox {
namespace {

// A guest's few descriptors are its links, event loops and timers; a host's are those of its clients' connections too.
constexpr uint64_t kGuestDescriptorsMax = 256;
constexpr uint64_t kHostDescriptorsMax = 1 << 20;
// Node has 7 of its own, a shard 1; one that is held up by a worker gets another.
constexpr uint32_t kThreadsMax = 512;
// Of processor time, where it is scarce. Everybody waits for the host cell; a guest cell has one tenant who waits for it.
constexpr uint32_t kHostWeightPercent = 400;
constexpr uint32_t kGuestWeightPercent = 100;
constexpr int kGuestNice = 5;

// Whether a process with these flags can be made: an empty text, or why not.
std::string tryNamespaces(uint64_t flags) {
  int pidfd = -1;
  pid_t pid = forkInto(flags, pidfd);
  if (pid == 0) _exit(0);
  if (pid < 0) return std::strerror(errno);
  ::close(pidfd);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return status == 0 ? "" : "the user namespace cannot be given a user";
}

}  // namespace

void Sandbox::set(Layer layer, bool applied, std::string why) {
  if (applied) {
    applied_.add(layer);
  } else {
    applied_.remove(layer);
  }
  for (LayerState& state : states_) {
    if (state.layer == layer) state = {layer, applied, std::move(why)};
  }
}

void Sandbox::lookAtCgroups() {
  auto cgroups = Cgroups::open();
  if (!cgroups) return set(Layer::cgroup, false, cgroups.error().message);
  // One that can be named need not be one that can be made.
  auto tried = cgroups->make({});
  if (!tried) return set(Layer::cgroup, false, tried.error().message);
  set(Layer::cgroup, true, cgroups->missing());
  cgroups_ = std::make_shared<Cgroups>(std::move(*cgroups));
}

// Each namespace by itself where they cannot be had together. Who may not make them as what he is needs one of users.
void Sandbox::lookAtNamespaces() {
  admin_ = hasAdminRights();
  LayerSet wanted;
  for (const LayerInfo& info : kLayers) {
    if (info.cloneFlag != 0 && !isNotNeeded(info.layer)) wanted.add(info.layer);
  }
  if (admin_) set(Layer::userNamespace, false, "started with the right to make the others");
  bool together = tryNamespaces(wanted.cloneFlags()).empty();
  uint64_t base = admin_ ? 0 : CLONE_NEWUSER;
  for (const LayerInfo& info : kLayers) {
    if (!wanted.has(info.layer)) continue;
    std::string why = together ? "" : tryNamespaces(base | info.cloneFlag);
    set(info.layer, why.empty(), std::move(why));
  }
}

// A dry run: the launcher applies what it can and says what it could not.
void Sandbox::lookAtLauncher() {
  LaunchPolicy dry = policy(Profile::guest);
  dry.check = true;
  for (const LayerInfo& info : kLayers) {
    bool possible = info.layer != Layer::root || applied_.has(Layer::mountNamespace);
    if (info.stage == Stage::launcher && possible) dry.layers.add(info.layer);
    if (!possible) set(info.layer, false, "takes a mount namespace");
  }
  std::vector<std::string> arguments{files_.launcher.string()};
  for (std::string& argument : toArguments(dry)) arguments.push_back(std::move(argument));
  auto checked = capture(std::move(arguments), applied_.cloneFlags());
  std::string_view text = checked ? std::string_view(checked->output) : std::string_view(checked.error().message);
  for (const LayerInfo& info : kLayers) {
    if (info.stage != Stage::launcher || !dry.layers.has(info.layer)) continue;
    set(info.layer, false, std::string(text.substr(0, text.find('\n'))));
  }
  if (!checked || checked->status != 0) return;
  // A layer that has two steps has failed when one has.
  LayerSet failed;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    size_t nameEnd = line.find('\t');
    auto layer = layerNamed(line.substr(0, nameEnd));
    if (!layer || nameEnd == line.npos || failed.has(*layer)) continue;
    std::string_view outcome = line.substr(nameEnd + 1);
    bool ok = outcome.starts_with("ok\t");
    if (!ok) failed.add(*layer);
    set(*layer, ok, ok ? "" : std::string(outcome.substr(std::min(outcome.find('\t') + 1, outcome.size()))));
  }
}

void Sandbox::look() {
  for (const LayerInfo& info : kLayers) states_.push_back({info.layer, false, ""});
  lookAtCgroups();
  lookAtNamespaces();
  lookAtLauncher();
  // It needs what the early filter needs; what it does is seen in a cell only (mayfly doctor).
  bool filters = applied_.has(Layer::earlyFilter);
  set(Layer::lockDown, filters, filters ? "" : "takes seccomp filters");
}

Result<Sandbox> Sandbox::prepare(Level level, const CellFiles& files) {
  Sandbox sandbox(level, files);
  if (level == Level::off) return sandbox;
  auto libraries = librariesOf(files.node, files.addon);
  if (!libraries) return std::unexpected(libraries.error());
  sandbox.mappings_ = std::move(*libraries);
  sandbox.mappings_.emplace_back("/node", files.node);
  sandbox.mappings_.emplace_back("/cell.cjs", files.script);
  sandbox.mappings_.emplace_back("/cell.node", files.addon);
  sandbox.mappings_.emplace_back("/snapshot.bin", files.snapshot);
  sandbox.look();
  if (level != Level::required) return sandbox;
  std::string missing;
  for (const LayerState& state : sandbox.states_) {
    const LayerInfo& info = infoOf(state.layer);
    bool needed = info.need == Need::required && !sandbox.isNotNeeded(info.layer);
    if (!state.applied && needed)
      missing += fmt::format("{}{} ({})", missing.empty() ? "" : ", ", info.name, state.why);
  }
  if (missing.empty()) return sandbox;
  auto error = fail(ErrorCode::unavailable,
                    fmt::format("this machine does not offer what --sandbox=required takes: {}. docs/operating/"
                                "sandbox.md says how to allow it; --sandbox=best-effort goes on without",
                                missing));
  error.error().name = "SandboxUnavailable";
  return error;
}

std::string Sandbox::shortcomings() const {
  std::string text;
  for (const LayerState& state : states_) {
    if ((state.applied && state.why.empty()) || isNotNeeded(state.layer)) continue;
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", infoOf(state.layer).name, state.why);
  }
  return text.empty() ? text : "cells go without these layers of their sandbox: " + text;
}

LaunchPolicy Sandbox::policy(Profile profile) const {
  LaunchPolicy policy;
  policy.layers = applied_;
  policy.files = mappings_;
  policy.limits = {{"core", 0},
                   {"fsize", 0},
                   {"memlock", 0},
                   {"msgqueue", 0},
                   {"nofile", profile == Profile::host ? kHostDescriptorsMax : kGuestDescriptorsMax}};
  return policy;
}

CellLaunch Sandbox::launch(Profile profile, std::vector<std::string> command) const {
  CellLaunch launch;
  if (profile != Profile::host) launch.nice = kGuestNice;
  if (level_ == Level::off) {
    launch.arguments = std::move(command);
    return launch;
  }
  LaunchPolicy policy = this->policy(profile);
  policy.command = std::move(command);
  if (applied_.has(Layer::lockDown)) policy.command.push_back(fmt::format("--lock-down={}", profileName(profile)));
  launch.namespaces = applied_.cloneFlags();
  launch.cgroups = cgroups_;
  launch.limits.pidsMax = kThreadsMax;
  launch.limits.cpuWeightPercent = profile == Profile::host ? kHostWeightPercent : kGuestWeightPercent;
  launch.arguments.push_back(files_.launcher.string());
  for (std::string& argument : toArguments(policy)) launch.arguments.push_back(std::move(argument));
  return launch;
}

}  // namespace mayfly::sandbox
