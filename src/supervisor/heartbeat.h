// SPDX-License-Identifier: Apache-2.0
// Asks a cell now and then whether it is still there. One may be stopped, or one of its loops stuck, without having
// ended, and then nobody would ever hear from it again.
//
// A question is a byte on a socket of its own, as on a link an answer may wait behind what nobody receives; it goes
// through the loops of all shards before it comes back (cell/pulse.h). Loops run no worker for longer than a slice, so
// the time that answers take depends on the machine alone. What is counted is turns in which there is no answer, and not
// time: who was held up himself blames nobody. A turn at the end of which a thread of the cell is ready to run hardly
// counts: whoever has the byte and gets no processor is, and where there is too little for all it is not the cell's fault.
//
// Lives on the thread of its io_context.
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>

namespace mayfly::supervisor {

class Heartbeat : public std::enable_shared_from_this<Heartbeat> {
 public:
  // Takes over `socket`, which leads to the process `pid`. `silent` is called once, when there is no answer for about
  // `answerMs`.
  static std::shared_ptr<Heartbeat> start(boost::asio::io_context& context, int socket, pid_t pid, uint32_t answerMs,
                                          std::function<void()> silent);
  void stop();

 private:
  Heartbeat(boost::asio::io_context& context, int socket, pid_t pid, uint32_t answerMs, std::function<void()> silent);
  void beat();
  void ask();

  boost::asio::posix::stream_descriptor socket_;
  boost::asio::steady_timer timer_;
  const pid_t pid_;
  const uint32_t answerMs_;
  std::function<void()> silent_;
  char byte_ = 0;
  bool asked_ = false;
  int missed_ = 0;  // in steps of kMissed
};

}  // namespace mayfly::supervisor
