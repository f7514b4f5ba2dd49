// SPDX-License-Identifier: Apache-2.0
// The link stands at the inner end of every pipe as its Receiver: what the holder of the outer end sends is encoded at
// once into `out_`, from whichever thread, and one posted flush writes all that has gathered. Lock order: a pipe's own
// lock, then the link's; so the link calls no pipe while it holds its lock.
//
// A link and its pipes own one another until the link is closed or lost.
#include "rpc/link.h"

#include <fmt/format.h>

#include <atomic>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "rpc/frames.h"

namespace mayfly::rpc {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr size_t kOpenTextBytesMax = 64 * 1024;
constexpr size_t kCloseTextBytesMax = 64 * 1024;
constexpr size_t kCloseNameBytesMax = 64;
constexpr size_t kPipesMax = 1 << 16;
// What was read and not yet received by those it is for; beyond it nothing is read.
constexpr size_t kUnreceivedBytesMax = 64 << 20;
// What waits to be written to a cell; beyond it nothing is read from it. So a cell that asks and does not read the answers
// is not asked for more. Only one side waits like this: if both did, they could wait for one another.
constexpr size_t kUnwrittenBytesMax = 64 << 20;

class SocketLink final : public Link, public Receiver {
 public:
  SocketLink(asio::io_context& context, LinkSide side, Handlers handlers)
      : socket_(context),
        handlers_(std::move(handlers)),
        ownParity_(side == LinkSide::supervisor ? 0 : 1),
        in_(side == LinkSide::supervisor ? kFrameLengthMax : kFrameLengthMaxOfTrusted),
        nextPipe_(side == LinkSide::supervisor ? 2 : 1) {}

  void assign(int socket) { socket_.assign(asio::local::stream_protocol(), socket, assigned_); }

  void start() override {
    unreceived_ = std::make_shared<Account>(kUnreceivedBytesMax, [weak = std::weak_ptr(self())] {
      auto self = weak.lock();
      if (self) asio::post(self->socket_.get_executor(), [self] { self->read(); });
    });
    asio::dispatch(socket_.get_executor(), [this, self = self()] {
      if (assigned_) return end({ErrorCode::unavailable, "link: " + assigned_.message()}, true);
      read();
    });
  }
  PipeEnd open(std::string_view what) override;
  void open(std::string_view what, PipeEnd inner, std::optional<Message> first) override;
  void sendControl(Bytes frame) override;
  size_t queuedBytes() const override { return queuedBytes_.load(std::memory_order_relaxed); }
  using Link::close;
  void close(Error reason) override {
    // Posted, because one of our handlers may be the caller.
    asio::post(socket_.get_executor(), [this, self = self(), reason = std::move(reason)]() mutable {
      writeWhatFits();
      end(std::move(reason), false);
    });
  }

  void deliver(PipeId pipe, Message message) override;
  void closed(PipeId pipe, Error reason) override;

 private:
  using Pipes = std::unordered_map<PipeId, std::shared_ptr<PipeEnd>>;
  struct LeavingPipe {
    std::shared_ptr<PipeEnd> end;
    Error reason;
  };

  std::shared_ptr<SocketLink> self() { return std::static_pointer_cast<SocketLink>(shared_from_this()); }
  protocol::Writer& beginFrame(FrameKind kind, PipeId pipe, size_t bodySize);
  void leave(Pipes::iterator pipe, Error reason);
  void postFlush();
  void flush();
  void write();
  void writeWhatFits();

  void read();
  Result<void> consume();
  Result<void> handle(const Frame& frame);
  Result<void> handleOpen(const Frame& frame);
  Result<void> handleMessage(const Frame& frame);
  Result<void> handleClose(const Frame& frame);
  Result<void> checkWasOpen(PipeId pipe);
  void end(Error reason, bool tell);

  // Loop thread.
  asio::local::stream_protocol::socket socket_;
  error_code assigned_;
  std::shared_ptr<Account> unreceived_;
  Handlers handlers_;
  const uint32_t ownParity_;
  PipeId highestFar_ = 0;
  FrameReader in_;
  FrameQueue writing_;
  bool writeActive_ = false;
  bool readWaits_ = false;  // until enough has been written

