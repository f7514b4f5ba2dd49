// SPDX-License-Identifier: Apache-2.0
// Tells when one of a set of files changed, by inotify on the directories that hold them (editors replace files rather
// than write them). Changes that follow one another closely are told once.
//
// Lives on the thread of its io_context and must outlive its run.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"

namespace mayfly::supervisor {

class Watcher {
 public:
  Watcher(boost::asio::io_context& context, std::function<void()> changed);

  // Watches these files, absolute paths, and no longer those of before. One that ends with a slash is a directory, all
  // files of which count, those that are hidden excepted.
  Result<void> watch(const std::vector<std::filesystem::path>& files);
  // Until the next watch(), any file beside the watched ones counts as well: one that was missing may appear.
  void watchNeighbours() { neighbours_ = true; }

 private:
  struct Directory {
    int watch;
    std::set<std::string> names;
  };

  void read();
  void handle(std::string_view events);
  void changeSoon();

  std::function<void()> changed_;
  boost::asio::posix::stream_descriptor inotify_;
  boost::asio::steady_timer debounce_;
  std::map<std::filesystem::path, Directory> directories_;
  bool neighbours_ = false;
  alignas(8) char buffer_[16 * 1024];
};

}  // namespace mayfly::supervisor
