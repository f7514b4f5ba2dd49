// SPDX-License-Identifier: Apache-2.0
#include "sandbox/cgroup.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

namespace mayfly::sandbox {
namespace {

TEST(Cgroups, AreFoundInBothVersionsAtOnce) {
  auto places = locateCgroups("9:name=systemd:/\n8:pids:/\n4:memory:/a/b\n2:cpu,cpuacct:/c\n0::/\n",
                              "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
                              "35 31 0:32 / /sys/fs/cgroup/memory rw shared:3 - cgroup cgroup rw,memory\n"
                              "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
                              "22 27 0:21 / /proc rw - proc proc rw\n");
  EXPECT_EQ(places.size(), 3u);
  EXPECT_EQ(places["memory"], (CgroupPlace{"/sys/fs/cgroup/memory/a/b", false}));
  EXPECT_EQ(places["cpu"], (CgroupPlace{"/sys/fs/cgroup/cpu/c", false}));
  EXPECT_EQ(places[""], (CgroupPlace{"/sys/fs/cgroup/unified", true}));
}

TEST(Cgroups, AreFoundWhereAContainerSeesAPartOfTheHierarchy) {
  auto places = locateCgroups("0::/docker/x/y\n", "30 1 0:26 /docker/x /sys/fs/cgroup rw - cgroup2 cgroup rw\n");
  EXPECT_EQ(places[""], (CgroupPlace{"/sys/fs/cgroup/y", true}));
}

TEST(Cgroups, EndAProcessThatTakesTooMuchMemoryAndLeaveNothing) {
  auto groups = Cgroups::open();
  if (!groups || groups->missing().find("memory") != std::string::npos) {
    GTEST_SKIP() << "no memory controller to be had here";
  }
  {
    auto group = groups->make({.memoryBytes = 32 << 20, .cpuPercent = 50, .pidsMax = 20});
    ASSERT_TRUE(group) << group.error().message;
    pid_t pid = fork();
    if (pid == 0) {
      for (int entrance : group->entrances()) (void)!write(entrance, "0", 1);
      void* memory = mmap(nullptr, 256 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      std::memset(memory, 1, 256 << 20);
      _exit(0);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
    EXPECT_GE(group->memoryKills(), 1u);
  }
  auto again = groups->make({});
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->entrances().empty());
}

TEST(Cgroups, BoundTheNumberOfThreads) {
#if __has_feature(thread_sanitizer)
  GTEST_SKIP() << "ThreadSanitizer adds a thread of its own to every process";
#endif
  auto groups = Cgroups::open();
  if (!groups || groups->missing().find("pids") != std::string::npos) GTEST_SKIP() << "no pids controller to be had";
  auto group = groups->make({.pidsMax = 3});
  ASSERT_TRUE(group) << group.error().message;
  pid_t pid = fork();
  if (pid == 0) {
    for (int entrance : group->entrances()) (void)!write(entrance, "0", 1);
    int made = 0;
    while (made < 10) {
      pid_t child = fork();
      if (child == 0) {
        usleep(200'000);
        _exit(0);
      }
      if (child < 0) break;
      ++made;
    }
    while (wait(nullptr) > 0) {
    }
    _exit(made);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 2);
}

}  // namespace
}  // namespace mayfly::sandbox
