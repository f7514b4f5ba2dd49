// SPDX-License-Identifier: Apache-2.0
#include "sandbox/filter.h"

#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <set>

#include "sandbox/call_names.h"
#include "sandbox/lock_down.h"
#include "sandbox/privileges.h"
#include "sandbox/system_calls.h"

namespace mayfly::sandbox {
namespace {

constexpr uint32_t kPid = 77;

// What the kernel would do with a program, for the instructions that ours are made of.
uint32_t execute(std::span<const sock_filter> program, const seccomp_data& data) {
  uint32_t accumulator = 0;
  for (size_t at = 0; at < program.size(); ++at) {
    const sock_filter& instruction = program[at];
    switch (instruction.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        std::memcpy(&accumulator, reinterpret_cast<const char*>(&data) + instruction.k, sizeof accumulator);
        break;
      case BPF_ALU | BPF_AND | BPF_K: accumulator &= instruction.k; break;
      case BPF_JMP | BPF_JEQ | BPF_K: at += accumulator == instruction.k ? instruction.jt : instruction.jf; break;
      case BPF_RET | BPF_K: return instruction.k;
      default: ADD_FAILURE() << "instruction " << instruction.code; return 0;
    }
  }
  ADD_FAILURE() << "ran past the end";
  return 0;
}

seccomp_data call(int number, std::array<uint64_t, 6> arguments = {}) {
  seccomp_data data{};
  data.nr = number;
#if defined(__x86_64__)
  data.arch = AUDIT_ARCH_X86_64;
#else
  data.arch = AUDIT_ARCH_AARCH64;
#endif
  std::copy(arguments.begin(), arguments.end(), data.args);
  return data;
}

constexpr uint32_t kRefused = SECCOMP_RET_TRAP | kTrapReported;
constexpr uint64_t kThread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;

uint32_t guest(int number, std::array<uint64_t, 6> arguments = {}) {
  return execute(compileFilter(rulesOf(Profile::guest), Answer::refuse, kPid), call(number, arguments));
}

TEST(Filter, AnswersAsTheRulesSay) {
  EXPECT_EQ(guest(SYS_futex), SECCOMP_RET_ALLOW);
  EXPECT_EQ(guest(SYS_socket), kRefused);
  EXPECT_EQ(guest(SYS_openat), SECCOMP_RET_TRAP | kTrapQuiet);
  EXPECT_EQ(guest(SYS_clone3), SECCOMP_RET_ERRNO | ENOSYS);
  EXPECT_EQ(guest(SYS_io_uring_setup), SECCOMP_RET_ERRNO | ENOSYS);
  EXPECT_EQ(guest(SYS_execve), SECCOMP_RET_KILL_PROCESS);
}

TEST(Filter, LooksAtBothHalvesOfArguments) {
  EXPECT_EQ(guest(SYS_mmap, {0, 4096, 3, MAP_PRIVATE | MAP_ANONYMOUS}), SECCOMP_RET_ALLOW);
  EXPECT_EQ(guest(SYS_mmap, {0, 4096, 3, MAP_PRIVATE}), kRefused);
  EXPECT_EQ(guest(SYS_clone, {kThread}), SECCOMP_RET_ALLOW);
  EXPECT_EQ(guest(SYS_clone, {SIGCHLD}), SECCOMP_RET_KILL_PROCESS);
  EXPECT_EQ(guest(SYS_clone, {kThread | CLONE_NEWUSER}), SECCOMP_RET_KILL_PROCESS);
  EXPECT_EQ(guest(SYS_tgkill, {kPid, 1, SIGABRT}), SECCOMP_RET_ALLOW);
  EXPECT_EQ(guest(SYS_tgkill, {kPid + 1, 1, SIGABRT}), kRefused);
  EXPECT_EQ(guest(SYS_prlimit64, {0, 7, 0, 1}), SECCOMP_RET_ALLOW);
  EXPECT_EQ(guest(SYS_prlimit64, {0, 7, uint64_t{1} << 40, 1}), kRefused) << "a pointer with an empty lower half";
  EXPECT_EQ(guest(SYS_prlimit64, {1, 7, 0, 1}), kRefused);
  EXPECT_EQ(guest(SYS_rt_sigaction, {SIGSYS}), kRefused);
  EXPECT_EQ(guest(SYS_rt_sigaction, {uint64_t{1} << 40 | SIGSYS}), kRefused) << "the kernel reads an int";
  EXPECT_EQ(guest(SYS_rt_sigaction, {SIGABRT}), SECCOMP_RET_ALLOW);
}

TEST(Filter, LetsNothingBecomeExecutableWhereNothingIsCompiled) {
  auto program = compileFilter(rulesOf(Profile::guestNoCode), Answer::refuse, kPid);
  for (uint64_t access : {PROT_EXEC, PROT_READ | PROT_EXEC, PROT_READ | PROT_WRITE | PROT_EXEC}) {
    EXPECT_EQ(execute(program, call(SYS_mprotect, {4096, 4096, access})), kRefused);
    EXPECT_EQ(execute(program, call(SYS_mmap, {0, 4096, access, MAP_ANONYMOUS | MAP_PRIVATE})), kRefused);
    EXPECT_EQ(guest(SYS_mprotect, {4096, 4096, access}), SECCOMP_RET_ALLOW);
  }
  EXPECT_EQ(execute(program, call(SYS_mprotect, {4096, 4096, PROT_READ | PROT_WRITE})), SECCOMP_RET_ALLOW);
  EXPECT_EQ(execute(program, call(SYS_mmap, {0, 4096, PROT_READ, MAP_ANONYMOUS})), SECCOMP_RET_ALLOW);
  EXPECT_EQ(execute(program, call(SYS_mmap, {0, 4096, PROT_READ, MAP_PRIVATE})), kRefused);
  EXPECT_EQ(execute(program, call(SYS_execve)), SECCOMP_RET_KILL_PROCESS);
}

TEST(Filter, RefusesTheNumbersOfOtherArchitectures) {
  auto program = compileFilter(rulesOf(Profile::host), Answer::refuse, kPid);
  seccomp_data foreign = call(3);
  foreign.arch = AUDIT_ARCH_I386;
  EXPECT_EQ(execute(program, foreign), SECCOMP_RET_KILL_PROCESS);
  EXPECT_EQ(guest(0x40000000 | SYS_read), kRefused);  // x32
}

TEST(Filter, IsWhatAnswerToSays) {
  constexpr uint64_t kArguments[] = {0, 1, ~uint64_t{0}, kPid, SIGSYS, MAP_ANONYMOUS, kThread};
  auto actionOf = [](Answer answer) -> uint32_t {
    switch (answer) {
      case Answer::allow: return SECCOMP_RET_ALLOW;
      case Answer::refuse: return kRefused;
      case Answer::refuseQuietly: return SECCOMP_RET_TRAP | kTrapQuiet;
      case Answer::absent: return SECCOMP_RET_ERRNO | ENOSYS;
      case Answer::kill: break;
    }
    return SECCOMP_RET_KILL_PROCESS;
  };
  for (Profile profile : {Profile::guest, Profile::guestNoCode, Profile::host}) {
    auto rules = rulesOf(profile);
    auto program = compileFilter(rules, Answer::refuse, kPid);
    for (int number = 0; number < 600; ++number) {
      for (uint64_t value : kArguments) {
        std::array<uint64_t, 6> arguments;
        arguments.fill(value);
        EXPECT_EQ(execute(program, call(number, arguments)),
                  actionOf(answerTo(rules, Answer::refuse, number, arguments, kPid)))
            << number << " " << value;
      }
    }
  }
}

// A rule behind one that always matches would say something that never holds.
TEST(Rules, AreAllReached) {
  for (auto rules : {rulesOf(Profile::guest), rulesOf(Profile::guestNoCode), rulesOf(Profile::host),
                     std::vector<CallRule>(std::begin(kEarlyRules), std::end(kEarlyRules))}) {
    std::set<int> settled;
    for (const CallRule& rule : rules) {
      EXPECT_FALSE(settled.contains(rule.number)) << rule.name;
      bool always = rule.checks[0].index < 0 && rule.checks[1].index < 0;
      if (always) settled.insert(rule.number);
      EXPECT_FALSE(rule.reason.empty());
    }
  }
}

TEST(Rules, HaveTheNamesThatLibseccompKnows) {
  for (const CallRule& rule : rulesOf(Profile::host)) {
    EXPECT_EQ(seccomp_syscall_resolve_name(std::string(rule.name).c_str()), rule.number);
    EXPECT_EQ(callName(rule.number), rule.name);
  }
  EXPECT_EQ(callName(-5), "");
}

// Under the real kernel, in a process that is given away.
template <typename Act>
int statusOf(Act act) {
  pid_t pid = fork();
  if (pid == 0) {
    int status = 99;
    if (setNoNewPrivileges() && lockDown(Profile::guest)) status = act();
    syscall(SYS_exit_group, status);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return status;
}

TEST(LockDown, RefusesCountsAndGoesOn) {
  int status = statusOf([] {
    bool refused = syscall(SYS_socket, 1, 1, 0) == -1 && errno == EPERM && refusedCalls() == 1;
    bool counted = syscall(SYS_openat, -1, "/", 0) == -1 && errno == EPERM && refusedCalls() == 2;
    return refused && counted && getpid() > 0 ? 0 : 1;
  });
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST(LockDown, EndsWhoMakesAProcess) {
  int status = statusOf([] { return fork() == -1 ? 0 : 1; });
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) << status;
}

}  // namespace
}  // namespace mayfly::sandbox
