// SPDX-License-Identifier: Apache-2.0
#include "sandbox/privileges.h"

#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace mayfly::sandbox {
namespace {

std::unexpected<Error> failed(std::string_view what) {
  return fail(ErrorCode::unavailable, fmt::format("{}: {}", what, std::strerror(errno)));
}

bool become(unsigned user) { return ::setresgid(user, user, user) == 0 && ::setresuid(user, user, user) == 0; }

}  // namespace

Result<void> setLimits(std::span<const ResourceLimit> limits) {
  for (const ResourceLimit& limit : limits) {
    auto resource = static_cast<__rlimit_resource>(resourceNamed(limit.name));
    rlimit now{};
    if (::getrlimit(resource, &now) != 0) return failed(limit.name);
    rlim_t value = std::min<rlim_t>(limit.value, now.rlim_max);
    rlimit wanted{value, value};
    if (::setrlimit(resource, &wanted) != 0) return failed(limit.name);
  }
  return {};
}

unsigned outerPid() {
  char text[32];
  ssize_t size = ::readlink("/proc/self", text, sizeof text - 1);
  if (size <= 0) return 0;
  text[size] = '\0';
  return static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

Result<void> becomeUser(unsigned ownPid) {
  if (::geteuid() != 0) return {};
  if (::setgroups(0, nullptr) != 0) return {};  // a user namespace with one user: it is a stranger's already
  // The group first: it takes the rights that go with the user.
  if (ownPid != 0 && become(kFirstUser + ownPid)) return {};
  if (become(kNobody)) return {};
  return failed("neither a user of its own nor nobody can be had");
}

Result<void> dropBoundingCapabilities() {
  constexpr unsigned kSecureBits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP_LOCKED |
                                   SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
                                   SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return failed("ambient capabilities");
  if (::prctl(PR_SET_SECUREBITS, kSecureBits, 0, 0, 0) != 0 && errno != EPERM) return failed("secure bits");
  for (unsigned long capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability) {
    // Who has no rights cannot drop what it might regain, and needs not: no-new-privileges keeps it from that.
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EPERM) return failed("bounding capabilities");
  }
  return {};
}

Result<void> dropCapabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2]{};
  if (syscall(SYS_capset, &header, none) != 0) return failed("capabilities cannot be dropped");
  return {};
}

Result<void> setNoNewPrivileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("PR_SET_NO_NEW_PRIVS");
  return {};
}

}  // namespace mayfly::sandbox
