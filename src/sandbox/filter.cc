// SPDX-License-Identifier: Apache-2.0
#include "sandbox/filter.h"

#include <fmt/format.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

namespace mayfly::sandbox {
namespace {

#if defined(__x86_64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
#error "System calls are known for x86-64 and arm64"
#endif

constexpr uint16_t kLoad = BPF_LD | BPF_W | BPF_ABS;
constexpr uint16_t kJumpIfEqual = BPF_JMP | BPF_JEQ | BPF_K;
constexpr uint16_t kAnd = BPF_ALU | BPF_AND | BPF_K;
constexpr uint16_t kReturn = BPF_RET | BPF_K;
constexpr uint32_t kNumberOffset = offsetof(seccomp_data, nr);

constexpr sock_filter statement(uint16_t code, uint32_t value) { return {code, 0, 0, value}; }

uint32_t actionOf(Answer answer) {
  switch (answer) {
    case Answer::allow: return SECCOMP_RET_ALLOW;
    case Answer::refuse: return SECCOMP_RET_TRAP | kTrapReported;
    case Answer::refuseQuietly: return SECCOMP_RET_TRAP | kTrapQuiet;
    case Answer::absent: return SECCOMP_RET_ERRNO | ENOSYS;
    case Answer::kill: break;
  }
  return SECCOMP_RET_KILL_PROCESS;
}

uint64_t valueOf(const ArgumentCheck& check, uint32_t ownPid) { return check.value == kOwnPid ? ownPid : check.value; }

// Both halves of the argument; a difference jumps over what remains of the rule.
void appendCheck(std::vector<sock_filter>& block, const ArgumentCheck& check, uint32_t ownPid) {
  uint64_t value = valueOf(check, ownPid) & check.mask;
  auto argument = static_cast<uint32_t>(offsetof(seccomp_data, args) + 8 * static_cast<size_t>(check.index));
  for (int half = 0; half < 2; ++half) {
    auto mask = static_cast<uint32_t>(check.mask >> (32 * half));
    if (mask == 0) continue;
    block.push_back(statement(kLoad, argument + 4 * static_cast<uint32_t>(half)));
    block.push_back(statement(kAnd, mask));
    block.push_back(statement(kJumpIfEqual, static_cast<uint32_t>(value >> (32 * half))));
  }
}

void appendRule(std::vector<sock_filter>& program, const CallRule& rule, uint32_t ownPid) {
  std::vector<sock_filter> block;
  for (const ArgumentCheck& check : rule.checks) {
    if (check.index >= 0) appendCheck(block, check, ownPid);
  }
  bool reload = !block.empty();
  block.push_back(statement(kReturn, actionOf(rule.answer)));
  auto length = block.size();
  for (size_t i = 0; i < length; ++i) {
    if (block[i].code == kJumpIfEqual) block[i].jf = static_cast<uint8_t>(length - i - 1);
  }
  if (reload) block.push_back(statement(kLoad, kNumberOffset));
  program.push_back({kJumpIfEqual, 0, static_cast<uint8_t>(block.size()), static_cast<uint32_t>(rule.number)});
  program.insert(program.end(), block.begin(), block.end());
}

}  // namespace

std::vector<sock_filter> compileFilter(std::span<const CallRule> rules, Answer otherwise, uint32_t ownPid) {
  // Another architecture's calls have other numbers, so its door is closed. Numbers of x32 match no rule.
  std::vector<sock_filter> program{statement(kLoad, offsetof(seccomp_data, arch)),
                                   {kJumpIfEqual, 1, 0, kArchitecture},
                                   statement(kReturn, SECCOMP_RET_KILL_PROCESS),
                                   statement(kLoad, kNumberOffset)};
  for (const CallRule& rule : rules) appendRule(program, rule, ownPid);
  program.push_back(statement(kReturn, actionOf(otherwise)));
  return program;
}

Result<void> installFilter(std::span<const sock_filter> program, Threads threads) {
  sock_fprog filter{static_cast<unsigned short>(program.size()), const_cast<sock_filter*>(program.data())};
  unsigned flags = threads == Threads::all ? SECCOMP_FILTER_FLAG_TSYNC : 0;
  long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);
  if (result == 0) return {};
  if (result > 0) {
    return fail(ErrorCode::unavailable,
                fmt::format("the seccomp filter does not hold for thread {}: it has another filter", result));
  }
  return fail(ErrorCode::unavailable, fmt::format("the seccomp filter is not accepted: {}", std::strerror(errno)));
}

Answer answerTo(std::span<const CallRule> rules, Answer otherwise, int number, const std::array<uint64_t, 6>& arguments,
                uint32_t ownPid) {
  for (const CallRule& rule : rules) {
    if (rule.number != number) continue;
    bool holds = std::ranges::all_of(rule.checks, [&](const ArgumentCheck& check) {
      return check.index < 0 ||
             (arguments[static_cast<size_t>(check.index)] & check.mask) == (valueOf(check, ownPid) & check.mask);
    });
    if (holds) return rule.answer;
  }
  return otherwise;
}

}  // namespace mayfly::sandbox
