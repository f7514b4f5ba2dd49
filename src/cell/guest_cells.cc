// SPDX-License-Identifier: Apache-2.0
#include "cell/guest_cells.h"

#include <fmt/core.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <functional>

namespace mayfly::cell {

namespace {

constexpr size_t kCellsMax = 128;
// After so many workers a tenant's next one gets another cell, and the old one goes with its last.
constexpr uint32_t kLoadsMax = 20'000;
constexpr std::chrono::seconds kIdlePoll{5};
// How long a cell without workers is kept for the tenant's next one.
constexpr std::chrono::seconds kIdleMax{30};

}  // namespace

uint64_t codeIdentity(std::string_view parent, const isolate::DynamicCode& code) {
  std::hash<std::string_view> hash;
  uint64_t identity = hash(parent) * 31 + hash(code.mainModule);
  for (const ModuleSource& module : code.modules)
    identity = (identity * 31 + hash(module.name)) * 31 + hash(module.body);
  return identity | 1;
}

Result<Isolation> GuestCells::judge(uint64_t code, Isolation isolation) {
  switch (suspects_.judge(code, GuestCell::Clock::now())) {
    case Suspects::Verdict::free: return isolation;
    case Suspects::Verdict::alone: return Isolation::worker;
    case Suspects::Verdict::refused: break;
  }
  auto refused =
      fail(ErrorCode::unavailable, "This code ended its process again and again, and is not started for a while.");
  refused.error().name = "WorkerQuarantined";
  return refused;
}

void GuestCells::start(std::vector<boost::asio::io_context*> contexts, int handoverSocket) {
  contexts_ = std::move(contexts);
  handover_ = std::make_unique<boost::asio::posix::stream_descriptor>(*contexts_[0], handoverSocket);
  idleTimer_ = std::make_unique<boost::asio::steady_timer>(*contexts_[0]);
  receive();
  dropIdle();
}

Result<std::shared_ptr<DynamicWorker>> GuestCells::load(const Loader& loader, std::string tenant, bool own,
                                                        isolate::DynamicCode code, uint64_t identity, std::string name,
                                                        std::string egressGrant, const isolate::Limits& limits,
                                                        bool kept) {
  auto shard = static_cast<size_t>(loader.parent->shard().index());
  protocol::Load load;
  load.kept = kept;
  load.spread = loader.spread;
  load.compatibilityDate = std::move(code.compatibilityDate);
  load.compatibilityFlags = std::move(code.compatibilityFlags);
  load.outbound = code.outbound;
  load.mainModule = std::move(code.mainModule);
  load.modules = std::move(code.modules);
  for (auto& [module, compiled] : code.compiledModules) {
    load.modules.push_back({module, ModuleKind::wasm, std::string(compiled.bytes.begin(), compiled.bytes.end())});
  }
  load.cpuMs = limits.cpuMs;
  load.memoryBytesMax = limits.memoryBytesMax;
  load.egressGrant = std::move(egressGrant);
  load.name = std::move(name);
  for (;;) {
    auto cell = cellOf(tenant, own);
    if (!cell) return std::unexpected(cell.error());
    // It may have ended since.
    if (auto worker = (*cell)->load(shard, std::move(load), identity)) {
      // V8's heaps and the kernel's tables grow with use: a cell is not used for ever.
      if ((*cell)->loads() >= kLoadsMax) closed(**cell);
      return worker;
    }
    closed(**cell);
  }
}

Result<std::shared_ptr<GuestCell>> GuestCells::cellOf(const std::string& tenant, bool own) {
  std::shared_ptr<GuestCell> cell;
  bool tried = false;
  for (;;) {
    std::unique_lock lock(mutex_);
    if (auto found = byTenant_.find(tenant); found != byTenant_.end()) return found->second;
    if (cells_.size() >= kCellsMax && !std::exchange(tried, true)) {
      lock.unlock();
      dropOldest();
      continue;
    }
    if (cells_.size() >= kCellsMax) {
      auto full = fail(ErrorCode::limit, fmt::format("All {} guest cells are in use. Try again later.", kCellsMax));
      full.error().name = "CellLimitExceeded";
      return full;
    }
    GuestCell::Handlers handlers;
    handlers.tellSupervisor = handlers_.tellSupervisor;
    handlers.forget = handlers_.forget;
    handlers.closed = [this](GuestCell& gone) { closed(gone); };
    handlers.empty = [this](GuestCell& gone) { empty(gone); };
    handlers.crashed = [this](GuestCell& gone, const std::vector<uint64_t>& codes) { crashed(gone, codes); };
    cell = std::make_shared<GuestCell>(++lastCell_, tenant, own, contexts_, std::move(handlers));
    cells_[cell->id()] = cell;
    byTenant_[tenant] = cell;
    break;
  }
  handlers_.tellSupervisor(protocol::CellWanted{cell->id(), tenant});
  return cell;
}

std::vector<std::shared_ptr<GuestCell>> GuestCells::emptyBefore(GuestCell::Clock::time_point time) {
  std::vector<std::shared_ptr<GuestCell>> empty;
  std::lock_guard lock(mutex_);
  for (auto& [id, cell] : cells_) {
    if (cell->emptySince() < time) empty.push_back(cell);
  }
  return empty;
}

bool GuestCells::drop(GuestCell& cell) {
  if (!cell.dropIfEmpty()) return false;
  std::shared_ptr<GuestCell> last;  // let go outside the lock
  std::lock_guard lock(mutex_);
  if (auto found = cells_.find(cell.id()); found != cells_.end()) {
    last = std::move(found->second);
    cells_.erase(found);
  }
  return true;
}

void GuestCells::dropOldest() {
  auto empty = emptyBefore(GuestCell::Clock::time_point::max());
  std::ranges::sort(empty, {}, [](auto& cell) { return cell->emptySince(); });
  for (auto& cell : empty) {
    if (drop(*cell)) return;
  }
}

// --- from the supervisor ---

void GuestCells::receive() {
  handover_->async_wait(boost::asio::posix::descriptor_base::wait_read, [this](boost::system::error_code error) {
    if (error) return;
    takeHandover();
    receive();
  });
}

// One record: `u32 cell, u32 count`, and as many sockets.
void GuestCells::takeHandover() {
  uint32_t head[2] = {};
  iovec part{head, sizeof head};
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int) * 64)] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space;
  message.msg_controllen = sizeof space;
  ssize_t size = ::recvmsg(handover_->native_handle(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  if (size == 0) ::_exit(0);  // the supervisor is gone
  if (size < 0) return;
  std::vector<int> sockets;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    sockets.resize(count);
    std::memcpy(sockets.data(), CMSG_DATA(part), count * sizeof(int));
  }
  std::shared_ptr<GuestCell> cell;
  if (size == sizeof head && sockets.size() == contexts_.size()) {
    std::lock_guard lock(mutex_);
    if (auto found = cells_.find(head[0]); found != cells_.end()) cell = found->second;
  }
  if (cell) return cell->connect(std::move(sockets));
  for (int socket : sockets) ::close(socket);  // dropped meanwhile
}