  // Any thread.
  std::atomic<size_t> queuedBytes_ = 0;
  std::mutex mutex_;
  // Guarded by mutex_.
  PipeId nextPipe_;
  PipeId highestOwn_ = 0;
  Pipes pipes_;
  FrameQueue out_;
  std::vector<LeavingPipe> leaving_;  // closed while their lock was held: let go by the next flush
  bool flushPosted_ = false;
  bool ended_ = false;
};

// --- sending

// With mutex_ held, as leave() and postFlush().
protocol::Writer& SocketLink::beginFrame(FrameKind kind, PipeId pipe, size_t bodySize) {
  queuedBytes_.fetch_add(kFrameHeadBytes + bodySize, std::memory_order_relaxed);
  return out_.begin(kind, pipe, bodySize);
}

void SocketLink::leave(Pipes::iterator pipe, Error reason) {
  std::string_view text = std::string_view(reason.message).substr(0, kCloseTextBytesMax);
  std::string_view name = std::string_view(reason.name).substr(0, kCloseNameBytesMax);
  protocol::Writer& to = beginFrame(FrameKind::close, pipe->first, 5 + name.size() + text.size());
  to.u8(static_cast<uint8_t>(reason.code));
  to.text(name);
  to.raw(text.data(), text.size());
  leaving_.push_back({std::move(pipe->second), std::move(reason)});
  pipes_.erase(pipe);
  postFlush();
}

void SocketLink::postFlush() {
  if (flushPosted_) return;
  flushPosted_ = true;
  asio::post(socket_.get_executor(), [self = self()] { self->flush(); });
}

PipeEnd SocketLink::open(std::string_view what) {
  auto [outer, inner] = makePipe();
  open(what, std::move(inner), std::nullopt);
  return std::move(outer);
}

void SocketLink::open(std::string_view what, PipeEnd inner, std::optional<Message> first) {
  auto end = std::make_shared<PipeEnd>(std::move(inner));
  PipeId id = 0;
  {
    std::lock_guard lock(mutex_);
    if (ended_ || what.size() > kOpenTextBytesMax) return;               // `end` goes: a pipe to nobody
    while (nextPipe_ < 1 || pipes_.contains(nextPipe_)) nextPipe_ += 2;  // 0 is the control frames'
    id = nextPipe_;
    nextPipe_ += 2;
    highestOwn_ = std::max(highestOwn_, id);
    pipes_.emplace(id, end);
    beginFrame(FrameKind::open, id, what.size()).raw(what.data(), what.size());
    postFlush();
  }
  if (first) deliver(id, std::move(*first));
  end->attach(self(), id);
}

void SocketLink::sendControl(Bytes frame) {
  std::lock_guard lock(mutex_);
  if (ended_) return;
  beginFrame(FrameKind::control, 0, frame.size());
  out_.addPayload(std::move(frame));
  postFlush();
}

void SocketLink::deliver(PipeId pipe, Message message) {
  std::lock_guard lock(mutex_);
  auto found = pipes_.find(pipe);
  if (ended_ || found == pipes_.end()) return;
  if (auto fits = checkSize(message); !fits) return leave(found, std::move(fits.error()));
  encodeHead(message, beginFrame(FrameKind::message, pipe, encodedSize(message)));
  out_.addPayload(std::move(message.payload), std::move(message.charge));
  postFlush();
}

void SocketLink::closed(PipeId pipe, Error reason) {
  std::lock_guard lock(mutex_);
  auto found = pipes_.find(pipe);
  if (ended_ || found == pipes_.end()) return;  // the far peer closed it first
  leave(found, std::move(reason));
}

void SocketLink::flush() {
  std::vector<LeavingPipe> leaving;
  {
    std::lock_guard lock(mutex_);
    flushPosted_ = false;
    leaving.swap(leaving_);
  }
  for (LeavingPipe& pipe : leaving) pipe.end->close(std::move(pipe.reason));
  write();
}

void SocketLink::write() {
  if (writeActive_ || !socket_.is_open() || assigned_) return;
  writing_.clear();
  {
    std::lock_guard lock(mutex_);
    writing_.swap(out_);
  }
  if (writing_.empty()) return;
  writeActive_ = true;
  asio::async_write(socket_, writing_.buffers(), [this, self = self()](error_code error, size_t written) {
    writeActive_ = false;
    queuedBytes_.fetch_sub(written, std::memory_order_relaxed);
    if (error) return end({ErrorCode::unavailable, "link: " + error.message()}, true);
    if (readWaits_ && queuedBytes() <= kUnwrittenBytesMax / 2) {
      readWaits_ = false;
      read();
    }
    write();
  });
}

// Before a deliberate close: what the socket takes without waiting.
void SocketLink::writeWhatFits() {
  if (writeActive_ || !socket_.is_open()) return;
  std::lock_guard lock(mutex_);
  error_code error;
  socket_.non_blocking(true, error);
  if (!error) asio::write(socket_, out_.buffers(), error);
}

// --- receiving

void SocketLink::read() {
  if (!socket_.is_open() || (unreceived_->exceeded() && unreceived_->awaitDrained())) return;
  readWaits_ = ownParity_ == 0 && queuedBytes() > kUnwrittenBytesMax;
  if (readWaits_) return;
  socket_.async_read_some(in_.room(), [this, self = self()](error_code error, size_t size) {
    if (!socket_.is_open()) return;
    if (error) {
      bool gone = error == asio::error::eof || error == asio::error::connection_reset;
      return end({ErrorCode::unavailable, gone ? "the far end of the link is gone" : "link: " + error.message()}, true);
    }
    in_.added(size);
    if (auto good = consume(); !good) return end(good.error(), true);
    read();
  });
}

Result<void> SocketLink::consume() {
  for (;;) {
    auto frame = in_.next();
    if (!frame) return std::unexpected(frame.error());
    if (!*frame) break;
    if (auto good = handle(**frame); !good) return good;
  }
  in_.prepare();
  return {};
}

Result<void> SocketLink::handle(const Frame& frame) {
  switch (frame.kind) {
    case FrameKind::open: return handleOpen(frame);
    case FrameKind::message: return handleMessage(frame);
    case FrameKind::close: return handleClose(frame);
    case FrameKind::control: break;
  }
  if (frame.pipe != 0) return fail(ErrorCode::corrupt, "link: a control frame that names a pipe");
  if (handlers_.control) handlers_.control(Bytes::copyOf(frame.body));
  return {};
}

Result<void> SocketLink::handleOpen(const Frame& frame) {
  PipeId pipe = frame.pipe;
  if (pipe == 0 || pipe % 2 == ownParity_) return fail(ErrorCode::corrupt, "link: a pipe opened under a wrong number");
  if (frame.body.size() > kOpenTextBytesMax)
    return fail(ErrorCode::corrupt, "link: a pipe opened with too long a text");
  auto [outer, inner] = makePipe();
  auto end = std::make_shared<PipeEnd>(std::move(inner));
  end->attach(self(), pipe);
  {
    std::lock_guard lock(mutex_);
    if (pipes_.size() >= kPipesMax) return fail(ErrorCode::corrupt, "link: too many pipes are open");
    if (pipes_.contains(pipe)) return fail(ErrorCode::corrupt, "link: a pipe opened twice");
    pipes_.emplace(pipe, std::move(end));
  }
  highestFar_ = std::max(highestFar_, pipe);
  // Without a handler the outer end goes here, which closes the pipe.
  std::string_view what(reinterpret_cast<const char*>(frame.body.data()), frame.body.size());
  if (handlers_.opened) handlers_.opened(what, std::move(outer));
  return {};
}

Result<void> SocketLink::handleMessage(const Frame& frame) {
  std::shared_ptr<PipeEnd> end;
  {
    std::lock_guard lock(mutex_);
    auto found = pipes_.find(frame.pipe);
    if (found != pipes_.end()) end = found->second;
  }
  if (!end) return checkWasOpen(frame.pipe);
  auto message = decodeMessage(frame.body);
  if (!message) return std::unexpected(message.error());
  message->charge = Charge(unreceived_, chargedBytes(*message));
  end->send(std::move(*message));
  return {};
}

Result<void> SocketLink::handleClose(const Frame& frame) {
  protocol::Reader in(frame.body);
  uint8_t code = in.u8();
  std::string name(in.text());
  auto text = in.rest();
  if (!in.ok() || name.size() > kCloseNameBytesMax || code > static_cast<uint8_t>(ErrorCode::internal)) {
    return fail(ErrorCode::corrupt, "link: a pipe closed without a known reason");
  }
  Pipes::node_type taken;
  {
    std::lock_guard lock(mutex_);
    taken = pipes_.extract(frame.pipe);
  }
  if (!taken) return checkWasOpen(frame.pipe);
  taken.mapped()->close(
      {static_cast<ErrorCode>(code), {reinterpret_cast<const char*>(text.data()), text.size()}, std::move(name)});
  return {};
}

// A frame may cross our own close on its way, so one for a pipe that is gone is dropped; one that never was is a fault.
Result<void> SocketLink::checkWasOpen(PipeId pipe) {
  std::lock_guard lock(mutex_);
  if (pipe != 0 && pipe <= (pipe % 2 == ownParity_ ? highestOwn_ : highestFar_)) return {};
  return fail(ErrorCode::corrupt, fmt::format("link: a frame for pipe {}, which was never opened", pipe));
}

void SocketLink::end(Error reason, bool tell) {
  Pipes pipes;
  std::vector<LeavingPipe> leaving;
  bool kept = tell && handlers_.failing;
  {
    std::lock_guard lock(mutex_);
    if (ended_ && tell) return;
    ended_ = true;
    if (!kept) pipes.swap(pipes_);
    leaving.swap(leaving_);
    out_.clear();
  }
  error_code ignored;
  socket_.close(ignored);
  for (auto& [id, pipe] : pipes) pipe->close(reason);
  for (LeavingPipe& pipe : leaving) pipe.end->close(std::move(pipe.reason));
  Handlers handlers = std::exchange(handlers_, {});  // they may own the owner of this link
  if (kept) return handlers.failing(std::move(reason));
  if (tell && handlers.lost) handlers.lost(std::move(reason));
}

}  // namespace

std::shared_ptr<Link> Link::create(asio::io_context& context, int socket, LinkSide side, Handlers handlers) {
  auto link = std::make_shared<SocketLink>(context, side, std::move(handlers));
  link->assign(socket);
  return link;
}

}  // namespace mayfly::rpc
