// SPDX-License-Identifier: Apache-2.0
// From paths on a command line to what a cell is told to serve: reads the configurations, bundles the workers and puts
// the two together. Runs esbuild, so it takes its time; may be called from any thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/config.h"
#include "protocol/cell_messages.h"
#include "supervisor/network_rules.h"

namespace mayfly::supervisor {

struct ProjectOptions {
  std::vector<std::filesystem::path> paths;
  config::LoadOptions load;
  config::BundleTools tools;
};

struct Project {
  std::vector<protocol::WorkerSpec> workers;
  std::vector<WorkerNetwork> networks;        // one per worker
  std::vector<std::filesystem::path> inputs;  // every file that was read: what to watch
  std::vector<std::string> notices;           // about accepted keys that change nothing
  std::vector<std::string> warnings;          // of the configuration and the bundler
};

Result<Project> buildProject(const ProjectOptions& options);

// The parts that need no files. What a worker finds in `env` for a secret is a new placeholder each time.
WorkerNetwork workerNetwork(const config::WorkerConfig& config);
protocol::WorkerSpec workerSpec(const config::WorkerConfig& config, config::Bundle bundle,
                                const WorkerNetwork& network = {});

}  // namespace mayfly::supervisor
