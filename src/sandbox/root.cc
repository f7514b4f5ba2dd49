// SPDX-License-Identifier: Apache-2.0
#include "sandbox/root.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace mayfly::sandbox {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

std::unexpected<Error> failed(std::string_view what) {
  return fail(ErrorCode::unavailable, fmt::format("{}: {}", what, std::strerror(errno)));
}

bool makeReadOnly(int mount) {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  return ::mount_setattr(mount, "", AT_EMPTY_PATH, &attributes, sizeof attributes) == 0;
}

// An empty file system that is attached nowhere yet.
Result<Descriptor> makeTmpfs() {
  Descriptor context(::fsopen("tmpfs", FSOPEN_CLOEXEC));
  if (!context) return failed("no tmpfs");
  auto set = [&context](const char* key, const char* value) {
    return ::fsconfig(context.get(), FSCONFIG_SET_STRING, key, value, 0) == 0;
  };
  if (!set("size", "64k") || !set("nr_inodes", "128") || !set("mode", "0755") ||
      ::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return failed("no tmpfs of 64 KB");
  }
  Descriptor mount(::fsmount(context.get(), FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
  if (!mount) return failed("the tmpfs cannot be mounted");
  return mount;
}

// An empty file at /a/b/c of `root`, with its folders.
bool makeFile(int root, const std::string& path) {
  for (size_t slash = path.find('/', 1); slash != path.npos; slash = path.find('/', slash + 1)) {
    if (::mkdirat(root, path.substr(1, slash - 1).c_str(), 0755) != 0 && errno != EEXIST) return false;
  }
  return static_cast<bool>(Descriptor(::openat(root, path.c_str() + 1, O_CREAT | O_WRONLY | O_CLOEXEC, 0444)));
}

// Attached to any folder that there is, and made the root. What the folder held is not needed any more.
Result<void> switchTo(int mount) {
  bool attached = false;
  for (const char* folder : {"/tmp", "/mnt", "/usr"}) {
    attached = attached || ::move_mount(mount, "", AT_FDCWD, folder, MOVE_MOUNT_F_EMPTY_PATH) == 0;
  }
  if (!attached) return failed("the new root cannot be attached");
  if (::fchdir(mount) != 0 || syscall(SYS_pivot_root, ".", ".") != 0) return failed("pivot_root");
  // The old root lies on top of the new one now.
  if (::umount2(".", MNT_DETACH) != 0 || ::chdir("/") != 0) return failed("the old root cannot be left");
  return {};
}

}  // namespace

Result<void> enterEmptyRoot(std::span<const FileMapping> files) {
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return failed("mounts cannot be made private");
  // Taken hold of before anything covers them.
  std::vector<Descriptor> trees;
  for (const FileMapping& file : files) {
    auto flags = static_cast<unsigned>(OPEN_TREE_CLONE) | static_cast<unsigned>(OPEN_TREE_CLOEXEC);
    trees.emplace_back(::open_tree(AT_FDCWD, file.source.c_str(), flags));
    if (!trees.back() || !makeReadOnly(trees.back().get())) return failed(file.source);
  }
  auto root = makeTmpfs();
  if (!root) return std::unexpected(root.error());
  ::umask(0022);
  if (auto switched = switchTo(root->get()); !switched) return switched;
  for (size_t i = 0; i < files.size(); ++i) {
    if (!makeFile(root->get(), files[i].inside) ||
        ::move_mount(trees[i].get(), "", root->get(), files[i].inside.c_str() + 1, MOVE_MOUNT_F_EMPTY_PATH) != 0) {
      return failed(files[i].inside);
    }
  }
  if (!makeReadOnly(root->get())) return failed("the root cannot be made read-only");
  return {};
}

}  // namespace mayfly::sandbox
