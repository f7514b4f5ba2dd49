// SPDX-License-Identifier: Apache-2.0
#include "supervisor/cell_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <span>

#include "sandbox/namespaces.h"

namespace mayfly::supervisor {
namespace {

constexpr size_t kLineBytesMax = 16 * 1024;
constexpr int kFirstFd = 3;

// The two ends of something; closed unless given away.
struct Pair {
  int near = -1;
  int far = -1;
  Pair() = default;
  Pair(Pair&& other) noexcept : near(std::exchange(other.near, -1)), far(std::exchange(other.far, -1)) {}
  ~Pair() {
    if (near >= 0) ::close(near);
    if (far >= 0) ::close(far);
  }
};

bool makeOutput(Pair& pair) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return false;
  pair.near = fds[0];
  pair.far = fds[1];
  return true;
}

bool makeLink(Pair& pair) {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) return false;
  pair.near = fds[0];
  pair.far = fds[1];
  return true;
}

std::string numbers(int first, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += (i == 0 ? "" : ",") + std::to_string(first + static_cast<int>(i));
  return text;
}

// By its own number, and by that of its session, which is what counts where the kernel groups by sessions. Neither is
// needed where there are cgroups.
void beNice(const char* nice) {
  setpriority(PRIO_PROCESS, 0, std::atoi(nice));
  int group = open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);
  if (group < 0) return;
  (void)!write(group, nice, strlen(nice));
  close(group);
}

// In the child, between fork and exec: only what is safe there. `fds` become 0, 1, 2, 3, ...; everything else closes.
[[noreturn]] void become(char* const* arguments, char* const* environment, std::span<int> fds,
                         std::span<const int> cgroups, const char* nice) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setsid();
  if (*nice != 0) beNice(nice);
  for (int entrance : cgroups) {
    if (write(entrance, "0", 1) != 1) _exit(127);
  }
  // First out of the way of their own targets, then into place.
  int count = static_cast<int>(fds.size());
  for (int& fd : fds) fd = fcntl(fd, F_DUPFD_CLOEXEC, count);
  for (int i = 0; i < count; ++i) {
    if (fds[i] < 0 || dup2(fds[i], i) < 0) _exit(127);
  }
  syscall(SYS_close_range, count, ~0u, 0u);
  if (sandbox::isOrphan(STDOUT_FILENO)) _exit(127);
  struct sigaction defaults{};
  defaults.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) sigaction(signal, &defaults, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(arguments[0], arguments, environment);
  constexpr std::string_view kText = ": cannot be executed\n";
  (void)!write(STDERR_FILENO, arguments[0], strlen(arguments[0]));
  (void)!write(STDERR_FILENO, kText.data(), kText.size());
  _exit(127);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace

CellProcess::CellProcess(boost::asio::io_context& context, Handlers handlers)
    : handlers_(std::move(handlers)), process_(context), out_(context), error_(context) {}

CellProcess::~CellProcess() {
  if (process_.is_open()) {
    // Nobody waits for its end any more; its cgroup can be removed after it only.
    kill();
    siginfo_t info{};
    waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED);
  }
  for (int socket : links_) ::close(socket);
  for (int socket : peers_) ::close(socket);
  if (handover_ >= 0) ::close(handover_);
  if (pulse_ >= 0) ::close(pulse_);
}

