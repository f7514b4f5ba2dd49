// SPDX-License-Identifier: Apache-2.0
// `mayfly test`: asks each worker over its control pipe for its tests and runs them one after the other. A test that
// hangs or takes the cell down fails alone: the cell is killed if need be, and the next test runs in the one that the
// supervisor starts in its place.
#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>

#include "cli/commands.h"
#include "cli/control_error.h"
#include "supervisor/control_request.h"
#include "supervisor/project.h"
#include "supervisor/shown_text.h"

namespace mayfly::cli {
namespace {

namespace json = boost::json;
using supervisor::ControlRequest;

constexpr int kRestartsMax = 5;  // in a row, without a test between them

struct Test {
  std::string worker;
  std::string name;
};

// {ok, error?} of a control answer; nothing when it is something else.
struct Outcome {
  bool ok = false;
  std::string error;
};

std::optional<Outcome> readOutcome(const std::string& text) {
  boost::system::error_code failed;
  json::value value = json::parse(text, failed);
  if (failed || !value.is_object()) return std::nullopt;
  const json::object& object = value.get_object();
  const json::value* ok = object.if_contains("ok");
  if (ok == nullptr || !ok->is_bool()) return std::nullopt;
  Outcome outcome{ok->get_bool(), ""};
  if (const json::value* error = object.if_contains("error")) outcome.error = describeError(*error);
  return outcome;
}

class TestRun {
 public:
  explicit TestRun(Context context)
      : options_(context.options),
        log_(context.log),
        supervisor_(std::move(context.supervisor), context.log, handlers()),
        timer_(supervisor_.context()) {}

  Result<int> run(supervisor::Project project);

 private:
  supervisor::Supervisor::Handlers handlers() {
    return {[this](uint32_t, const std::string& error) { configured(error); },
            [this](const std::string& how) { died(how); }};
  }
  void configured(const std::string& error);
  void died(const std::string& how);
  void listNext();
  void listed(const std::string& worker, const std::string& body);
  void runNext();
  void answered(Result<std::string> body);
  void report(bool ok, const std::string& error);
  void giveUp(std::string why);
  void ask(const std::string& worker, std::string_view method, std::string_view path, std::string_view body,
           ControlRequest::Done done) {
    request_ = std::make_unique<ControlRequest>(supervisor_.context(), supervisor_.cell().open("control " + worker),
                                                method, path, body, std::move(done));
  }

