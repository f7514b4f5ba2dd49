// SPDX-License-Identifier: Apache-2.0
// The listening sockets. The supervisor opens them and keeps them as long as it lives, so that clients only wait while
// a cell is being started again; the cells inherit them and accept on them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace mayfly::supervisor {

class Listeners {
 public:
  Listeners() = default;
  Listeners(Listeners&& other) noexcept { *this = std::move(other); }
  Listeners& operator=(Listeners&& other) noexcept {
    std::swap(sockets_, other.sockets_);
    std::swap(port_, other.port_);
    std::swap(url_, other.url_);
    return *this;
  }
  ~Listeners();

  // Listens on every address of `host`, a name or an address. Port 0: any that is free. Fails saying which port is in
  // use and what to do; `option` is how both were given, where that is one option.
  static Result<Listeners> open(const std::string& host, uint16_t port, std::string_view option = "");

  const std::vector<int>& sockets() const { return sockets_; }
  uint16_t port() const { return port_; }
  // "http://127.0.0.1:8787"
  const std::string& url() const { return url_; }

 private:
  std::vector<int> sockets_;
  uint16_t port_ = 0;
  std::string url_;
};

}  // namespace mayfly::supervisor
