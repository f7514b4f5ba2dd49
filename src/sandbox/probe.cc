// SPDX-License-Identifier: Apache-2.0
#include "sandbox/probe.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "sandbox/call_names.h"
#include "sandbox/system_calls.h"

namespace mayfly::sandbox {
namespace {

constexpr int kNumbersMax = 600;

// 0 when it worked, else the errno.
using Attempt = int (*)(const ProbeTargets&);
int errnoUnless(bool worked) { return worked ? 0 : errno; }

int tryOpen(const char* path, int flags) {
  int fd = ::open(path, flags | O_CLOEXEC, 0600);
  if (fd < 0) return errno;
  ::close(fd);
  return 0;
}

int tryConnect(int family, int type, const void* address, socklen_t size) {
  int fd = ::socket(family, type | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  int result = errnoUnless(::connect(fd, static_cast<const sockaddr*>(address), size) == 0);
  ::close(fd);
  return result;
}

int connectTcp(const ProbeTargets& targets) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(targets.port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return tryConnect(AF_INET, SOCK_STREAM, &address, sizeof address);
}

int connectAbstract(const ProbeTargets& targets) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  size_t size = std::min(targets.socket.size(), sizeof address.sun_path - 1);
  std::memcpy(address.sun_path + 1, targets.socket.data(), size);
  auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + size);
  return tryConnect(AF_UNIX, SOCK_STREAM, &address, length);
}

int sendDatagram(const ProbeTargets&) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(53);
  address.sin_addr.s_addr = htonl(0xc0000201);  // 192.0.2.1, for documentation
  int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  int result =
      errnoUnless(::sendto(fd, "x", 1, MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 1);
  ::close(fd);
  return result;
}

int listFolder(const char* path) {
  DIR* folder = ::opendir(path);
  if (folder == nullptr) return errno;
  ::closedir(folder);
  return 0;
}

// A descriptor of a file or folder, or of a terminal, would be a way past the file system's layers.
int findOpenFile(const ProbeTargets&) {
  for (int fd = 0; fd < 1024; ++fd) {
    struct stat status{};
    if (::fstat(fd, &status) != 0) continue;
    if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode) || S_ISBLK(status.st_mode)) return 0;
  }
  return ENOENT;
}

int findCapability(const ProbeTargets&) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (syscall(SYS_capget, &header, data) != 0) return errno;
  bool any = std::ranges::any_of(data, [](const auto& part) { return (part.effective | part.permitted) != 0; });
  return any ? 0 : EPERM;
}

