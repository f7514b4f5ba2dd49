// SPDX-License-Identifier: Apache-2.0
#include "sandbox/namespaces.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace mayfly::sandbox {
namespace {

bool writeFile(const char* path, std::string_view text) {
  int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(fd);
  return written;
}

// Works where a container's filter knows no clone3.
pid_t forkPlain(int& pidfd) {
  pid_t pid = ::fork();
  if (pid <= 0) return pid;
  pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0u));
  if (pidfd >= 0) return pid;
  int error = errno;
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  errno = error;
  return -1;
}

}  // namespace

pid_t forkInto(uint64_t flags, int& pidfd) {
  if (flags == 0) return forkPlain(pidfd);
  // Made before the process is: formatting is not safe after.
  char users[64], groups[64];
  std::snprintf(users, sizeof users, "0 %u 1", ::geteuid());
  std::snprintf(groups, sizeof groups, "0 %u 1", ::getegid());

  pidfd = -1;
  clone_args arguments{};
  arguments.flags = flags | CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  arguments.exit_signal = SIGCHLD;
  auto pid = static_cast<pid_t>(syscall(SYS_clone3, &arguments, sizeof arguments));
  if (pid != 0 || (flags & CLONE_NEWUSER) == 0) return pid;

  if (!writeFile("/proc/self/setgroups", "deny") || !writeFile("/proc/self/uid_map", users) ||
      !writeFile("/proc/self/gid_map", groups)) {
    constexpr std::string_view kText = "the user namespace cannot be given a user\n";
    (void)!::write(STDERR_FILENO, kText.data(), kText.size());
    _exit(127);
  }
  return 0;
}

bool isOrphan(int output) {
  pollfd end{output, 0, 0};
  return ::poll(&end, 1, 0) == 1 && (end.revents & POLLERR) != 0;
}

bool hasAdminRights() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (syscall(SYS_capget, &header, data) != 0) return false;
  return (data[0].effective & (1u << CAP_SYS_ADMIN)) != 0;
}

}  // namespace mayfly::sandbox
