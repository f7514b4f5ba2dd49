// SPDX-License-Identifier: Apache-2.0
#include "supervisor/host_cell.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>

namespace mayfly::supervisor {

using protocol::LogKind;
using protocol::LogLevel;

HostCell::HostCell(boost::asio::io_context& context, HostCellOptions options, Handlers handlers)
    : context_(context), options_(std::move(options)), handlers_(std::move(handlers)), timer_(context) {}

HostCell::~HostCell() {
  if (process_) process_->kill();
  if (handover_ >= 0) ::close(handover_);
}

void HostCell::start() { spawn(); }

void HostCell::spawn() {
  startedAt_ = std::chrono::steady_clock::now();
  CellProcess::Handlers handlers;
  handlers.printed = [this](std::string_view line) { log(LogLevel::warn, std::string(line)); };
  handlers.ended = [this](const std::string& how) { ended(how); };
  auto process = CellProcess::start(context_,
                                    {.launch = options_.launch,
                                     .shards = options_.shards,
                                     .links = options_.shards,
                                     .handover = true,
                                     .pulse = true,
                                     .listenSockets = options_.listenSockets,
                                     .controlSockets = options_.controlSockets},
                                    handlers);
  if (!process) return ended(process.error().message);
  process_ = std::move(*process);
  link();
  handover_ = process_->takeHandover();
  giveDeadline(options_.helloDeadlineMs, "did not come up");
}

void HostCell::link() {
  CellLinks::Handlers handlers;
  handlers.opened = handlers_.opened;
  handlers.up = [this] { up(); };
  handlers.log = handlers_.log;
  handlers.message = [this](protocol::CellMessage& message) { handle(message); };
  handlers.refused = [this](std::string why) { refuse(std::move(why)); };
  // A cell without one of its links is of no use.
  handlers.lost = [this] {
    if (process_) process_->kill();
  };
  links_ = CellLinks::create(context_, *process_, options_.answerMs, std::move(handlers));
}

void HostCell::handle(protocol::CellMessage& message) {
  if (auto* configured = std::get_if<protocol::Configured>(&message)) return handle(*configured);
  if (auto* wanted = std::get_if<protocol::CellWanted>(&message)) return handlers_.guestWanted(*wanted);
  if (auto* dropped = std::get_if<protocol::CellDropped>(&message)) return handlers_.guestDropped(*dropped);
  if (stopping_ && std::holds_alternative<protocol::Drained>(message)) return kill();
  refuse("sent a message that was not its turn to send");
}

void HostCell::up() {
  up_ = true;
  stopTimer();
  if (next_) return send(*next_);
  if (good_) send(*good_);
}

void HostCell::handle(protocol::Configured& configured) {
  uint32_t generation = configured.generation;
  stopTimer();
  if (next_ && next_->generation == generation) {
    if (configured.error.empty()) good_ = std::move(next_);
    next_.reset();
    return handlers_.configured(generation, configured.error);
  }
  if (!good_ || good_->generation != generation) return;  // was replaced meanwhile
  if (!configured.error.empty()) return refuse("could not start again what it served before: " + configured.error);
  handlers_.configured(generation, configured.error);
}

Result<void> HostCell::configure(const protocol::Configure& configure) {
  Configuration configuration{configure.generation, std::make_shared<Bytes>(protocol::encode(configure))};
  if (configuration.frame->size() > rpc::kMessageBytesMax) {
    return fail(ErrorCode::limit, fmt::format("the code of all workers is {} bytes together; at most {} can be served",
                                              configuration.frame->size(), rpc::kMessageBytesMax));
  }
  next_ = std::move(configuration);
  if (up_) send(*next_);
  return {};
}

void HostCell::send(const Configuration& configuration) {
  links_->send(Bytes::copyOf(configuration.frame->span()));
  giveDeadline(options_.configureDeadlineMs, "did not start its workers");
}

rpc::PipeEnd HostCell::open(std::string_view what) {
  if (links_) return links_->open(what);
  return rpc::makePipe().first;
}

void HostCell::handOver(uint32_t guest, std::vector<int> sockets) {
  uint32_t head[2] = {guest, static_cast<uint32_t>(sockets.size())};
  iovec part{head, sizeof head};
  std::vector<char> space(CMSG_SPACE(sizeof(int) * sockets.size()));
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space.data();
  message.msg_controllen = space.size();
  cmsghdr* control = CMSG_FIRSTHDR(&message);
  control->cmsg_level = SOL_SOCKET;
  control->cmsg_type = SCM_RIGHTS;
  control->cmsg_len = CMSG_LEN(sizeof(int) * sockets.size());
  std::memcpy(CMSG_DATA(control), sockets.data(), sizeof(int) * sockets.size());
  bool sent = handover_ >= 0 && ::sendmsg(handover_, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof head;
  for (int socket : sockets) ::close(socket);
  if (!sent && process_) refuse("took no guest cells any more");
}

void HostCell::tell(const protocol::CellMessage& message) {
  if (links_) links_->send(message);
}

void HostCell::kill() {
  if (!process_) return;
  killed_ = true;
  process_->kill();
}

void HostCell::drain(uint32_t deadlineMs, std::function<void()> done) {
  stopped_ = std::move(done);
  stopping_ = true;
  stopTimer();
  if (!process_) {
    if (auto stopped = std::exchange(stopped_, nullptr)) stopped();
    return;
  }
  if (!up_ || deadlineMs == 0) return kill();
  links_->send(protocol::Drain{deadlineMs});
  setTimer(deadlineMs, [this] { kill(); });
}

void HostCell::ended(const std::string& how) {
  process_.reset();
  if (links_) links_->close();
  links_.reset();
  if (handover_ >= 0) ::close(std::exchange(handover_, -1));
  if (handlers_.guestsOrphaned) handlers_.guestsOrphaned();
  up_ = false;
  stopTimer();
  if (stopping_) {
    if (auto stopped = std::exchange(stopped_, nullptr)) stopped();
    return;
  }
  std::string refusedFor = std::exchange(refusedFor_, {});
  std::string why = refusedFor.empty() ? how : "it was killed because it " + refusedFor;
  if (!std::exchange(killed_, false)) log(LogLevel::error, "the cell died: " + why);
  restartLater();
  auto next = std::exchange(next_, std::nullopt);
  handlers_.died(why);
  if (next) handlers_.configured(next->generation, "the cell died while the workers were starting: " + why);
}

void HostCell::restartLater() {
  auto lived = std::chrono::steady_clock::now() - startedAt_;
  bool wasSteady = lived >= std::chrono::milliseconds(options_.steadyMs);
  restartDelayMs_ = restartDelayMs_ == 0 || wasSteady ? options_.restartDelayMs
                                                      : std::min(restartDelayMs_ * 2, options_.restartDelayMsMax);
  setTimer(restartDelayMs_, [this] { spawn(); });
}

void HostCell::giveDeadline(uint32_t ms, std::string why) {
  setTimer(ms, [this, ms, why = std::move(why)] { refuse(fmt::format("{} within {} ms", why, ms)); });
}

// The cell broke a rule: it is ended, and what follows is as if it had died.
void HostCell::refuse(std::string why) {
  if (!process_ || killed_ || !refusedFor_.empty()) return;
  refusedFor_ = std::move(why);
  process_->kill();
}

void HostCell::log(LogLevel level, std::string text) {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  handlers_.log(
      {LogKind::system, level, "cell", std::chrono::duration<double, std::milli>(now).count(), std::move(text)});
}

void HostCell::stopTimer() {
  ++timerRound_;
  timer_.cancel();
}

void HostCell::setTimer(uint32_t ms, std::function<void()> task) {
  timer_.expires_after(std::chrono::milliseconds(ms));
  // One that ran out just before it was set anew is told by its round.
  timer_.async_wait([this, round = ++timerRound_, task = std::move(task)](boost::system::error_code error) {
    if (!error && round == timerRound_) task();
  });
}

}  // namespace mayfly::supervisor
