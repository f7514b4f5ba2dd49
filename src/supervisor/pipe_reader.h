// SPDX-License-Identifier: Apache-2.0
// Brings what a pipe delivers, on whichever thread, to the thread of an io_context, in order. For native peers.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <memory>

#include "rpc/pipe.h"

namespace mayfly::supervisor {

class PipeReader final : public rpc::Receiver, public std::enable_shared_from_this<PipeReader> {
 public:
  struct Handlers {
    std::function<void(rpc::Message)> message;
    std::function<void(Error)> closed;
  };

  PipeReader(boost::asio::io_context& context, Handlers handlers)
      : context_(context), handlers_(std::make_shared<Handlers>(std::move(handlers))) {}

  void deliver(rpc::PipeId, rpc::Message message) override {
    boost::asio::post(context_, [self = shared_from_this(), message = std::move(message)]() mutable {
      if (auto handlers = self->handlers_) handlers->message(std::move(message));
    });
  }
  void closed(rpc::PipeId, Error reason) override {
    boost::asio::post(context_, [self = shared_from_this(), reason = std::move(reason)]() mutable {
      if (auto handlers = self->handlers_) handlers->closed(std::move(reason));
    });
  }
  // Nothing is handled from now on, though it may still arrive. On the thread of the io_context.
  void stop() { handlers_.reset(); }

 private:
  boost::asio::io_context& context_;
  std::shared_ptr<Handlers> handlers_;  // shared with the call that is running, which may stop us
};

}  // namespace mayfly::supervisor
