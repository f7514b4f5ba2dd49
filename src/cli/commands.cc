// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "supervisor/server.h"

namespace mayfly::cli {
namespace {

using supervisor::Installation;

int coreCount() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) != 0) return 1;
  return std::clamp(CPU_COUNT(&cores), 1, 256);
}

// Connections take file descriptors, and the default of 1024 is soon used up.
void raiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

std::string fromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

supervisor::SupervisorOptions supervisorOptions(const Options& options, const Installation& installation,
                                                const sandbox::Sandbox& sandbox) {
  supervisor::SupervisorOptions made;
  made.cell.launch = sandbox.launch(sandbox::Profile::host, supervisor::cellCommand(installation));
  bool serves = options.command == Command::dev || options.command == Command::serve;
  made.cell.shards = !serves ? 1 : options.shards == 0 ? coreCount() : static_cast<int>(options.shards);
  uint32_t growthMb = options.cellGrowthMb == 0 ? options.cellMemoryMb / 4 : options.cellGrowthMb;
  made.cell.launch.arguments.push_back(fmt::format("--guest-workers={}", options.cellWorkers));
  made.cell.launch.arguments.push_back(fmt::format("--guest-growth-mb={}", growthMb));
  made.cell.launch.arguments.push_back(fmt::format("--guest-age-s={}", options.cellAgeS));
  made.guests.growthBytesTold = uint64_t{growthMb} << 20;
  made.cell.launch.arguments.push_back(fmt::format("--guest-jit={}", jitName(options.guestJit)));
  auto guestProfile = options.guestJit == Jit::none ? sandbox::Profile::guestNoCode : sandbox::Profile::guest;
  made.guests.launch = sandbox.launch(guestProfile, supervisor::cellCommand(installation, options.guestJit));
  made.guests.launch.arguments.push_back("--guest");
  made.guests.memoryBytesMax = uint64_t{options.cellMemoryMb} << 20;
  made.guests.launch.limits.memoryBytes = made.guests.memoryBytesMax;
  // Where the kernel holds the bound, looking is for growth alone.
  if (made.guests.launch.cgroups && made.guests.launch.cgroups->hasMemory()) made.guests.watchMs = 1'000;
  made.guests.shards = made.cell.shards;
  made.guests.answerMs = made.cell.answerMs = options.cellAnswerMs;
  made.egress.caFile = fromEnvironment("SSL_CERT_FILE");
  made.egress.logAllowed = options.verbose;
  // Under `serve` the operator's workers are in production, where what is local must be named.
  if (options.command != Command::serve) made.local = supervisor::NetworkRules::Local::loopback;
  made.drainMs = options.drainMs;
  return made;
}

Result<int> dispatch(const Options& options) {
  std::error_code error;
  auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return fail(ErrorCode::internal, "cannot read /proc/self/exe: " + error.message());
  auto installation = supervisor::findInstallation(self, fromEnvironment("MAYFLY_NODE"));
  if (!installation) return std::unexpected(installation.error());

  if (options.command == Command::types) return typesCommand(options, *installation);
  bool once = options.command == Command::run;
  auto format = once && options.log == supervisor::LogFormat::pretty ? supervisor::LogFormat::plain : options.log;
  supervisor::LogWriter log(STDERR_FILENO, format);
  if (options.command == Command::doctor) return doctorCommand(*installation);
  auto sandbox = sandbox::Sandbox::prepare(options.sandbox, supervisor::cellFiles(*installation));
  if (!sandbox) return std::unexpected(sandbox.error());
  if (auto missing = sandbox->shortcomings(); !missing.empty()) log.system(protocol::LogLevel::warn, missing);
  Context context{options, *installation, log, supervisorOptions(options, *installation, *sandbox)};
  switch (options.command) {
    case Command::test: return testCommand(std::move(context));
    case Command::run: return runCommand(std::move(context));
    default: return serveCommand(std::move(context));
  }
}

}  // namespace

supervisor::ProjectOptions projectOptions(const Context& context) {
  supervisor::ProjectOptions project;
  project.paths.assign(context.options.paths.begin(), context.options.paths.end());
  project.load.environment = context.options.environment;
  project.load.allowMissingBindings = context.options.allowMissingBindings;
  project.load.envFiles.assign(context.options.envFiles.begin(), context.options.envFiles.end());
  // What is beside the sources is a developer's own; in production secrets come from where the operator says.
  project.load.developmentEnvFiles =
      context.options.command == Command::dev || context.options.command == Command::test;
  project.tools.nodePath = context.installation.node;
  project.tools.scriptPath = context.installation.bundleScript;
  if (context.options.command == Command::dev) project.tools.nodeEnv = "development";
  return project;
}

Result<int> serveCommand(Context context) {
  const Options& options = context.options;
  supervisor::ServerOptions server;
  server.project = projectOptions(context);
  server.host = options.host;
  server.port = options.port;
  server.watch = server.configure.dev = options.command == Command::dev;
  server.verbose = options.verbose;
  server.controlHost = options.controlHost;
  server.controlPort = options.controlPort;
  server.controlToken = options.controlToken;
  server.configure.logEvents = options.logEvents;
  server.configure.headerBytesMax = options.headerBytesMax;
  server.configure.bodyBytesMax = options.bodyBytesMax;
  server.configure.headerTimeoutMs = options.headerTimeoutMs;
  server.configure.bodyTimeoutMs = options.bodyTimeoutMs;
  server.configure.idleTimeoutMs = options.idleTimeoutMs;
  return supervisor::Server(std::move(server), context.log).run(std::move(context.supervisor));
}

int main(int argc, const char* const* argv, std::string_view version) {
  // A log that is no longer read, or has become larger than it may, is no reason to end.
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  raiseFileLimit();
  Result<int> status;
  if (auto options = parseOptions(argc, argv); !options) {
    status = std::unexpected(options.error());
  } else if (options->command == Command::help) {
    fmt::print("{}", helpText());
  } else if (options->command == Command::version) {
    fmt::print("mayfly {}\n", version);
  } else {
    status = dispatch(*options);
  }
  if (status) return *status;
  fmt::print(stderr, "mayfly: error: {}\n", status.error().message);
  return kStatusUsage;
}

}  // namespace mayfly::cli
