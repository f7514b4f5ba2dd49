// SPDX-License-Identifier: Apache-2.0
// What is told to the launcher, what a cell's files are, and how a process in its own namespaces ends.
#include "sandbox/sandbox.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sandbox/capture.h"
#include "sandbox/libraries.h"
#include "sandbox/namespaces.h"
#include "sandbox/probe.h"

namespace mayfly::sandbox {
namespace {

Result<LaunchPolicy> parse(const std::vector<std::string>& words) {
  std::vector<const char*> arguments;
  for (const std::string& word : words) arguments.push_back(word.c_str());
  return parseLaunchPolicy(arguments);
}

TEST(Layers, AreInTheOrderOfTheirNumbersAndHaveReasons) {
  for (size_t i = 0; i < kLayers.size(); ++i) {
    EXPECT_EQ(static_cast<size_t>(kLayers[i].layer), i);
    EXPECT_EQ(layerNamed(kLayers[i].name), kLayers[i].layer);
    EXPECT_FALSE(kLayers[i].reason.empty());
  }
  EXPECT_EQ(layerNamed("everything"), std::nullopt);
}

TEST(LaunchPolicy, IsReadAsItWasWritten) {
  LaunchPolicy policy;
  policy.layers.add(Layer::root);
  policy.layers.add(Layer::landlock);
  policy.files = {{"/node", "/usr/lib/mayfly/node"}, {"/lib/a.so", "/opt/x=y/a.so"}};
  policy.limits = {{"nofile", 256}, {"core", 0}};
  policy.command = {"/usr/lib/mayfly/node", "--option=1", "--", "x"};
  auto read = parse(toArguments(policy));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->layers, policy.layers);
  EXPECT_EQ(read->files, policy.files);
  EXPECT_EQ(read->limits, policy.limits);
  EXPECT_EQ(read->command, policy.command);
  EXPECT_FALSE(read->check);
}

TEST(LaunchPolicy, RefusesWhatItDoesNotKnow) {
  for (const auto& words : std::vector<std::vector<std::string>>{{"--layers=root,moat", "--", "x"},
                                                                 {"--file=node=/node", "--", "x"},
                                                                 {"--file=/a/../b=/node", "--", "x"},
                                                                 {"--file=/node", "--", "x"},
                                                                 {"--limit=nofile=many", "--", "x"},
                                                                 {"--limit=color=1", "--", "x"},
                                                                 {"--frobnicate", "--", "x"},
                                                                 {"--layers=root"},
                                                                 {"--layers=root", "--"}}) {
    EXPECT_FALSE(parse(words)) << words[0];
  }
}

TEST(LaunchPolicy, TellsTheCommandTheNamesThatItsFilesHaveInside) {
  std::vector<FileMapping> files{{"/node", "/opt/node"}, {"/snapshot.bin", "/build/snapshot.bin"}};
  EXPECT_EQ(insideArgument(files, "/opt/node"), "/node");
  EXPECT_EQ(insideArgument(files, "--snapshot=/build/snapshot.bin"), "--snapshot=/snapshot.bin");
  EXPECT_EQ(insideArgument(files, "--snapshot=/build/other.bin"), "--snapshot=/build/other.bin");
  EXPECT_EQ(insideArgument(files, "--shards=2"), "--shards=2");
}

TEST(Libraries, AreThoseThatTheLinkerLists) {
  auto list = parseLibraryList(
      "\tlinux-vdso.so.1 (0x7ff)\n\t/x/cell.node (0x7fd)\n"
      "\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x7fc)\n\t/lib64/ld.so (0x1)\n");
  ASSERT_TRUE(list);
  EXPECT_EQ(*list, (std::vector<FileMapping>{{"/lib/libm.so.6", "/lib/x86_64-linux-gnu/libm.so.6"}}));
  auto missing = parseLibraryList("\tlibatomic.so.1 => not found\n");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message, "the library libatomic.so.1 is not found");
}

TEST(Libraries, TakeAProgram) {
  EXPECT_TRUE(interpreterOf("/proc/self/exe")->starts_with("/lib"));
  auto script = interpreterOf("/usr/bin/ldd");
  ASSERT_FALSE(script);
  EXPECT_NE(script.error().message.find("is no program of 64 bits"), std::string::npos);
  EXPECT_FALSE(interpreterOf("/nowhere"));
}

TEST(Probe, IsReadAsItWasWritten) {
  for (std::string_view text : {"all:80:mayfly-doctor-1:17", "end:101:after", "end:-32:main"}) {
    auto spec = parseProbeSpec(text);
    ASSERT_TRUE(spec) << text;
    EXPECT_EQ(toText(*spec), text);
  }
  for (std::string_view text : {"", "all", "all:x:y:1", "end:1:nobody", "end:1", "sweep"}) {
    EXPECT_FALSE(parseProbeSpec(text)) << text;
  }
}

TEST(Probe, KnowsTheCallsThatEndACell) {
  auto calls = endingCalls(Profile::guest);
  EXPECT_GE(calls.size(), 30u);
  EXPECT_TRUE(std::ranges::any_of(calls, [](const CallRule& rule) { return rule.name == "ptrace"; }));
  EXPECT_TRUE(std::ranges::any_of(calls, [](const CallRule& rule) { return rule.name == "execve"; }));
}

uint64_t pidNamespace() { return CLONE_NEWPID | (hasAdminRights() ? 0 : uint64_t{CLONE_NEWUSER}); }

TEST(Namespaces, MakeAChildTheFirstProcessOfItsOwn) {
  int pidfd = -1;
  pid_t pid = forkInto(pidNamespace(), pidfd);
  if (pid == 0) _exit(getpid() == 1 && getppid() == 0 ? 7 : 1);
  if (pid < 0) GTEST_SKIP() << "no namespaces to be had: " << strerror(errno);
  pollfd end{pidfd, POLLIN, 0};
  EXPECT_EQ(poll(&end, 1, 5000), 1);
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 7);
  close(pidfd);
}

TEST(Namespaces, TellOfTheSignalThatEndedTheFirstProcess) {
  int pidfd = -1;
  pid_t pid = forkInto(pidNamespace(), pidfd);
  if (pid == 0) {
    for (;;) pause();
  }
  if (pid < 0) GTEST_SKIP() << "no namespaces to be had: " << strerror(errno);
  kill(pid, SIGKILL);
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  close(pidfd);
}

TEST(Capture, TakesWhatAProgramPrintsAndHowItEnded) {
  auto captured = capture({"/bin/sh", "-c", "echo out; echo error >&2; exit 3"}, 0);
  ASSERT_TRUE(captured);
  EXPECT_EQ(captured->output, "out\nerror\n");
  EXPECT_EQ(captured->status, 3);
}

}  // namespace
}  // namespace mayfly::sandbox
