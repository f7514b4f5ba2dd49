// SPDX-License-Identifier: Apache-2.0
// Who may reach what: the network policies and secrets of the operator's workers, by generation, and what follows from
// them for whoever opens an egress pipe. A cell says which worker it asks for, never what that worker may do; about
// dynamic workers it brings a grant (egress/grant.h), which can only narrow what their loader has.
//
// Loop thread only.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/network.h"
#include "egress/grant.h"
#include "egress/policy.h"
#include "egress/secrets.h"
#include "supervisor/resolver.h"

namespace mayfly::supervisor {

using HostTable = std::map<std::string, Addresses, std::less<>>;

// What one egress pipe may do.
struct EgressAccess {
  std::string worker;  // for logs
  std::string tenant;  // connections are shared among requests of one tenant only
  bool dynamic = false;
  egress::Layers layers;
  egress::SecretLayers secrets;
  std::shared_ptr<const HostTable> hosts = std::make_shared<const HostTable>();
};

struct AssetTree;

struct WorkerNetwork {
  std::string worker;
  config::NetworkConfig config;
  std::vector<egress::SecretText> secrets;  // with their placeholders
  // Of a worker that serves static files: what it reaches, and nothing else.
  std::shared_ptr<const AssetTree> assets = nullptr;
};

class NetworkRules {
 public:
  // What the operator's own workers reach beside the internet unless they say otherwise.
  enum class Local : uint8_t { closed, loopback };
  enum class Opener : uint8_t { hostCell, guestCell };

  explicit NetworkRules(Local local) : local_(local), key_(egress::makeGrantKey()) {}

  // What cells seal grants with. For host cells only.
  const std::string& key() const { return key_; }

  Result<void> add(uint32_t generation, const std::vector<WorkerNetwork>& workers);
  // It serves; what came before the one that served until now is forgotten.
  void serves(uint32_t generation);
  void failed(uint32_t generation);

  // `what`: "worker GENERATION/NAME", from a host cell, or "grant SEALED". Fails with ErrorCode::denied or notFound.
  Result<EgressAccess> access(std::string_view what, Opener opener) const;

 private:
  struct Worker {
    std::shared_ptr<const egress::Policy> own;
    egress::Layers forDynamic;
    std::shared_ptr<const egress::Secrets> secrets;
    std::shared_ptr<const HostTable> hosts;
  };
  using Workers = std::map<std::string, Worker, std::less<>>;

  Result<Worker> read(const WorkerNetwork& network) const;
  Result<const Worker*> find(uint32_t generation, std::string_view name) const;
  Result<EgressAccess> granted(std::string_view sealed) const;

  const Local local_;
  const std::string key_;
  std::map<uint32_t, Workers> generations_;
  uint32_t serves_ = 0;
};

}  // namespace mayfly::supervisor
