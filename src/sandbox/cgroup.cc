// SPDX-License-Identifier: Apache-2.0
#include "sandbox/cgroup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

namespace mayfly::sandbox {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kControllers[] = {"memory", "cpu", "pids"};
constexpr std::string_view kPrefix = "mayfly-";
constexpr uint64_t kPeriodUs = 100'000;

std::string readText(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The files exist already; a write is one call, and its errno tells.
bool writeText(const fs::path& path, std::string_view text) {
  int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  bool written = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  int error = errno;
  ::close(fd);
  errno = error;
  return written;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream{std::string(text)};
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

std::unexpected<Error> failed(const fs::path& path) {
  return fail(ErrorCode::unavailable, fmt::format("{}: {}", path.string(), std::strerror(errno)));
}

void removeLeftovers(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    std::string name = entry.path().filename();
    if (!name.starts_with(kPrefix)) continue;
    auto pid = static_cast<pid_t>(std::strtol(name.c_str() + kPrefix.size(), nullptr, 10));
    if (pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH) ::rmdir(entry.path().c_str());
  }
}

// Version 2 gives its controllers to groups below one that holds no process itself.
bool giveToGroupsBelow(const fs::path& folder, std::string_view controllers) {
  if (writeText(folder / "cgroup.subtree_control", controllers)) return true;
  if (errno != EBUSY) return false;
  fs::path own = folder / "mayfly-supervisor";
  if (::mkdir(own.c_str(), 0755) != 0 && errno != EEXIST) return false;
  return writeText(own / "cgroup.procs", "0") && writeText(folder / "cgroup.subtree_control", controllers);
}

using Settings = std::vector<std::pair<std::string, std::string>>;

Settings settingsOf(std::string_view controller, bool unified, const CgroupLimits& limits) {
  if (controller == "memory" && limits.memoryBytes != 0) {
    std::string bytes = std::to_string(limits.memoryBytes);
    if (!unified) return {{"memory.limit_in_bytes", bytes}};
    return {{"memory.max", bytes}, {"memory.oom.group", "1"}};
  }
  Settings settings;
  if (controller == "cpu" && limits.cpuPercent != 0) {
    uint64_t quotaUs = kPeriodUs * limits.cpuPercent / 100;
    if (unified) {
      settings.emplace_back("cpu.max", fmt::format("{} {}", quotaUs, kPeriodUs));
    } else {
      settings.emplace_back("cpu.cfs_period_us", std::to_string(kPeriodUs));
      settings.emplace_back("cpu.cfs_quota_us", std::to_string(quotaUs));
    }
  }
  if (controller == "cpu" && limits.cpuWeightPercent != 0) {
    // 100 and 1024 are what a group has by itself.
    if (unified) {
      settings.emplace_back("cpu.weight", std::to_string(limits.cpuWeightPercent));
    } else {
      settings.emplace_back("cpu.shares", std::to_string(1024 * limits.cpuWeightPercent / 100));
    }
  }
  if (controller == "pids" && limits.pidsMax != 0) settings.emplace_back("pids.max", std::to_string(limits.pidsMax));
  return settings;
}

}  // namespace

std::map<std::string, CgroupPlace, std::less<>> locateCgroups(std::string_view cgroups, std::string_view mounts) {
  // "ID:controller,controller:/path"; of version 2 "0::/path".
  std::map<std::string, std::string> paths;
  for (const std::string& line : split(cgroups, '\n')) {
    size_t first = line.find(':');
    size_t second = line.find(':', first + 1);
    if (first == line.npos || second == line.npos) continue;
    std::string names = line.substr(first + 1, second - first - 1);
    if (names.empty()) paths[""] = line.substr(second + 1);
    for (const std::string& name : split(names, ',')) paths[name] = line.substr(second + 1);
  }
  std::map<std::string, CgroupPlace, std::less<>> places;
  for (const std::string& line : split(mounts, '\n')) {
    // "ID PARENT DEV ROOT MOUNTPOINT OPTIONS [FIELDS...] - TYPE SOURCE SUPEROPTIONS"
    size_t dash = line.find(" - ");
    if (dash == line.npos) continue;
    auto before = split(std::string_view(line).substr(0, dash), ' ');
    auto after = split(std::string_view(line).substr(dash + 3), ' ');
    if (before.size() < 5 || after.size() < 3 || !after[0].starts_with("cgroup")) continue;
    bool unified = after[0] == "cgroup2";
    for (const std::string& name : unified ? std::vector<std::string>{""} : split(after[2], ',')) {
      auto path = paths.find(name);
      if (path == paths.end()) continue;
      // A container's mount may begin below the top of the hierarchy.
      std::string below = path->second;
      if (before[3] != "/" && below.starts_with(before[3])) below = below.substr(before[3].size());
      places.try_emplace(name, CgroupPlace{(fs::path(before[4]) / fs::path(below).relative_path()), unified});
    }
  }
  std::erase_if(places, [](const auto& place) {
    return !place.first.empty() && std::ranges::find(kControllers, place.first) == std::end(kControllers);
  });
  for (auto& [name, place] : places) {
    if (!place.folder.has_filename()) place.folder = place.folder.parent_path();
  }
  return places;
}

Result<Cgroups> Cgroups::open() {
  auto places = locateCgroups(readText("/proc/self/cgroup"), readText("/proc/self/mountinfo"));
  if (auto unified = places.extract(""); !unified.empty()) {
    const fs::path& folder = unified.mapped().folder;
    std::istringstream offered(readText(folder / "cgroup.controllers"));
    for (std::string name; offered >> name;) {
      if (std::ranges::find(kControllers, name) == std::end(kControllers)) continue;
      if (giveToGroupsBelow(folder, "+" + name)) places.try_emplace(name, unified.mapped());
    }
  }
  Cgroups groups;
  for (std::string_view controller : kControllers) {
    auto place = places.find(controller);
    std::string why = "no such controller";
    if (place != places.end()) {
      removeLeftovers(place->second.folder);
      why = ::access(place->second.folder.c_str(), W_OK) == 0 ? "" : std::strerror(errno);
    }
    if (why.empty()) {
      groups.places_.insert(*place);
    } else {
      groups.missing_ += fmt::format("{}{}: {}", groups.missing_.empty() ? "" : "; ", controller, why);
    }
  }
  if (groups.places_.empty()) return fail(ErrorCode::unavailable, groups.missing_);
  return groups;
}

Result<CellCgroup> Cgroups::make(const CgroupLimits& limits) {
  CellCgroup cell;
  std::string name = fmt::format("{}{}-{}", kPrefix, ::getpid(), ++made_);
  for (const auto& [controller, place] : places_) {
    fs::path folder = place.folder / name;
    if (::mkdir(folder.c_str(), 0755) == 0) {
      cell.folders_.push_back(folder);
      int entrance = ::open((folder / "cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC);
      if (entrance < 0) return failed(folder / "cgroup.procs");
      cell.entrances_.push_back(entrance);
    } else if (errno != EEXIST) {  // two controllers of one hierarchy share it
      return failed(folder);
    }
    for (const auto& [file, value] : settingsOf(controller, place.unified, limits)) {
      if (!writeText(folder / file, value)) return failed(folder / file);
    }
    if (controller == "memory") cell.memoryEvents_ = folder / (place.unified ? "memory.events" : "memory.oom_control");
  }
  return cell;
}

CellCgroup& CellCgroup::operator=(CellCgroup&& other) noexcept {
  std::swap(folders_, other.folders_);
  std::swap(entrances_, other.entrances_);
  std::swap(memoryEvents_, other.memoryEvents_);
  return *this;
}

CellCgroup::~CellCgroup() {
  for (int entrance : entrances_) ::close(entrance);
  for (const fs::path& folder : folders_) ::rmdir(folder.c_str());
}

uint64_t CellCgroup::memoryKills() const {
  std::istringstream events(memoryEvents_.empty() ? "" : readText(memoryEvents_));
  for (std::string name, value; events >> name >> value;) {
    if (name == "oom_kill") return std::strtoull(value.c_str(), nullptr, 10);
  }
  return 0;
}

}  // namespace mayfly::sandbox
