// SPDX-License-Identifier: Apache-2.0
#include "sandbox/lock_down.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <iterator>

#include "sandbox/call_names.h"
#include "sandbox/system_calls.h"

namespace mayfly::sandbox {
namespace {

constexpr size_t kNumbers = 1024;
constexpr std::pair<Profile, std::string_view> kProfileNames[] = {
    {Profile::guest, "guest"}, {Profile::guestNoCode, "guest-no-code"}, {Profile::host, "host"}};

// A signal handler has no other place to keep anything: this is the process' own, as its log is.
namespace refusals {
std::atomic<uint64_t> count{0};
std::array<std::atomic<bool>, kNumbers> told{};
}  // namespace refusals

// Only what is async-signal-safe: no formatting, no allocation.
void tell(unsigned number) {
  char digits[12];
  char* begin = std::end(digits);
  for (unsigned rest = number; begin == std::end(digits) || rest != 0; rest /= 10) *--begin = char('0' + rest % 10);
  std::string_view name = callName(static_cast<int>(number));
  constexpr std::string_view kBefore = "mayfly cell: the system call ", kAfter = " was refused\n";
  const iovec parts[] = {{const_cast<char*>(kBefore.data()), kBefore.size()},
                         {const_cast<char*>(name.data()), name.size()},
                         {const_cast<char*>(" "), name.empty() ? 0u : 1u},
                         {begin, static_cast<size_t>(std::end(digits) - begin)},
                         {const_cast<char*>(kAfter.data()), kAfter.size()}};
  (void)!::writev(STDERR_FILENO, parts, std::size(parts));
}

void refused(int, siginfo_t* info, void* context) {
  int error = errno;
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  registers.gregs[REG_RAX] = -EPERM;
#else
  registers.regs[0] = static_cast<uint64_t>(-EPERM);
#endif
  refusals::count.fetch_add(1, std::memory_order_relaxed);
  auto number = static_cast<unsigned>(info->si_syscall);
  if (info->si_errno == kTrapReported && !refusals::told[number % kNumbers].exchange(true, std::memory_order_relaxed)) {
    tell(number);
  }
  errno = error;
}

}  // namespace

std::string_view profileName(Profile profile) {
  for (const auto& [known, name] : kProfileNames) {
    if (known == profile) return name;
  }
  return {};
}

std::optional<Profile> profileNamed(std::string_view name) {
  for (const auto& [profile, known] : kProfileNames) {
    if (known == name) return profile;
  }
  return std::nullopt;
}

std::vector<CallRule> rulesOf(Profile profile) {
  std::vector<CallRule> rules;
  if (profile == Profile::guestNoCode) rules.assign(std::begin(kNoCodeRules), std::end(kNoCodeRules));
  rules.insert(rules.end(), std::begin(kGuestRules), std::end(kGuestRules));
  if (profile == Profile::host) rules.insert(rules.end(), std::begin(kHostRules), std::end(kHostRules));
  return rules;
}

Result<void> lockDown(Profile profile) {
  struct sigaction action{};
  action.sa_sigaction = refused;
  // Threads that are inside JavaScript may have little stack left; SA_ONSTACK uses another where there is one.
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART | SA_ONSTACK;
  if (::sigaction(SIGSYS, &action, nullptr) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return fail(ErrorCode::unavailable, fmt::format("the cell cannot be locked down: {}", std::strerror(errno)));
  }
  return installFilter(compileFilter(rulesOf(profile), Answer::refuse, static_cast<uint32_t>(::getpid())),
                       Threads::all);
}

uint64_t refusedCalls() { return refusals::count.load(std::memory_order_relaxed); }

}  // namespace mayfly::sandbox
