// SPDX-License-Identifier: Apache-2.0
#include "supervisor/asset_server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "rpc/error_record.h"
#include "supervisor/fetch_head.h"
#include "supervisor/pipe_reader.h"

namespace mayfly::supervisor {

using rpc::Message;
using rpc::MessageType;

namespace {

constexpr size_t kChunkBytes = 64 * 1024;
constexpr size_t kOpenMax = 1024;  // files of one pipe
constexpr std::string_view kOrigin = "http://assets/";

// A file that is being sent. Shared with the read that is under way.
struct Sending {
  ~Sending() {
    if (file >= 0) ::close(file);
  }
  int file = -1;
  uint64_t left = 0;
  uint64_t credit = rpc::kInitialStreamCredit;
  bool reading = false;
  std::string path;
};

struct Read {
  Bytes bytes;
  std::string error;
};

Read readSome(Sending& sending, size_t bytesMax) {
  Bytes bytes = Bytes::ofSize(bytesMax);
  for (;;) {
    ssize_t size = ::read(sending.file, bytes.data(), bytesMax);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return {{}, std::strerror(errno)};
    // The worker has told its client another length already.
    if (size == 0) return {{}, "it was cut short meanwhile"};
    return {Bytes::copyOf(bytes.span().first(static_cast<size_t>(size))), ""};
  }
}

Message about(MessageType type, uint32_t id, Bytes payload = {}) {
  Message message;
  message.type = type;
  message.id = id;
  message.payload = std::move(payload);
  return message;
}

}  // namespace

class AssetServer::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(AssetServer& server, std::shared_ptr<const AssetTree> tree) : server_(server), tree_(std::move(tree)) {}
  ~Session() { reader_->stop(); }

  void start(rpc::PipeEnd end) {
    end_ = std::move(end);
    PipeReader::Handlers handlers;
    handlers.message = [this](Message message) { handle(std::move(message)); };
    handlers.closed = [this](Error) { server_.sessions_.erase(this); };
    reader_ = std::make_shared<PipeReader>(server_.context_, std::move(handlers));
    end_.attach(reader_, 0);
  }

 private:
  void handle(Message message) {
    switch (message.type) {
      case MessageType::fetch: return fetch(message);
      case MessageType::credit:
        if (auto found = sending_.find(message.id); found != sending_.end()) {
          found->second->credit += message.target;
          sendMore(message.id, found->second);
        }
        return;
      case MessageType::cancel: sending_.erase(message.id); return;
      case MessageType::finish:
      case MessageType::release: return;
      case MessageType::call:
        end_.send(
            about(MessageType::failure, message.id, rpc::encodeErrorRecord("TypeError", "Assets have no methods.")));
        return;
      default:
        end_.close({ErrorCode::corrupt, "assets: a message that does not belong here"});
        server_.sessions_.erase(this);
    }
  }

  void fetch(const Message& message) {
    Message response = about(MessageType::response, message.id);
    auto file = open(message.head);
    if (!file) {
      response.head = file.error().message;
      end_.send(std::move(response));
      return;
    }
    response.target = 200;
    response.head = "OK";
    response.flags = rpc::kBodyStream;
    response.stream = ++lastStream_;
    end_.send(std::move(response));
    auto sending = *file;
    sending_.emplace(lastStream_, sending);
    sendMore(lastStream_, sending);
  }

