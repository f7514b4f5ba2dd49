// SPDX-License-Identifier: Apache-2.0
#include "sandbox/capture.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sandbox/namespaces.h"

namespace mayfly::sandbox {

Result<Captured> capture(std::vector<std::string> arguments, uint64_t namespaces) {
  std::vector<char*> words;
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  char* environment[] = {nullptr};
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(ErrorCode::unavailable, fmt::format("no pipe: {}", strerror(errno)));

  int pidfd = -1;
  pid_t pid = forkInto(namespaces, pidfd);
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::dup2(ends[1], STDOUT_FILENO) < 0 || ::dup2(ends[1], STDERR_FILENO) < 0) _exit(127);
    ::execve(words[0], words.data(), environment);
    _exit(127);
  }
  int error = errno;
  ::close(ends[1]);
  if (pid < 0) {
    ::close(ends[0]);
    return fail(ErrorCode::unavailable, std::strerror(error));
  }
  Captured result;
  char buffer[4096];
  for (;;) {
    ssize_t size = ::read(ends[0], buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    result.output.append(buffer, static_cast<size_t>(size));
  }
  ::close(ends[0]);
  ::close(pidfd);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace mayfly::sandbox