  const Options& options_;
  supervisor::LogWriter& log_;
  supervisor::Supervisor supervisor_;
  boost::asio::steady_timer timer_;
  std::unique_ptr<ControlRequest> request_;
  std::vector<std::string> workers_;
  size_t workersListed_ = 0;
  std::vector<Test> tests_;
  size_t current_ = 0;
  bool running_ = false;
  std::string failure_;  // why the running test has failed already, while the cell is being replaced
  std::chrono::steady_clock::time_point begunAt_;
  int restarts_ = 0;
  int passed_ = 0;
  int failed_ = 0;
  std::optional<Error> givenUp_;
};

Result<int> TestRun::run(supervisor::Project project) {
  for (const std::string& warning : project.warnings) log_.system(protocol::LogLevel::warn, warning);
  for (const auto& worker : project.workers) workers_.push_back(worker.name);
  protocol::Configure configure;
  configure.generation = 1;
  configure.dev = true;
  configure.exposeGc = options_.exposeGc;
  configure.workers = std::move(project.workers);
  if (auto sent = supervisor_.configure(std::move(configure), project.networks); !sent)
    return std::unexpected(sent.error());
  int status = supervisor_.run();
  if (givenUp_) return std::unexpected(*givenUp_);
  return status;
}

void TestRun::configured(const std::string& error) {
  if (!error.empty()) return giveUp(error);
  if (workersListed_ < workers_.size()) return listNext();
  runNext();
}

void TestRun::listNext() {
  if (workersListed_ == workers_.size()) return runNext();
  const std::string& worker = workers_[workersListed_];
  timer_.expires_after(std::chrono::milliseconds(options_.timeoutMs));
  timer_.async_wait([this, &worker](boost::system::error_code error) {
    if (!error) giveUp(fmt::format("worker \"{}\" did not list its tests within {} ms", worker, options_.timeoutMs));
  });
  ask(worker, "GET", "/tests", "", [this, &worker](Result<std::string> body) {
    if (!body) return giveUp(fmt::format("worker \"{}\" does not list its tests: {}", worker, body.error().message));
    listed(worker, *body);
  });
}

void TestRun::listed(const std::string& worker, const std::string& body) {
  timer_.cancel();
  boost::system::error_code failed;
  json::value names = json::parse(body, failed);
  if (failed || !names.is_array()) return giveUp(fmt::format("worker \"{}\" lists its tests as {}", worker, body));
  for (const json::value& name : names.get_array()) {
    if (!name.is_string()) continue;
    std::string text(name.get_string());
    if (text.find(options_.filter) != text.npos) tests_.push_back({worker, text});
  }
  ++workersListed_;
  boost::asio::post(supervisor_.context(), [this] { listNext(); });
}

void TestRun::runNext() {
  if (current_ == tests_.size()) {
    if (tests_.empty()) {
      log_.system(protocol::LogLevel::warn, options_.filter.empty()
                                                ? "there is no export with a test() method"
                                                : fmt::format("no test has \"{}\" in its name", options_.filter));
    }
    fmt::print("{} passed, {} failed\n", passed_, failed_);
    std::fflush(stdout);
    return supervisor_.end(failed_ > 0 || tests_.empty() ? kStatusFailed : 0, 0);
  }
  const Test& test = tests_[current_];
  running_ = true;
  failure_.clear();
  begunAt_ = std::chrono::steady_clock::now();
  std::string body = json::serialize(json::object{{"name", test.name}});
  ask(test.worker, "POST", "/test", body, [this](Result<std::string> answer) { answered(std::move(answer)); });
  timer_.expires_after(std::chrono::milliseconds(options_.timeoutMs));
  timer_.async_wait([this, test = current_](boost::system::error_code error) {
    if (error || !running_ || test != current_) return;
    failure_ = fmt::format("did not end within {} ms", options_.timeoutMs);
    request_.reset();
    supervisor_.cell().kill();  // died() goes on
  });
}

void TestRun::answered(Result<std::string> body) {
  if (!body && body.error().code != ErrorCode::internal) {
    // The pipe broke: the worker or the whole cell is gone, and died() will follow.
    failure_ = body.error().code == ErrorCode::unavailable ? "" : body.error().message;
    return supervisor_.cell().kill();
  }
  auto outcome = body ? readOutcome(*body) : Outcome{false, body.error().message};
  if (!outcome) outcome = Outcome{false, "the worker answered " + *body};
  report(outcome->ok, outcome->error);
  boost::asio::post(supervisor_.context(), [this] { runNext(); });
}

void TestRun::died(const std::string& how) {
  request_.reset();
  if (running_) {
    restarts_ = 0;
    return report(false, failure_.empty() ? "the cell died: " + how : failure_);
  }
  if (++restarts_ > kRestartsMax) giveUp("the cell dies again and again: " + how);
}

void TestRun::report(bool ok, const std::string& error) {
  timer_.cancel();
  running_ = false;
  const Test& test = tests_[current_++];
  auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begunAt_);
  std::string name = workers_.size() > 1 ? test.worker + ": " + test.name : test.name;
  fmt::print("{} {} ({} ms)\n", ok ? "ok" : "not ok", supervisor::shownText(name, " "), took.count());
  if (!error.empty()) fmt::print("  {}\n", supervisor::shownText(error, "\n  "));
  std::fflush(stdout);
  ++(ok ? passed_ : failed_);
}

void TestRun::giveUp(std::string why) {
  if (!givenUp_) givenUp_ = Error{ErrorCode::unavailable, std::move(why)};
  supervisor_.end(kStatusFailed, 0);
}

}  // namespace

Result<int> testCommand(Context context) {
  auto built = supervisor::buildProject(projectOptions(context));
  if (!built) return std::unexpected(built.error());
  context.supervisor.cell.restartDelayMsMax = context.supervisor.cell.restartDelayMs;
  context.supervisor.signalStatus = kStatusFailed;
  return TestRun(std::move(context)).run(std::move(*built));
}

}  // namespace mayfly::cli
