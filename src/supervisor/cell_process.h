// SPDX-License-Identifier: Apache-2.0
// One operating system process of a cell: Node's executable with our addon, started with a cleared environment, in a
// session of its own, with no file descriptors but its links, the listening sockets and two pipes for what it prints.
// It is killed by the kernel when this process dies.
//
// Lives on the thread of its io_context, which must be the one that started it (the kernel's kill hangs on that
// thread).
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sandbox/sandbox.h"

namespace mayfly::supervisor {

struct CellCommand {
  sandbox::CellLaunch launch;
  int shards = 1;
  // Socket pairs; their far ends become --links=3,4,... and so on.
  int links = 1;
  int peers = 0;
  bool handover = false;
  bool pulse = false;
  std::vector<int> listenSockets{};   // inherited as --listen=...
  std::vector<int> controlSockets{};  // inherited as --control=...
};

class CellProcess : public std::enable_shared_from_this<CellProcess> {
 public:
  struct Handlers {
    std::function<void(std::string_view line)> printed;
    // Called once, after everything that it printed: "exit status 1", "signal 11 (Segmentation fault)".
    std::function<void(std::string how)> ended;
  };

  static Result<std::shared_ptr<CellProcess>> start(boost::asio::io_context& context, const CellCommand& command,
                                                    Handlers handlers);
  ~CellProcess();

  pid_t pid() const { return pid_; }
  // Our ends of the links; whoever calls this owns them.
  std::vector<int> takeLinks() { return std::exchange(links_, {}); }
  std::vector<int> takePeers() { return std::exchange(peers_, {}); }
  int takeHandover() { return std::exchange(handover_, -1); }
  int takePulse() { return std::exchange(pulse_, -1); }
  void kill();

 private:
  struct Output {
    explicit Output(boost::asio::io_context& context) : pipe(context) {}
    boost::asio::posix::stream_descriptor pipe;
    std::string buffer;
    std::string line;  // that has not ended yet
  };

  CellProcess(boost::asio::io_context& context, Handlers handlers);
  void read(Output& output);
  void readRest(Output& output);
  void print(Output& output, std::string_view text);
  void waitForEnd();
  std::string describe(const siginfo_t& info) const;

  Handlers handlers_;
  pid_t pid_ = -1;
  sandbox::CellCgroup cgroup_;
  boost::asio::posix::stream_descriptor process_;  // a pidfd
  Output out_;
  Output error_;
  std::vector<int> links_;
  std::vector<int> peers_;
  int handover_ = -1;
  int pulse_ = -1;
};

}  // namespace mayfly::supervisor
