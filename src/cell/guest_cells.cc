// SPDX-License-Identifier: Apache-2.0
#include "cell/guest_cells.h"

#include <fmt/core.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cstring>
#include <functional>

#include "rpc/frames.h"

namespace mayfly::cell {

namespace {

constexpr size_t kCellsMax = 256;
// All of it is one frame, and numbers and lengths are part of that.
constexpr size_t kLoadBytesMax = rpc::kFrameLengthMaxOfTrusted / 4 * 3;
constexpr size_t kBytesBesideAName = 32;
constexpr std::chrono::seconds kIdlePoll{5};
// How long whoever has a worker of a retired cell may call it now and then.
constexpr std::chrono::seconds kRetiredCalls{30};
// How long a cell without workers is kept for the tenant's next one.
constexpr std::chrono::seconds kIdleMax{30};

// "PARENT\nTENANT", for the log.
std::string nameOfAccount(std::string_view account) {
  size_t end = account.find('\n');
  std::string_view tenant = end == account.npos ? std::string_view() : account.substr(end + 1);
  std::string text = fmt::format("worker \"{}\"", account.substr(0, end));
  return tenant.empty() ? text : fmt::format("{}, tenant \"{}\"", text, tenant);
}

size_t bytesOf(const protocol::Load& load) {
  size_t bytes = load.name.size() + load.egressGrant.size() + load.mainModule.size();
  for (const std::string& flag : load.compatibilityFlags) bytes += kBytesBesideAName + flag.size();
  for (const ModuleSource& module : load.modules) bytes += kBytesBesideAName + module.name.size() + module.body.size();
  return bytes;
}

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

Result<std::shared_ptr<DynamicWorker>> GuestCells::load(const Loader& loader, std::string tenant, std::string account,
                                                        bool own, isolate::DynamicCode code, uint64_t identity,
                                                        std::string name, std::string egressGrant, const Limits& limits,
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
  load.limits = limits;
  load.logEvents = loader.logEvents;
  load.egressGrant = std::move(egressGrant);
  load.name = std::move(name);
  if (size_t bytes = bytesOf(load); bytes > kLoadBytesMax) {
    return fail(
        ErrorCode::limit,
        fmt::format("Dynamic Worker code has {} bytes with its WebAssembly and all names, which is more than the "
                    "{} that a guest cell takes.",
                    bytes, kLoadBytesMax));
  }
  for (;;) {
    auto cell = cellOf(tenant, account, own);
    if (!cell) return std::unexpected(cell.error());
    // It may have ended since.
    if (auto worker = (*cell)->load(shard, std::move(load), identity)) {
      if ((*cell)->loads() >= life_.workersMax) {
        // Later: who loads may hold what retiring takes.
        boost::asio::post(*contexts_[0], [this, cell = *cell] { retire(cell, "it has had enough workers"); });
      }
      return worker;
    }
    closed(**cell);
  }
}

// A tenant may have as many cells as are still free, so that there is always room for those who have none.
Result<void> GuestCells::checkRoom(const std::string& account) const {
  auto count =
      static_cast<size_t>(std::ranges::count_if(cells_, [&](auto& pair) { return pair.second->account() == account; }));
  size_t free = kCellsMax - std::min(kCellsMax, cells_.size());
  if (count < free) return {};
  auto full = fail(ErrorCode::limit,
                   free == 0 ? fmt::format("All {} guest cells are in use. Try again later.", kCellsMax)
                             : fmt::format("{} of {} guest cells are in use, {} of them by this tenant, which may have "
                                           "as many as are free. Try again later.",
                                           cells_.size(), kCellsMax, count));
  full.error().name = "CellLimitExceeded";
  return full;
}

Result<std::shared_ptr<GuestCell>> GuestCells::cellOf(const std::string& tenant, const std::string& account, bool own) {
  std::shared_ptr<GuestCell> cell;
  std::chrono::milliseconds delay{};
  bool tried = false;
  for (;;) {
    std::unique_lock lock(mutex_);
    if (auto found = byTenant_.find(tenant); found != byTenant_.end()) return found->second;
    if (auto room = checkRoom(account); !room) {
      if (std::exchange(tried, true)) return std::unexpected(room.error());
      lock.unlock();
      dropOldest();
      continue;
    }
    GuestCell::Handlers handlers;
    handlers.tellSupervisor = handlers_.tellSupervisor;
    handlers.forget = handlers_.forget;
    handlers.closed = [this](GuestCell& gone) { closed(gone); };
    handlers.empty = [this](GuestCell& gone) { empty(gone); };
    handlers.crashed = [this](GuestCell& gone, const std::vector<uint64_t>& codes) { crashed(gone, codes); };
    cell = std::make_shared<GuestCell>(++lastCell_, tenant, account, own, contexts_, std::move(handlers));
    cells_[cell->id()] = cell;
    byTenant_[tenant] = cell;
    delay = delays_.delay(account, GuestCell::Clock::now());
    break;
  }
  want(cell, delay);
  return cell;
}

void GuestCells::want(const std::shared_ptr<GuestCell>& cell, std::chrono::milliseconds delay) {
  protocol::CellWanted wanted{cell->id(), cell->tenant(), cell->account()};
  if (delay.count() == 0) return handlers_.tellSupervisor(wanted);
  handlers_.log(protocol::LogLevel::warn,
                fmt::format("guest cells of {} end again and again: the next one is started in {} ms",
                            nameOfAccount(cell->account()), delay.count()));
  auto timer = std::make_shared<boost::asio::steady_timer>(*contexts_[0], delay);
  timer->async_wait([this, timer, wanted = std::move(wanted)](boost::system::error_code) {
    if (find(wanted.cell)) handlers_.tellSupervisor(wanted);
  });
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

std::shared_ptr<GuestCell> GuestCells::find(uint32_t id) {
  std::lock_guard lock(mutex_);
  auto found = cells_.find(id);
  return found == cells_.end() ? nullptr : found->second;
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

void GuestCells::processGrown(uint32_t id, uint64_t bytes) {
  auto cell = find(id);
  if (cell && cell->excessBytes(bytes) > life_.growthBytesMax) retire(cell, "it has grown too much");
}

// --- when a cell goes ---

void GuestCells::retire(const std::shared_ptr<GuestCell>& cell, std::string_view why) {
  if (!cell->retire()) return;
  handlers_.log(protocol::LogLevel::info,
                fmt::format("a guest cell of {} is replaced: {}", nameOfAccount(cell->account()), why));
}

void GuestCells::retireOld() {
  std::vector<std::shared_ptr<GuestCell>> old, retired;
  {
    std::lock_guard lock(mutex_);
    auto now = GuestCell::Clock::now();
    for (auto& [id, cell] : cells_) {
      if (cell->upSince() < now - life_.ageMax) old.push_back(cell);
      if (cell->retiredSince() < now - kRetiredCalls) retired.push_back(cell);
    }
  }
  for (auto& cell : retired) cell->evictKept();
  for (auto& cell : old) retire(cell, "it is old enough");
}

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
  auto now = GuestCell::Clock::now();
  suspects_.add(codes, cell.own(), now);
  std::lock_guard lock(mutex_);
  delays_.add(cell.account(), now);
}

void GuestCells::dropIdle() {
  retireOld();
  for (auto& cell : emptyBefore(GuestCell::Clock::now() - kIdleMax)) drop(*cell);
  idleTimer_->expires_after(kIdlePoll);
  idleTimer_->async_wait([this](boost::system::error_code error) {
    if (!error) dropIdle();
  });
}

}  // namespace mayfly::cell