  Result<std::shared_ptr<Sending>> open(std::string_view head) {
    auto parsed = parseFetchHead(head);
    if (!parsed) return std::unexpected(parsed.error());
    size_t number = 0;
    std::string_view url = parsed->url;
    const char* last = url.data() + url.size();
    auto [end, error] = url.starts_with(kOrigin) ? std::from_chars(url.data() + kOrigin.size(), last, number)
                                                 : std::from_chars_result{last, std::errc::invalid_argument};
    if (error != std::errc() || end != last || number >= tree_->files.size()) {
      return fail(ErrorCode::notFound, "there is no asset of this number");
    }
    if (sending_.size() >= kOpenMax) return fail(ErrorCode::limit, "too many assets are being read");
    const AssetFile& file = tree_->files[number];
    auto opened = openAsset(tree_->directory, file.path);
    if (!opened) return fail(ErrorCode::notFound, fmt::format("asset {}: {}", number, opened.error().message));
    auto sending = std::make_shared<Sending>();
    sending->file = *opened;
    sending->left = file.bytes;
    sending->path = file.path;
    return sending;
  }

  void sendMore(uint32_t stream, const std::shared_ptr<Sending>& sending) {
    if (sending->left == 0) {
      end_.send(about(MessageType::end, stream));
      sending_.erase(stream);
      return;
    }
    if (sending->reading || sending->credit == 0) return;
    sending->reading = true;
    size_t bytesMax = std::min<uint64_t>({kChunkBytes, sending->credit, sending->left});
    boost::asio::post(server_.disk_, [weak = weak_from_this(), &context = server_.context_, stream, sending, bytesMax] {
      boost::asio::post(context, [weak, stream, sending, read = readSome(*sending, bytesMax)]() mutable {
        if (auto self = weak.lock()) self->wasRead(stream, sending, std::move(read));
      });
    });
  }

  void wasRead(uint32_t stream, const std::shared_ptr<Sending>& sending, Read read) {
    sending->reading = false;
    auto found = sending_.find(stream);
    if (found == sending_.end() || found->second != sending) return;  // cancelled meanwhile
    if (!read.error.empty()) {
      auto text = fmt::format("The asset {} cannot be read: {}.", sending->path, read.error);
      end_.send(about(MessageType::abort, stream, rpc::encodeErrorRecord("Error", text)));
      sending_.erase(found);
      return;
    }
    sending->left -= read.bytes.size();
    sending->credit -= read.bytes.size();
    end_.send(about(MessageType::chunk, stream, std::move(read.bytes)));
    sendMore(stream, sending);
  }

  AssetServer& server_;
  const std::shared_ptr<const AssetTree> tree_;
  rpc::PipeEnd end_;
  std::shared_ptr<PipeReader> reader_;
  std::unordered_map<uint32_t, std::shared_ptr<Sending>> sending_;  // by stream
  uint32_t lastStream_ = 0;
};

AssetServer::AssetServer(boost::asio::io_context& context) : context_(context) {}

AssetServer::~AssetServer() {
  disk_.join();
  sessions_.clear();
}

void AssetServer::serves(uint32_t generation) {
  if (generation == serves_) return;
  std::erase_if(generations_, [&](const auto& entry) { return entry.first < generation && entry.first != serves_; });
  serves_ = generation;
}

void AssetServer::failed(uint32_t generation) {
  if (generation != serves_) generations_.erase(generation);
}

std::shared_ptr<const AssetTree> AssetServer::find(std::string_view what) const {
  constexpr std::string_view kWorker = "worker ";
  if (!what.starts_with(kWorker)) return nullptr;
  what.remove_prefix(kWorker.size());
  uint32_t generation = 0;
  auto [end, error] = std::from_chars(what.data(), what.data() + what.size(), generation);
  if (error != std::errc() || end == what.data() + what.size() || *end != '/') return nullptr;
  auto trees = generations_.find(generation);
  if (trees == generations_.end()) return nullptr;
  auto tree = trees->second.find(what.substr(static_cast<size_t>(end - what.data()) + 1));
  return tree == trees->second.end() ? nullptr : tree->second;
}

void AssetServer::serve(rpc::PipeEnd end, std::shared_ptr<const AssetTree> tree) {
  auto session = std::make_shared<Session>(*this, std::move(tree));
  sessions_.emplace(session.get(), session);
  session->start(std::move(end));
}

}  // namespace mayfly::supervisor
