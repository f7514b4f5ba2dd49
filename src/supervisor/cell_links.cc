// SPDX-License-Identifier: Apache-2.0
#include "supervisor/cell_links.h"

#include <fmt/format.h>
#include <unistd.h>

namespace mayfly::supervisor {

namespace {
constexpr size_t kLogTextBytesMax = 256 * 1024;
}

std::shared_ptr<CellLinks> CellLinks::create(boost::asio::io_context& context, CellProcess& process, uint32_t answerMs,
                                             Handlers handlers) {
  auto made = std::shared_ptr<CellLinks>(new CellLinks(context, process, answerMs, std::move(handlers)));
  auto sockets = process.takeLinks();
  for (size_t i = 0; i < sockets.size(); ++i) made->link(i, sockets[i]);
  return made;
}

CellLinks::CellLinks(boost::asio::io_context& context, CellProcess& process, uint32_t answerMs, Handlers handlers)
    : context_(context),
      pid_(process.pid()),
      answerMs_(answerMs),
      handlers_(std::move(handlers)),
      pulse_(process.takePulse()) {}

CellLinks::~CellLinks() { close(); }

void CellLinks::close() {
  if (std::exchange(closed_, true)) return;
  for (auto& link : links_) link->close();
  if (heartbeat_) heartbeat_->stop();
  if (pulse_ >= 0) ::close(std::exchange(pulse_, -1));
}

void CellLinks::link(size_t index, int socket) {
  rpc::Link::Handlers handlers;
  handlers.opened = [weak = weak_from_this()](std::string_view what, rpc::PipeEnd end) {
    if (auto self = weak.lock(); self && !self->closed_) self->handlers_.opened(what, std::move(end));
  };
  handlers.control = [weak = weak_from_this(), index](Bytes frame) {
    if (auto self = weak.lock(); self && !self->closed_) self->control(index, frame);
  };
  handlers.lost = [weak = weak_from_this()](const Error& reason) {
    auto self = weak.lock();
    if (!self || self->closed_) return;
    if (reason.code == ErrorCode::corrupt) return self->refuse("broke the protocol: " + reason.message);
    self->handlers_.lost();
  };
  links_.push_back(rpc::Link::create(context_, socket, rpc::LinkSide::supervisor, std::move(handlers)));
  links_.back()->start();
}

void CellLinks::control(size_t index, const Bytes& frame) {
  if (index != 0) return refuse("sent a control frame over a link that is not for them");
  auto message = protocol::decodeFromCell(frame.span());
  if (!message) return refuse("broke the protocol: " + message.error().message);
  if (auto* greeting = std::get_if<protocol::Hello>(&*message)) return hello(*greeting);
  if (auto* record = std::get_if<protocol::Log>(&*message)) {
    if (record->text.size() > kLogTextBytesMax) record->text.resize(kLogTextBytesMax);
    if (record->worker.size() > kLogTextBytesMax) record->worker.resize(kLogTextBytesMax);
    return handlers_.log(*record);
  }
  handlers_.message(*message);
}

void CellLinks::hello(const protocol::Hello& hello) {
  if (std::exchange(up_, true)) return refuse("sent a message that was not its turn to send");
  if (hello.version != protocol::kProtocolVersion) {
    return refuse(fmt::format("speaks version {} of the protocol, not {}: mayfly and cell.node are of different builds",
                              hello.version, protocol::kProtocolVersion));
  }
  if (answerMs_ != 0 && pulse_ >= 0) {
    heartbeat_ = Heartbeat::start(context_, std::exchange(pulse_, -1), pid_, answerMs_, [weak = weak_from_this()] {
      auto self = weak.lock();
      if (self && !self->closed_) self->refuse(fmt::format("did not answer for {} ms", self->answerMs_));
    });
  }
  handlers_.up();
}

void CellLinks::refuse(std::string why) { handlers_.refused(std::move(why)); }

}  // namespace mayfly::supervisor
