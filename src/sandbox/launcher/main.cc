// SPDX-License-Identifier: Apache-2.0
// mayfly-launch: takes from itself what a cell must not have, in the order of the layers, and becomes Node's executable.
// The supervisor has made the namespaces before it executes this (namespaces.h), so this is process 1 of its own. One
// thread, linked statically: its start costs next to nothing. What it is told: launch_policy.h.
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>

#include "sandbox/landlock.h"
#include "sandbox/launch_policy.h"
#include "sandbox/namespaces.h"
#include "sandbox/privileges.h"
#include "sandbox/root.h"
#include "sandbox/system_calls.h"

namespace mayfly::sandbox {
namespace {

constexpr int kFailedStatus = 125;

class Launcher {
 public:
  explicit Launcher(LaunchPolicy policy) : policy_(std::move(policy)) {}

  // Does not return unless it failed.
  Result<void> run(char** environment) {
    unsigned ownPid = outerPid();  // while there is a /proc
    // Two layers take two steps: the rights to raise one's rights go while the right to drop them is still there.
    const std::pair<Layer, std::function<Result<void>()>> steps[] = {
        {Layer::utsNamespace, [] { return takeHostName(); }},
        {Layer::root, [this] { return enterEmptyRoot(policy_.files); }},
        {Layer::limits, [this] { return setLimits(policy_.limits); }},
        {Layer::capabilities, [] { return dropBoundingCapabilities(); }},
        {Layer::identity, [ownPid] { return becomeUser(ownPid); }},
        {Layer::capabilities, [] { return dropCapabilities(); }},
        {Layer::noNewPrivileges, [] { return setNoNewPrivileges(); }},
        {Layer::landlock, [this] { return restrictFiles(readableFiles()); }},
        {Layer::earlyFilter, [] { return installEarlyFilter(); }},
    };
    for (const auto& [layer, apply] : steps) {
      if (!policy_.layers.has(layer)) continue;
      Result<void> done = apply();
      if (policy_.check) {
        report(layer, done);
      } else if (!done) {
        done.error().message = fmt::format("{}: {}", infoOf(layer).name, done.error().message);
        return done;
      }
    }
    if (policy_.check) _exit(0);
    // Becoming another user has undone what the supervisor asked for in this process' name.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (isOrphan(STDOUT_FILENO)) _exit(kFailedStatus);
    return execute(environment);
  }

 private:
  static void report(Layer layer, const Result<void>& done) {
    fmt::print("{}\t{}\t{}\n", infoOf(layer).name, done ? "ok" : "failed", done ? "" : done.error().message);
    std::fflush(stdout);
  }

  static Result<void> takeHostName() {
    if (::sethostname("cell", 4) == 0) return {};
    return fail(ErrorCode::unavailable, fmt::format("no name of its own: {}", std::strerror(errno)));
  }

  static Result<void> installEarlyFilter() {
    return installFilter(compileFilter(kEarlyRules, Answer::allow, 0), Threads::thisOne);
  }

  // In a root of its own, the cell's files. In the machine's, all: Node does not start when it finds a package.json or
  // an openssl.cnf that it may not read.
  std::vector<std::string> readableFiles() const {
    if (!policy_.layers.has(Layer::root)) return {"/"};
    std::vector<std::string> paths;
    for (const auto& file : policy_.files) paths.push_back(file.inside);
    return paths;
  }

  Result<void> execute(char** environment) {
    bool inside = policy_.layers.has(Layer::root);
    std::vector<std::string> words;
    for (const auto& word : policy_.command) words.push_back(inside ? insideArgument(policy_.files, word) : word);
    std::vector<char*> arguments, variables;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    for (char** variable = environment; *variable != nullptr; ++variable) variables.push_back(*variable);
    // All libraries are in one folder, wherever the machine has them.
    std::string libraries = "LD_LIBRARY_PATH=/lib";
    if (inside) variables.push_back(libraries.data());
    variables.push_back(nullptr);
    ::execve(arguments[0], arguments.data(), variables.data());
    return fail(ErrorCode::unavailable, fmt::format("{} cannot be executed: {}", words[0], std::strerror(errno)));
  }

  LaunchPolicy policy_;
};

int main(int argc, char** argv, char** environment) {
  auto policy = parseLaunchPolicy({const_cast<const char**>(argv) + 1, static_cast<size_t>(argc - 1)});
  Result<void> done = policy ? Launcher(std::move(*policy)).run(environment) : std::unexpected(policy.error());
  if (!done) fmt::print(stderr, "mayfly-launch: {}\n", done.error().message);
  return kFailedStatus;
}

}  // namespace
}  // namespace mayfly::sandbox

int main(int argc, char** argv, char** environment) { return mayfly::sandbox::main(argc, argv, environment); }
