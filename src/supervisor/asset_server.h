// SPDX-License-Identifier: Apache-2.0
// Serves the content of static files to the workers that answer requests with them (api/platform/assets), each over a
// pipe of its own: `fetch` of "http://assets/NUMBER" is the file of that number. The worker's isolate decides what
// the client sees; it cannot reach a file beside those.
//
// Lives on the thread of the io_context; files are read on a thread of its own, as a disk may be slow.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "rpc/pipe.h"
#include "supervisor/asset_tree.h"

namespace mayfly::supervisor {

// By the name of the worker that serves them.
using AssetTrees = std::map<std::string, std::shared_ptr<const AssetTree>, std::less<>>;

class AssetServer {
 public:
  explicit AssetServer(boost::asio::io_context& context);
  ~AssetServer();

  void add(uint32_t generation, AssetTrees trees) { generations_[generation] = std::move(trees); }
  // It serves; what came before the one that served until now is forgotten.
  void serves(uint32_t generation);
  void failed(uint32_t generation);

  // `what`: "worker GENERATION/NAME". Null when that is no worker with assets.
  std::shared_ptr<const AssetTree> find(std::string_view what) const;
  void serve(rpc::PipeEnd end, std::shared_ptr<const AssetTree> tree);

 private:
  class Session;

  boost::asio::io_context& context_;
  boost::asio::thread_pool disk_{1};
  std::map<uint32_t, AssetTrees> generations_;
  uint32_t serves_ = 0;
  std::unordered_map<Session*, std::shared_ptr<Session>> sessions_;
};

}  // namespace mayfly::supervisor
