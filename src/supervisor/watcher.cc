// SPDX-License-Identifier: Apache-2.0
#include "supervisor/watcher.h"

#include <fmt/format.h>
#include <sys/inotify.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace mayfly::supervisor {
namespace {

constexpr auto kDebounce = std::chrono::milliseconds(50);
constexpr uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM;

}  // namespace

Watcher::Watcher(boost::asio::io_context& context, std::function<void()> changed)
    : changed_(std::move(changed)), inotify_(context, inotify_init1(IN_CLOEXEC | IN_NONBLOCK)), debounce_(context) {
  read();
}

Result<void> Watcher::watch(const std::vector<std::filesystem::path>& files) {
  neighbours_ = false;
  std::map<std::filesystem::path, Directory> wanted;
  for (const auto& file : files) wanted[file.parent_path()].names.insert(file.filename().string());
  for (auto& [path, directory] : wanted) {
    // The same directory again yields the same watch, or a new one if it was made anew.
    directory.watch = inotify_add_watch(inotify_.native_handle(), path.c_str(), kEvents | IN_ONLYDIR);
    if (directory.watch < 0 && errno != ENOENT && errno != ENOTDIR) {
      return fail(ErrorCode::unavailable, fmt::format("cannot watch {}: {}", path.string(), std::strerror(errno)));
    }
  }
  for (const auto& [path, directory] : directories_) {
    auto kept = std::ranges::any_of(wanted, [&](const auto& entry) { return entry.second.watch == directory.watch; });
    if (!kept) inotify_rm_watch(inotify_.native_handle(), directory.watch);
  }
  directories_ = std::move(wanted);
  return {};
}

void Watcher::read() {
  inotify_.async_read_some(boost::asio::buffer(buffer_), [this](boost::system::error_code error, size_t size) {
    if (error) return;
    handle({buffer_, size});
    read();
  });
}

void Watcher::handle(std::string_view events) {
  for (size_t at = 0; at + sizeof(inotify_event) <= events.size();) {
    inotify_event event;
    std::memcpy(&event, events.data() + at, sizeof event);
    std::string_view name(events.data() + at + sizeof event);  // NUL-terminated, if there is one
    if (event.len == 0) name = {};
    at += sizeof event + event.len;
    if (event.mask & IN_Q_OVERFLOW) return changeSoon();
    for (const auto& [path, directory] : directories_) {
      bool isHidden = name.starts_with('.') || name.ends_with('~');
      bool any = neighbours_ || directory.names.contains("");
      bool counts = directory.names.contains(std::string(name)) || (any && !name.empty() && !isHidden);
      if (directory.watch == event.wd && counts) return changeSoon();
    }
  }
}

void Watcher::changeSoon() {
  debounce_.expires_after(kDebounce);
  debounce_.async_wait([this](boost::system::error_code error) {
    if (!error) changed_();
  });
}

}  // namespace mayfly::supervisor