int raiseLimit(const ProbeTargets&) {
  rlimit limit{1 << 30, 1 << 30};
  return errnoUnless(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
}

struct NamedAttempt {
  std::string_view name;
  Attempt attempt;
  bool beforeToo;  // whether the launcher's layers alone must hold it
};

constexpr NamedAttempt kAttempts[] = {
    {"read /etc/passwd", [](const ProbeTargets&) { return tryOpen("/etc/passwd", O_RDONLY); }, true},
    {"read /proc/self/maps", [](const ProbeTargets&) { return tryOpen("/proc/self/maps", O_RDONLY); }, true},
    {"read /proc/1/environ", [](const ProbeTargets&) { return tryOpen("/proc/1/environ", O_RDONLY); }, true},
    {"read /sys", [](const ProbeTargets&) { return listFolder("/sys"); }, true},
    {"open /dev/null", [](const ProbeTargets&) { return tryOpen("/dev/null", O_RDWR); }, true},
    {"list /", [](const ProbeTargets&) { return listFolder("/"); }, true},
    {"list /home", [](const ProbeTargets&) { return listFolder("/home"); }, true},
    {"write /cell.cjs", [](const ProbeTargets&) { return tryOpen("/cell.cjs", O_WRONLY); }, true},
    {"make a file in /", [](const ProbeTargets&) { return tryOpen("/made", O_WRONLY | O_CREAT); }, true},
    {"make a file in /tmp", [](const ProbeTargets&) { return tryOpen("/tmp/made", O_WRONLY | O_CREAT); }, true},
    {"make a folder", [](const ProbeTargets&) { return errnoUnless(::mkdir("/made", 0700) == 0); }, true},
    {"remove /cell.cjs", [](const ProbeTargets&) { return errnoUnless(::unlink("/cell.cjs") == 0); }, true},
    {"find an open file", findOpenFile, true},
    {"connect to 127.0.0.1", connectTcp, true},
    {"connect to an abstract socket", connectAbstract, true},
    {"send a datagram", sendDatagram, true},
    {"signal a process outside", [](const ProbeTargets& targets) { return errnoUnless(::kill(targets.pid, 0) == 0); },
     true},
    {"signal its parent",
     [](const ProbeTargets&) { return ::getppid() == 0 ? ESRCH : errnoUnless(::kill(::getppid(), 0) == 0); }, true},
    {"have a capability", findCapability, true},
    {"become root",
     [](const ProbeTargets&) { return ::getuid() == 0 ? EPERM : errnoUnless(::setresuid(0, 0, 0) == 0); }, true},
    {"raise a limit", raiseLimit, true},
    {"use io_uring", [](const ProbeTargets&) { return errnoUnless(syscall(SYS_io_uring_setup, 1, nullptr) >= 0); },
     true},
    {"make a memory file", [](const ProbeTargets&) { return errnoUnless(::memfd_create("x", MFD_CLOEXEC) >= 0); },
     false},
    {"make a socket",
     [](const ProbeTargets&) { return errnoUnless(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0); }, false},
    {"make a socket pair",
     [](const ProbeTargets&) {
       int ends[2];
       return errnoUnless(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
     },
     false},
    {"replace the handler of refused calls",
     [](const ProbeTargets&) { return errnoUnless(::signal(SIGSYS, SIG_IGN) != SIG_ERR); }, false},
};

void print(std::string_view line) {
  std::string text = fmt::format("{}\n", line);
  (void)!::write(STDOUT_FILENO, text.data(), text.size());
}

void tryAll(std::string_view stage, std::string_view thread, const ProbeTargets& targets) {
  bool before = stage == "before";
  for (const NamedAttempt& attempt : kAttempts) {
    if (before && !attempt.beforeToo) continue;
    errno = 0;
    int error = attempt.attempt(targets);
    print(fmt::format("try\t{}\t{}\t{}\t{}\t{}", stage, thread, attempt.name, error == 0 ? "worked" : "held",
                      error == 0 ? "" : strerrorname_np(error)));
  }
}

Answer ruledAnswer(Profile profile, int number) {
  std::array<uint64_t, 6> arguments;
  arguments.fill(~uint64_t{0});
  Answer early = answerTo(kEarlyRules, Answer::allow, number, arguments, 0);
  if (early != Answer::allow) return early;
  return answerTo(rulesOf(profile), Answer::refuse, number, arguments, static_cast<uint32_t>(::getpid()));
}

// Allowed, and they would not come back.
bool neverReturns(int number) {
  if (number == SYS_exit || number == SYS_exit_group || number == SYS_rt_sigreturn) return true;
#if defined(__x86_64__)
  if (number == SYS_pause) return true;
  // uretprobe and uprobe: the kernel lets no filter see them, and ends who calls them out of place.
  if (number == 335 || number == 336) return true;
#endif
  return false;
}

// Every number with arguments that make no sense, so that what is allowed does nothing.
void sweep(std::string_view thread, Profile profile) {
  int counts[4] = {};
  for (int number = 0; number < kNumbersMax; ++number) {
    Answer ruled = ruledAnswer(profile, number);
    if (ruled == Answer::kill) {
      ++counts[3];
      continue;
    }
    if (neverReturns(number)) continue;
    uint64_t refusedBefore = refusedCalls();
    errno = 0;
    long result = syscall(number, -1L, -1L, -1L, -1L, -1L, -1L);
    int error = errno;
    // Our own handler answered, not the kernel with an EPERM of its own.
    bool refused = result == -1 && error == EPERM && refusedCalls() > refusedBefore;
    bool absent = result == -1 && error == ENOSYS;
    bool asRuled = ruled == Answer::allow ? !refused : ruled == Answer::absent ? absent : refused;
    ++counts[ruled == Answer::allow ? 2 : ruled == Answer::absent ? 1 : 0];
    if (asRuled) continue;
    print(fmt::format("odd\t{}\t{}\t{}: {}", thread, number, callName(number),
                      result == -1 ? strerrorname_np(error) : "it worked"));
  }
  print(fmt::format("sweep\t{}\t{}\t{}\t{}\t{}", thread, counts[0], counts[1], counts[2], counts[3]));
}

// Returns only when it did not end the process.
void makeEndingCall(int number) {
#if defined(__x86_64__)
  if (number == kForeignCall) {
    long result = 20;  // getpid, by the old numbers
    asm volatile("int $0x80" : "+a"(result) : : "memory");
    return;
  }
#endif
  long self = ::getpid();
  if (syscall(number, -1L, -1L, -1L, -1L, -1L, -1L) == 0 && ::getpid() != self) ::_exit(0);
}

}  // namespace

std::string toText(const ProbeSpec& spec) {
  if (spec.endingCall) return fmt::format("end:{}:{}", *spec.endingCall, spec.thread);
  return fmt::format("all:{}:{}:{}", spec.targets.port, spec.targets.socket, spec.targets.pid);
}

Result<ProbeSpec> parseProbeSpec(std::string_view text) {
  std::vector<std::string_view> parts;
  for (size_t at = 0; at <= text.size();) {
    size_t end = std::min(text.find(':', at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  auto number = [](std::string_view part, int& value) {
    auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    return error == std::errc{} && end == part.data() + part.size();
  };
  ProbeSpec spec;
  int call = 0;
  if (parts.size() == 3 && parts[0] == "end" && number(parts[1], call)) {
    spec.endingCall = call;
    spec.thread = parts[2];
    if (spec.thread == "main" || spec.thread == "before" || spec.thread == "after") return spec;
  }
  if (parts.size() == 4 && parts[0] == "all" && number(parts[1], spec.targets.port) &&
      number(parts[3], spec.targets.pid)) {
    spec.targets.socket = parts[2];
    return spec;
  }
  return fail(ErrorCode::invalid, fmt::format("\"{}\" is no probe: all:PORT:SOCKET:PID or end:NUMBER:THREAD", text));
}

std::vector<CallRule> endingCalls(Profile profile) {
  std::vector<CallRule> ending;
  for (int number = 0; number < kNumbersMax; ++number) {
    if (ruledAnswer(profile, number) != Answer::kill) continue;
    auto named = [number](const CallRule& rule) { return rule.number == number && rule.answer == Answer::kill; };
    auto rules = rulesOf(profile);
    rules.insert(rules.end(), std::begin(kEarlyRules), std::end(kEarlyRules));
    ending.push_back(*std::ranges::find_if(rules, named));
  }
  return ending;
}

Probe::Probe(ProbeSpec spec, std::optional<Profile> lockedDown) : spec_(std::move(spec)), lockedDown_(lockedDown) {
  if (!spec_.endingCall) tryAll("before", "main", spec_.targets);
  before_ = std::thread([this, go = go_.get_future()]() mutable {
    go.wait();
    if (spec_.endingCall) {
      if (spec_.thread == "before") makeEndingCall(*spec_.endingCall);
    } else if (lockedDown_) {
      tryAll("after", "before", spec_.targets);
      sweep("before", *lockedDown_);
    }
  });
}

void Probe::run() {
  go_.set_value();
  before_.join();
  auto act = [this](std::string_view thread) {
    if (spec_.endingCall) {
      if (spec_.thread == thread) makeEndingCall(*spec_.endingCall);
    } else if (lockedDown_) {
      tryAll("after", thread, spec_.targets);
      sweep(thread, *lockedDown_);
    }
  };
  std::thread([&] { act("after"); }).join();
  act("main");
  print("done");
  ::_exit(0);
}

}  // namespace mayfly::sandbox
