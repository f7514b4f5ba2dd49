// SPDX-License-Identifier: Apache-2.0
// What the supervisor has to do with every cell, whichever its kind: a link for each shard, the rules for what comes
// over them, and its heartbeat. A cell may be compromised: what breaks a rule is told to the owner of the process, who
// ends it.
//
// Lives on the thread of its io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/cell_messages.h"
#include "rpc/link.h"
#include "supervisor/cell_process.h"
#include "supervisor/heartbeat.h"

namespace mayfly::supervisor {

class CellLinks : public std::enable_shared_from_this<CellLinks> {
 public:
  struct Handlers {
    // The cell asks for something at our end: "egress <worker>".
    std::function<void(std::string_view what, rpc::PipeEnd end)> opened;
    // It has said Hello, once.
    std::function<void()> up;
    // Its texts are bounded.
    std::function<void(const protocol::Log&)> log;
    // Any other message that a cell may send.
    std::function<void(protocol::CellMessage&)> message;
    // "broke the protocol: ...", "did not answer for 10000 ms".
    std::function<void(std::string why)> refused;
    // A link broke; most often the cell is dying.
    std::function<void()> lost;
  };

  // Takes the links and the pulse of the process. `answerMs` 0: it need not answer.
  static std::shared_ptr<CellLinks> create(boost::asio::io_context& context, CellProcess& process, uint32_t answerMs,
                                           Handlers handlers);
  ~CellLinks();

  void send(const protocol::CellMessage& message) { send(protocol::encode(message)); }
  void send(Bytes frame) { links_[0]->sendControl(std::move(frame)); }
  rpc::PipeEnd open(std::string_view what) { return links_[0]->open(what); }
  // No handler is called from here on.
  void close();

 private:
  CellLinks(boost::asio::io_context& context, CellProcess& process, uint32_t answerMs, Handlers handlers);
  void link(size_t index, int socket);
  void control(size_t index, const Bytes& frame);
  void hello(const protocol::Hello& hello);
  void refuse(std::string why);

  boost::asio::io_context& context_;
  const pid_t pid_;
  const uint32_t answerMs_;
  Handlers handlers_;
  bool closed_ = false;
  bool up_ = false;
  int pulse_;
  std::shared_ptr<Heartbeat> heartbeat_;
  std::vector<std::shared_ptr<rpc::Link>> links_;
};

}  // namespace mayfly::supervisor
