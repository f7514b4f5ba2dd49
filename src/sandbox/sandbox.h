// SPDX-License-Identifier: Apache-2.0
// The outer sandbox as the supervisor sees it: made once, by looking at what this machine offers, and asked for the
// command line of every cell.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sandbox/cgroup.h"
#include "sandbox/launch_policy.h"
#include "sandbox/layers.h"
#include "sandbox/lock_down.h"

namespace mayfly::sandbox {

enum class Level : uint8_t {
  required,    // a required layer that is not to be had is an error
  bestEffort,  // what there is
  off,
};

// The files that make a cell.
struct CellFiles {
  std::filesystem::path launcher;
  std::filesystem::path node;
  std::filesystem::path script;
  std::filesystem::path addon;
  std::filesystem::path snapshot;
};

struct LayerState {
  Layer layer;
  bool applied = false;
  std::string why;  // not, or why it need not be
};

// How to start a process that is to be a cell.
struct CellLaunch {
  std::vector<std::string> arguments{};  // the executable first
  uint64_t namespaces = 0;               // for forkInto()
  std::shared_ptr<Cgroups> cgroups{};    // none: it stays in its parent's
  CgroupLimits limits{};
  int nice = 0;  // beside the weight in its cgroup, for where there is none
};

class Sandbox {
 public:
  // Tries every layer in a short-lived process. Fails when the level is `required` and something required is missing
  // (the error's name is SandboxUnavailable), or when the files are not as they must be.
  static Result<Sandbox> prepare(Level level, const CellFiles& files);

  Level level() const { return level_; }
  // All layers in order; none when the level is `off`.
  std::span<const LayerState> layers() const { return states_; }
  // A user namespace is for who may not make the others without.
  bool isNotNeeded(Layer layer) const { return layer == Layer::userNamespace && admin_; }
  // One line for the log that names what is missing; empty when nothing is.
  std::string shortcomings() const;

  // How to start `command`, which is Node's executable and its arguments with the names that the files have outside.
  // The limits are the caller's to tighten. The cell is told to lock itself down by a last argument --lock-down=PROFILE, unless the level is `off`.
  CellLaunch launch(Profile profile, std::vector<std::string> command) const;

 private:
  Sandbox(Level level, CellFiles files) : level_(level), files_(std::move(files)) {}
  void look();
  void lookAtCgroups();
  void lookAtNamespaces();
  void lookAtLauncher();
  void set(Layer layer, bool applied, std::string why = {});
  LaunchPolicy policy(Profile profile) const;

  Level level_;
  bool admin_ = false;  // may make namespaces without one of users
  CellFiles files_;
  std::vector<FileMapping> mappings_;
  LayerSet applied_;
  std::shared_ptr<Cgroups> cgroups_;
  std::vector<LayerState> states_;
};

}  // namespace mayfly::sandbox
