// SPDX-License-Identifier: Apache-2.0
#include "sandbox/landlock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace mayfly::sandbox {
namespace {

// As of version 6; the headers of older systems know less, and the kernel takes shorter ones.
struct RulesetAttributes {
  uint64_t files;
  uint64_t network;
  uint64_t scopes;
};

// Rights to files that each version of Landlock knows: the first n bits.
constexpr int kFileRights[] = {0, 13, 14, 15, 15, 16};
constexpr uint64_t kTcpBindAndConnect = 3;
constexpr uint64_t kAbstractSocketsAndSignals = 3;

}  // namespace

int landlockVersion() {
  long version = syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? 0 : static_cast<int>(version);
}

Result<void> restrictFiles(std::span<const std::string> paths) {
  auto failed = [](std::string_view what) {
    return fail(ErrorCode::unavailable, fmt::format("{}: {}", what, std::strerror(errno)));
  };
  int version = landlockVersion();
  if (version == 0) return failed("the kernel has no Landlock");
  RulesetAttributes attributes{};
  attributes.files = (uint64_t{1} << kFileRights[std::min(version, 5)]) - 1;
  size_t size = sizeof attributes.files;
  if (version >= 4) {
    attributes.network = kTcpBindAndConnect;
    size += sizeof attributes.network;
  }
  if (version >= 6) {
    attributes.scopes = kAbstractSocketsAndSignals;
    size += sizeof attributes.scopes;
  }
  int ruleset = static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, size, 0u));
  if (ruleset < 0) return failed("no rule set");
  for (const std::string& path : paths) {
    landlock_path_beneath_attr beneath{};
    beneath.allowed_access = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE;
    beneath.parent_fd = ::open(path.c_str(), O_PATH | O_CLOEXEC);
    struct stat status{};
    if (beneath.parent_fd < 0 || ::fstat(beneath.parent_fd, &status) != 0) return failed(path);
    if (S_ISDIR(status.st_mode)) beneath.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
    long added = syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0u);
    ::close(beneath.parent_fd);
    if (added != 0) return failed(path);
  }
  long restricted = syscall(SYS_landlock_restrict_self, ruleset, 0u);
  ::close(ruleset);
  if (restricted != 0) return failed("it cannot be turned on");
  return {};
}

}  // namespace mayfly::sandbox