void GuestCells::processEnded(uint32_t id, std::string_view how) {
  std::shared_ptr<GuestCell> cell;
  {
    std::lock_guard lock(mutex_);
    auto found = cells_.find(id);
    if (found == cells_.end()) return;
    cell = std::move(found->second);
    cells_.erase(found);
  }
  cell->end(how);
}

// --- when a cell goes ---

void GuestCells::closed(GuestCell& cell) {
  std::shared_ptr<GuestCell> last;
  std::lock_guard lock(mutex_);
  auto found = byTenant_.find(cell.tenant());
  if (found == byTenant_.end() || found->second.get() != &cell) return;
  last = std::move(found->second);
  byTenant_.erase(found);
}

void GuestCells::empty(GuestCell& cell) {
  // One of its own is of no use without its worker, nor one that gets no new ones.
  bool used = false;
  if (!cell.own()) {
    std::lock_guard lock(mutex_);
    auto found = byTenant_.find(cell.tenant());
    used = found != byTenant_.end() && found->second.get() == &cell;
  }
  if (!used) drop(cell);
}

void GuestCells::crashed(GuestCell& cell, const std::vector<uint64_t>& codes) {
  suspects_.add(codes, cell.own(), GuestCell::Clock::now());
}

void GuestCells::dropIdle() {
  for (auto& cell : emptyBefore(GuestCell::Clock::now() - kIdleMax)) drop(*cell);
  idleTimer_->expires_after(kIdlePoll);
  idleTimer_->async_wait([this](boost::system::error_code error) {
    if (!error) dropIdle();
  });
}

}  // namespace mayfly::cell
