// SPDX-License-Identifier: Apache-2.0
#include "supervisor/doctor.h"

#include <fmt/format.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <deque>
#include <map>

#include "sandbox/call_names.h"
#include "sandbox/probe.h"
#include "supervisor/cell_process.h"

namespace mayfly::supervisor {
namespace {

using sandbox::Layer;
using sandbox::Profile;

constexpr int kAtOnce = 3;
constexpr std::string_view kThreads[] = {"main", "before", "after"};

std::vector<std::string> fieldsOf(std::string_view line) {
  std::vector<std::string> fields;
  for (size_t at = 0; at <= line.size();) {
    size_t end = std::min(line.find('\t', at), line.size());
    fields.emplace_back(line.substr(at, end - at));
    at = end + 1;
  }
  return fields;
}

class Examination {
 public:
  Examination(const Installation& installation, const sandbox::Sandbox& sandbox)
      : installation_(installation), sandbox_(sandbox) {}

  Result<std::vector<Finding>> run();

 private:
  struct Task {
    Profile profile;
    sandbox::ProbeSpec spec;
    std::string name;  // of the call that must end it
  };
  struct Trial {
    Task task;
    std::shared_ptr<CellProcess> process;
    std::vector<int> sockets;
    bool done = false;
    std::string lastLine;
  };

  void plan();
  void startNext();
  void printed(Trial& trial, std::string_view line);
  void ended(const std::shared_ptr<Trial>& trial, const std::string& how);
  void give(Error error) {
    if (!failure_) failure_ = std::move(error);
    waiting_.clear();
  }

  const Installation& installation_;
  const sandbox::Sandbox& sandbox_;
  boost::asio::io_context context_{1};
  sandbox::ProbeTargets targets_;
  std::deque<Task> waiting_;
  int running_ = 0;
  std::vector<Finding> findings_;
  std::map<Profile, int> endings_;
  std::optional<Error> failure_;
};

Result<std::vector<Finding>> Examination::run() {
  // What a cell could reach if nothing held it.
  namespace ip = boost::asio::ip;
  ip::tcp::acceptor listener(context_, {ip::address_v4::loopback(), 0});
  targets_.port = listener.local_endpoint().port();
  targets_.pid = ::getpid();
  targets_.socket = fmt::format("mayfly-doctor-{}", ::getpid());
  using boost::asio::local::stream_protocol;
  stream_protocol::acceptor abstract(context_, stream_protocol::endpoint(std::string(1, '\0') + targets_.socket));
  plan();
  for (int i = 0; i < kAtOnce; ++i) startNext();
  context_.run();
  if (failure_) return std::unexpected(*failure_);
  for (auto [profile, count] : endings_) {
    findings_.push_back({profile, "after", "", "system calls that end the cell",
                         fmt::format("SIGSYS, {} times, each in a cell of its own", count), true});
  }
  return std::move(findings_);
}

void Examination::plan() {
  auto layers = sandbox_.layers();
  bool locks =
      std::ranges::any_of(layers, [](const auto& state) { return state.layer == Layer::lockDown && state.applied; });
  for (Profile profile : {Profile::guest, Profile::host}) {
    waiting_.push_back({profile, {.targets = targets_}, ""});
    if (!locks) continue;
    auto calls = sandbox::endingCalls(profile);
    for (std::string_view thread : kThreads) {
      // The calls are the same in both profiles.
      if (profile == Profile::host && thread != "after") continue;
      for (const auto& call : calls) {
        waiting_.push_back(
            {profile, {.endingCall = call.number, .thread = std::string(thread)}, std::string(call.name)});
      }
#if defined(__x86_64__)
      waiting_.push_back(
          {profile, {.endingCall = sandbox::kForeignCall, .thread = std::string(thread)}, "32-bit system call"});
#endif
    }
  }
}

void Examination::startNext() {
  if (waiting_.empty()) return;
  auto trial = std::make_shared<Trial>();
  trial->task = std::move(waiting_.front());
  waiting_.pop_front();
  std::vector<std::string> command = cellCommand(installation_);
  command.push_back("--probe=" + sandbox::toText(trial->task.spec));
  CellProcess::Handlers handlers;
  handlers.printed = [this, trial](std::string_view line) { printed(*trial, line); };
  handlers.ended = [this, trial](const std::string& how) { ended(trial, how); };
  bool guest = trial->task.profile == Profile::guest;
  if (guest) command.push_back("--guest");
  auto process = CellProcess::start(
      context_,
      {.launch = sandbox_.launch(trial->task.profile, std::move(command)), .peers = guest ? 1 : 0, .handover = !guest},
      std::move(handlers));
  if (!process) return give(process.error());
  trial->process = std::move(*process);
  trial->sockets = trial->process->takeLinks();
  for (int peer : trial->process->takePeers()) trial->sockets.push_back(peer);
  if (int handover = trial->process->takeHandover(); handover >= 0) trial->sockets.push_back(handover);
  ++running_;
}

void Examination::printed(Trial& trial, std::string_view line) {
  Profile profile = trial.task.profile;
  auto fields = fieldsOf(line);
  if (fields.size() == 6 && fields[0] == "try") {
    bool held = fields[4] == "held";
    findings_.push_back({profile, fields[1], fields[2], fields[3], held ? fields[5] : "it worked", held});
  } else if (fields.size() == 6 && fields[0] == "sweep") {
    findings_.push_back({profile, "after", fields[1], "every system call by number",
                         fmt::format("{} refused, {} absent, {} allowed, {} end the process", fields[2], fields[3],
                                     fields[4], fields[5]),
                         true});
  } else if (fields.size() == 4 && fields[0] == "odd") {
    findings_.push_back({profile, "after", fields[1], "system call " + fields[2], fields[3], false});
  } else if (line == "done") {
    trial.done = true;
  } else {
    trial.lastLine = line;
  }
}

void Examination::ended(const std::shared_ptr<Trial>& trial, const std::string& how) {
  for (int socket : trial->sockets) ::close(socket);
  trial->process.reset();
  --running_;
  const Task& task = trial->task;
  if (task.spec.endingCall) {
    // Any other end would mean that the cell did not get as far.
    if (how.starts_with("signal 31 ")) {
      ++endings_[task.profile];
    } else {
      findings_.push_back(
          {task.profile, "after", task.spec.thread, "end by " + task.name, trial->done ? "it went on" : how, false});
    }
  } else if (!trial->done) {
    give({ErrorCode::unavailable,
          fmt::format("the cell ended before it had tried everything ({}): {}", how, trial->lastLine)});
  }
  startNext();
}

}  // namespace

Result<std::vector<Finding>> examine(const Installation& installation, const sandbox::Sandbox& sandbox) {
  try {
    return Examination(installation, sandbox).run();
  } catch (const boost::system::system_error& error) {
    return fail(ErrorCode::unavailable, fmt::format("nothing to be reached can be set up: {}", error.what()));
  }
}

}  // namespace mayfly::supervisor
