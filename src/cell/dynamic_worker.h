// SPDX-License-Identifier: Apache-2.0
// A dynamic worker as its loader's cell knows it: an instance of this very cell, or a stand-in for one in a guest cell.
// Safe from any thread.
#pragma once

#include <optional>

#include "rpc/pipe.h"

namespace mayfly::cell {

class DynamicWorker {
 public:
  virtual ~DynamicWorker() = default;

  // Each takes over the far end of a caller's pipe. The creator holds what the worker's env holds; `init` goes to it
  // before what waits in the pipe.
  virtual void acceptUser(rpc::PipeEnd end) = 0;
  virtual void acceptCreator(rpc::PipeEnd end, std::optional<rpc::Message> init) = 0;
  // It is no longer kept under a name: it ends when nobody holds a pipe to it...
  virtual void unkeep() = 0;
  // ...or when nobody but its creator does.
  virtual void evict() = 0;
  // Whether it could go now without anybody noticing.
  virtual bool idle() const = 0;
};

}  // namespace mayfly::cell