Result<std::shared_ptr<CellProcess>> CellProcess::start(boost::asio::io_context& context, const CellCommand& command,
                                                        Handlers handlers) {
  auto failed = [&command](std::string_view what) {
    return fail(ErrorCode::unavailable,
                fmt::format("cannot start {}: {}: {}", command.launch.arguments.at(0), what, std::strerror(errno)));
  };
  Pair in, out, error;
  in.far = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (in.far < 0 || !makeOutput(out) || !makeOutput(error)) return failed("no pipe");
  auto linkCount = static_cast<size_t>(command.links);
  auto peerCount = static_cast<size_t>(command.peers);
  std::vector<Pair> links(linkCount + peerCount + (command.handover ? 1 : 0) + (command.pulse ? 1 : 0));
  std::vector<int> fds{in.far, out.far, error.far};
  for (Pair& link : links) {
    if (!makeLink(link)) return failed("no socket pair");
    fds.push_back(link.far);
  }
  fds.insert(fds.end(), command.listenSockets.begin(), command.listenSockets.end());
  fds.insert(fds.end(), command.controlSockets.begin(), command.controlSockets.end());

  std::vector<std::string> arguments = command.launch.arguments;
  arguments.push_back(fmt::format("--shards={}", command.shards));
  int next = kFirstFd;
  auto addSockets = [&](const char* option, size_t count) {
    if (count > 0) arguments.push_back(option + numbers(next, count));
    next += static_cast<int>(count);
  };
  addSockets("--links=", linkCount);
  addSockets("--peers=", peerCount);
  addSockets("--handover=", command.handover ? 1 : 0);
  addSockets("--pulse=", command.pulse ? 1 : 0);
  addSockets("--listen=", command.listenSockets.size());
  addSockets("--control=", command.controlSockets.size());
  std::vector<std::string> environment{"TZ=UTC", "LANG=C.UTF-8"};
  auto argumentPointers = pointers(arguments);
  auto environmentPointers = pointers(environment);

  auto process = std::shared_ptr<CellProcess>(new CellProcess(context, std::move(handlers)));
  if (command.launch.cgroups) {
    auto cgroup = command.launch.cgroups->make(command.launch.limits);
    if (!cgroup) return std::unexpected(cgroup.error());
    process->cgroup_ = std::move(*cgroup);
  }
  std::string nice = command.launch.nice == 0 ? "" : std::to_string(command.launch.nice);
  int pidfd = -1;
  process->pid_ = sandbox::forkInto(command.launch.namespaces, pidfd);
  if (process->pid_ == 0) {
    become(argumentPointers.data(), environmentPointers.data(), fds, process->cgroup_.entrances(), nice.c_str());
  }
  if (process->pid_ < 0) return failed("no process");
  process->process_.assign(pidfd);
  process->out_.pipe.assign(std::exchange(out.near, -1));
  process->error_.pipe.assign(std::exchange(error.near, -1));
  for (size_t i = 0; i < links.size(); ++i) {
    int near = std::exchange(links[i].near, -1);
    if (i < linkCount) {
      process->links_.push_back(near);
    } else if (i < linkCount + peerCount) {
      process->peers_.push_back(near);
    } else if (command.handover && i == linkCount + peerCount) {
      process->handover_ = near;
    } else {
      process->pulse_ = near;
    }
  }
  process->read(process->out_);
  process->read(process->error_);
  process->waitForEnd();
  return process;
}

void CellProcess::kill() {
  // Through the pidfd: the number might belong to another process by now.
  if (process_.is_open()) syscall(SYS_pidfd_send_signal, process_.native_handle(), SIGKILL, nullptr, 0u);
}

void CellProcess::read(Output& output) {
  output.buffer.resize(4096);
  output.pipe.async_read_some(boost::asio::buffer(output.buffer),
                              [this, self = shared_from_this(), &output](boost::system::error_code error, size_t size) {
                                if (error || !handlers_.printed) return;
                                print(output, std::string_view(output.buffer).substr(0, size));
                                read(output);
                              });
}

// What a process that has ended left in its pipe. Its end is not waited for: a child of it may still hold the pipe.
void CellProcess::readRest(Output& output) {
  boost::system::error_code error;
  output.pipe.cancel(error);
  output.pipe.non_blocking(true, error);
  std::string buffer(4096, '\0');
  while (!error) {
    size_t size = output.pipe.read_some(boost::asio::buffer(buffer), error);
    print(output, std::string_view(buffer).substr(0, size));
  }
  if (!output.line.empty()) handlers_.printed(output.line);
  output.pipe.close(error);
}

void CellProcess::print(Output& output, std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    size_t end = text.find('\n', at);
    std::string_view part = text.substr(at, end == text.npos ? end : end - at);
    output.line.append(part.substr(0, kLineBytesMax - std::min(output.line.size(), kLineBytesMax)));
    if (end == text.npos) return;
    handlers_.printed(output.line);
    output.line.clear();
    at = end + 1;
  }
}

std::string CellProcess::describe(const siginfo_t& info) const {
  if (info.si_code == CLD_EXITED) return fmt::format("exit status {}", info.si_status);
  std::string_view why = info.si_status == SIGSYS    ? ": it made a system call that no cell makes"
                         : cgroup_.memoryKills() > 0 ? ": it was over the memory limit of its cgroup"
                                                     : "";
  return fmt::format("signal {} ({}){}", info.si_status, strsignal(info.si_status), why);
}

void CellProcess::waitForEnd() {
  process_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                      [this, self = shared_from_this()](boost::system::error_code error) {
                        if (error) return;
                        siginfo_t info{};
                        waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED);
                        process_.close();
                        readRest(out_);
                        readRest(error_);
                        Handlers handlers = std::exchange(handlers_, {});
                        std::string how = describe(info);
                        cgroup_ = {};
                        handlers.ended(how);
                      });
}

}  // namespace mayfly::supervisor
