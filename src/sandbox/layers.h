// SPDX-License-Identifier: Apache-2.0
// The layers of a cell's outer sandbox, in the order in which they are applied, each with its reason. The table is what
// the supervisor, the launcher and `mayfly doctor` go by; docs/operating/sandbox.md explains it.
#pragma once

#include <sched.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mayfly::sandbox {

enum class Layer : uint8_t {
  cgroup,
  userNamespace,
  mountNamespace,
  pidNamespace,
  networkNamespace,
  ipcNamespace,
  utsNamespace,
  cgroupNamespace,
  root,
  limits,
  identity,
  capabilities,
  noNewPrivileges,
  landlock,
  earlyFilter,
  lockDown,
};

// Who applies it: the supervisor as it makes the process, the launcher before it executes Node, or the cell itself
// after its start and before any code of a tenant.
enum class Stage : uint8_t { supervisor, launcher, cell };

// Without a required layer --sandbox=required refuses to start.
enum class Need : uint8_t { required, wanted };

struct LayerInfo {
  Layer layer;
  std::string_view name;
  Stage stage;
  Need need;
  uint64_t cloneFlag;  // of a namespace; else 0
  std::string_view reason;
};

inline constexpr std::array kLayers{
    LayerInfo{Layer::cgroup, "cgroup", Stage::supervisor, Need::wanted, 0,
              "the only hard bound of memory, processor time and threads: V8's own limits are overshot by a gigabyte"},
    LayerInfo{Layer::userNamespace, "user-namespace", Stage::supervisor, Need::required, CLONE_NEWUSER,
              "gives who is not root the right to make the other namespaces, and means nothing outside"},
    LayerInfo{Layer::mountNamespace, "mount-namespace", Stage::supervisor, Need::required, CLONE_NEWNS,
              "a view of the file system that can be emptied"},
    LayerInfo{Layer::pidNamespace, "pid-namespace", Stage::supervisor, Need::required, CLONE_NEWPID,
              "no other process can be named, so none can be signalled, traced or read"},
    LayerInfo{Layer::networkNamespace, "network-namespace", Stage::supervisor, Need::required, CLONE_NEWNET,
              "no interface, no route, no abstract socket: what goes out goes through the supervisor"},
    LayerInfo{Layer::ipcNamespace, "ipc-namespace", Stage::supervisor, Need::wanted, CLONE_NEWIPC,
              "no shared memory, semaphore or message queue of others"},
    LayerInfo{Layer::utsNamespace, "uts-namespace", Stage::supervisor, Need::wanted, CLONE_NEWUTS,
              "the machine's name stays outside"},
    LayerInfo{Layer::cgroupNamespace, "cgroup-namespace", Stage::supervisor, Need::wanted, CLONE_NEWCGROUP,
              "the names of the machine's cgroups stay outside"},
    LayerInfo{Layer::root, "root", Stage::launcher, Need::required, 0,
              "a read-only root with Node's executable, its libraries and the cell's three files; no /proc, no /dev"},
    LayerInfo{Layer::limits, "limits", Stage::launcher, Need::required, 0,
              "no core dumps, no bytes in files, few descriptors"},
    LayerInfo{Layer::identity, "identity", Stage::launcher, Need::required, 0,
              "a user of its own that owns nothing: started by root, each cell is another one"},
    LayerInfo{Layer::capabilities, "capabilities", Stage::launcher, Need::required, 0,
              "none, and none to be had again, in the user namespace either"},
    LayerInfo{Layer::noNewPrivileges, "no-new-privileges", Stage::launcher, Need::required, 0,
              "no program that it might execute raises its rights"},
    LayerInfo{Layer::landlock, "landlock", Stage::launcher, Need::wanted, 0,
              "files by a second mechanism: those of the cell, to read and execute; no TCP, no signal to outside"},
    LayerInfo{Layer::earlyFilter, "early-filter", Stage::launcher, Need::required, 0,
              "system calls that not even the start of Node needs end the process; io_uring does not exist"},
    LayerInfo{Layer::lockDown, "lock-down", Stage::cell, Need::required, 0,
              "only the system calls that running JavaScript takes; every other is refused and told"},
};

constexpr const LayerInfo& infoOf(Layer layer) { return kLayers[static_cast<size_t>(layer)]; }

constexpr std::optional<Layer> layerNamed(std::string_view name) {
  for (const LayerInfo& info : kLayers) {
    if (info.name == name) return info.layer;
  }
  return std::nullopt;
}

// A set of layers.
class LayerSet {
 public:
  constexpr bool has(Layer layer) const { return (bits_ >> static_cast<int>(layer) & 1) != 0; }
  constexpr void add(Layer layer) { bits_ |= 1u << static_cast<int>(layer); }
  constexpr void remove(Layer layer) { bits_ &= ~(1u << static_cast<int>(layer)); }
  // The flags for clone3.
  constexpr uint64_t cloneFlags() const {
    uint64_t flags = 0;
    for (const LayerInfo& info : kLayers) {
      if (has(info.layer)) flags |= info.cloneFlag;
    }
    return flags;
  }
  friend constexpr bool operator==(LayerSet, LayerSet) = default;

 private:
  uint32_t bits_ = 0;
};

}  // namespace mayfly::sandbox
