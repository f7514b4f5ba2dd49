// SPDX-License-Identifier: Apache-2.0
// `mayfly run`: one module, one call, no network but what --allow names. The result goes to standard output as JSON, what the code prints to
// standard error, and the exit status tells how it went.
#include <fmt/format.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/json.hpp>
#include <cstdio>
#include <memory>

#include "cli/commands.h"
#include "cli/control_error.h"
#include "cli/json_member.h"
#include "supervisor/control_request.h"
#include "supervisor/project.h"
#include "supervisor/shown_text.h"

namespace mayfly::cli {
namespace {

namespace json = boost::json;

class SingleRun {
 public:
  explicit SingleRun(Context context)
      : options_(context.options),
        log_(context.log),
        supervisor_(std::move(context.supervisor), context.log, handlers()),
        timer_(supervisor_.context()) {}

  Result<int> run(supervisor::Project project);

 private:
  supervisor::Supervisor::Handlers handlers() {
    return {[this](uint32_t, const std::string& error) { configured(error); },
            [this](const std::string& how) { end(kStatusLimit, "the cell died: " + how); }};
  }
  void configured(const std::string& error);
  void answered(Result<std::string> body);
  // Ends it all with this status; the text goes to standard error.
  void end(int status, std::string_view error);
  std::string question() const;

  const Options& options_;
  supervisor::LogWriter& log_;
  supervisor::Supervisor supervisor_;
  boost::asio::steady_timer timer_;
  std::unique_ptr<supervisor::ControlRequest> request_;
  std::string worker_;
  bool ended_ = false;
};

Result<int> SingleRun::run(supervisor::Project project) {
  for (const std::string& warning : project.warnings) log_.system(protocol::LogLevel::warn, warning);
  protocol::WorkerSpec& worker = project.workers.at(0);
  worker.network = !options_.allow.empty();
  project.networks.at(0).config.own = egress::PolicyText{false, options_.allow, {}};
  worker.limits[Limit::cpuMs] = options_.cpuMs;
  if (options_.memoryMb != 0) worker.limits[Limit::memoryMb] = options_.memoryMb;
  worker_ = worker.name;
  protocol::Configure configure;
  configure.generation = 1;
  configure.workers = std::move(project.workers);
  if (auto sent = supervisor_.configure(std::move(configure), project.networks); !sent)
    return std::unexpected(sent.error());
  timer_.expires_after(std::chrono::milliseconds(options_.timeoutMs));
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error)
      end(kStatusLimit, fmt::format("it did not end within {} ms (--timeout sets the limit)", options_.timeoutMs));
  });
  return supervisor_.run();
}

// Numbers of the input keep the digits they were given with, so its text goes in as it is.
std::string SingleRun::question() const {
  json::object env;
  for (const auto& [name, value] : options_.variables) env[name] = value;
  std::string text = "{\"env\":" + json::serialize(env);
  if (!options_.inputJson.empty()) text += ",\"input\":" + options_.inputJson;
  return text + "}";
}

void SingleRun::configured(const std::string& error) {
  if (!error.empty()) return end(kStatusFailed, error);
  request_ = std::make_unique<supervisor::ControlRequest>(
      supervisor_.context(), supervisor_.cell().open("control " + worker_), "POST", "/run", question(),
      [this](Result<std::string> body) { answered(std::move(body)); });
}

void SingleRun::answered(Result<std::string> body) {
  if (!body) {
    // Most often the cell is dying, and tells how in a moment.
    if (body.error().code == ErrorCode::unavailable) return supervisor_.cell().kill();
    return end(body.error().code == ErrorCode::limit ? kStatusLimit : kStatusFailed, body.error().message);
  }
  boost::system::error_code failed;
  json::value value = json::parse(*body, failed);
  const json::object* object = failed ? nullptr : value.if_object();
  const json::value* ok = object == nullptr ? nullptr : object->if_contains("ok");
  if (ok == nullptr || !ok->is_bool()) return end(kStatusFailed, "the worker answered " + *body);
  if (ok->get_bool()) {
    fmt::print("{}\n", jsonMember(*body, "result").value_or("null"));
    std::fflush(stdout);
    return end(0, "");
  }
  const json::value* error = object->if_contains("error");
  if (error == nullptr) return end(kStatusFailed, "the code failed without saying why");
  end(isLimit(*error) ? kStatusLimit : kStatusFailed, describeError(*error));
}

void SingleRun::end(int status, std::string_view error) {
  if (std::exchange(ended_, true)) return;
  if (!error.empty()) fmt::print(stderr, "mayfly: error: {}\n", supervisor::shownText(error, "\n"));
  timer_.cancel();
  supervisor_.end(status, 0);
}

}  // namespace

Result<int> runCommand(Context context) {
  auto built = supervisor::buildProject(projectOptions(context));
  if (!built) return std::unexpected(built.error());
  context.supervisor.signalStatus = kStatusFailed;
  return SingleRun(std::move(context)).run(std::move(*built));
}

}  // namespace mayfly::cli
