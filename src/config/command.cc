// SPDX-License-Identifier: Apache-2.0
// The three standard streams are memory files, so nothing has to be pumped while the program runs: this thread waits
// for its end alone.
#include "config/command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

namespace mayfly::config {
namespace {

class MemoryFile {
 public:
  explicit MemoryFile(const char* name) : fd_(memfd_create(name, MFD_CLOEXEC)) {}
  ~MemoryFile() {
    if (fd_ >= 0) close(fd_);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int fd() const { return fd_; }

  bool fill(std::string_view content) {
    while (!content.empty()) {
      ssize_t written = write(fd_, content.data(), content.size());
      if (written < 0) return false;
      content.remove_prefix(static_cast<size_t>(written));
    }
    return lseek(fd_, 0, SEEK_SET) == 0;
  }

  std::string content() const {
    off_t size = lseek(fd_, 0, SEEK_END);
    std::string content(size > 0 ? static_cast<size_t>(size) : 0, '\0');
    for (size_t done = 0; done < content.size();) {
      ssize_t count = pread(fd_, content.data() + done, content.size() - done, static_cast<off_t>(done));
      if (count <= 0) {
        content.resize(done);
        break;
      }
      done += static_cast<size_t>(count);
    }
    return content;
  }

 private:
  int fd_;
};

std::unexpected<Error> systemFailure(std::string_view what) {
  return fail(ErrorCode::unavailable, fmt::format("{}: {}", what, std::strerror(errno)));
}

// True when the process has ended before the deadline.
bool waitUntilEnded(pid_t process, uint32_t deadlineMs) {
  int handle = static_cast<int>(syscall(SYS_pidfd_open, process, 0));
  if (handle < 0) return true;  // then waitpid alone decides
  auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(deadlineMs);
  int ready = 0;
  while (true) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    pollfd waited{handle, POLLIN, 0};
    ready = poll(&waited, 1, left > 0 ? static_cast<int>(left) : 0);
    if (ready >= 0 || errno != EINTR) break;
  }
  close(handle);
  return ready != 0;
}

Result<pid_t> spawn(const std::vector<std::string>& arguments, int input, int output, int errors) {
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, 0);
  posix_spawn_file_actions_adddup2(&actions, output, 1);
  posix_spawn_file_actions_adddup2(&actions, errors, 2);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  sigaddset(&signals, SIGPIPE);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);

  pid_t process = 0;
  int problem = posix_spawn(&process, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (problem != 0) {
    return fail(ErrorCode::notFound, fmt::format("cannot start {}: {}", arguments[0], std::strerror(problem)));
  }
  return process;
}

}  // namespace

Result<CommandResult> runCommand(const std::vector<std::string>& arguments, std::string_view input,
                                 uint32_t deadlineMs) {
  MemoryFile in("input"), out("output"), err("errors");
  if (in.fd() < 0 || out.fd() < 0 || err.fd() < 0 || !in.fill(input)) return systemFailure("cannot make memory files");
  auto process = spawn(arguments, in.fd(), out.fd(), err.fd());
  if (!process) return std::unexpected(process.error());

  bool ended = waitUntilEnded(*process, deadlineMs);
  if (!ended) kill(-*process, SIGKILL);
  int status = 0;
  while (waitpid(*process, &status, 0) < 0) {
    if (errno != EINTR) return systemFailure(fmt::format("cannot wait for {}", arguments[0]));
  }
  if (!ended) {
    return fail(ErrorCode::timeout, fmt::format("{} took longer than {} ms and was ended", arguments[0], deadlineMs));
  }
  return CommandResult{WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status), out.content(),
                       err.content()};
}

}  // namespace mayfly::config
