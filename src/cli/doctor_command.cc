// SPDX-License-Identifier: Apache-2.0
// `mayfly doctor`: which layers of the cells' sandbox this machine offers, and what they hold when it is tried from
// inside. Exit status 0 when all required layers are there and everything held.
#include <fmt/format.h>

#include <map>

#include "cli/commands.h"
#include "supervisor/doctor.h"

namespace mayfly::cli {
namespace {

using sandbox::Need;
using sandbox::Profile;
using supervisor::Finding;

bool printLayers(const sandbox::Sandbox& sandbox) {
  bool complete = true;
  fmt::print("{:<20}{:<12}{:<10}{}\n", "layer", "state", "need", "");
  for (const auto& state : sandbox.layers()) {
    const auto& info = sandbox::infoOf(state.layer);
    bool idle = sandbox.isNotNeeded(state.layer);
    bool required = info.need == Need::required;
    if (!state.applied && !idle && required) complete = false;
    fmt::print("{:<20}{:<12}{:<10}{}\n", info.name,
               state.applied ? "applied"
               : idle        ? "not needed"
                             : "MISSING",
               required ? "required" : "wanted", state.why.empty() ? info.reason : state.why);
  }
  return complete;
}

// What was tried by several threads, and before and after the lock-down, in one line.
struct Row {
  std::map<std::string, std::string> outcomes;  // by stage and thread
  bool held = true;
};

bool printFindings(Profile profile, const std::vector<Finding>& findings) {
  std::vector<std::string> order;
  std::map<std::string, Row> rows;
  for (const Finding& finding : findings) {
    if (finding.profile != profile) continue;
    if (!rows.contains(finding.what)) order.push_back(finding.what);
    Row& row = rows[finding.what];
    row.held = row.held && finding.held;
    std::string& shown = row.outcomes[finding.stage];
    std::string outcome =
        finding.held ? finding.outcome : fmt::format("{} ({} thread)", finding.outcome, finding.thread);
    if (shown.find(outcome) == shown.npos) shown += (shown.empty() ? "" : ", ") + outcome;
  }
  fmt::print("\nfrom inside a {} cell, by its main thread and by threads made before and after the lock-down\n",
             sandbox::profileName(profile));
  fmt::print("{:<38}{:<8}{:<24}{}\n", "tried", "", "before the lock-down", "after");
  bool all = true;
  for (const std::string& what : order) {
    Row& row = rows[what];
    all = all && row.held;
    fmt::print("{:<38}{:<8}{:<24}{}\n", what, row.held ? "held" : "FAILED",
               row.outcomes["before"].empty() ? "-" : row.outcomes["before"],
               row.outcomes["after"].empty() ? "-" : row.outcomes["after"]);
  }
  return all;
}

}  // namespace

Result<int> doctorCommand(const supervisor::Installation& installation) {
  auto sandbox = sandbox::Sandbox::prepare(sandbox::Level::bestEffort, supervisor::cellFiles(installation));
  if (!sandbox) return std::unexpected(sandbox.error());
  auto findings = supervisor::examine(installation, *sandbox);
  if (!findings) return std::unexpected(findings.error());
  bool good = printLayers(*sandbox);
  for (Profile profile : {Profile::guest, Profile::host}) good = printFindings(profile, *findings) && good;
  fmt::print("\n{}\n", good ? "everything held" : "NOT everything held: see docs/operating/sandbox.md");
  return good ? 0 : kStatusFailed;
}

}  // namespace mayfly::cli
