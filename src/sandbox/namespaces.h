// SPDX-License-Identifier: Apache-2.0
// A child process that begins in namespaces of its own.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace mayfly::sandbox {

// Like fork(): 0 in the child, the child's number in the parent (where `pidfd` becomes a descriptor of it), -1 with
// errno. `flags` are those of namespaces (LayerSet::cloneFlags). With CLONE_NEWPID the child is process 1 of its own
// namespace: when it ends, all that is in it ends, and it cannot be orphaned by setting PR_SET_PDEATHSIG too late, as
// isOrphan() tells. With CLONE_NEWUSER it is user 0 of its own, mapped to the caller; where that cannot be, the child
// says so on standard error and ends with status 127.
//
// In the child only what is async-signal-safe may be called, as after fork() in a program with threads.
pid_t forkInto(uint64_t flags, int& pidfd);

// In a child that has just set PR_SET_PDEATHSIG: whether the parent was gone before that. `output` is the writing end
// of a pipe that only the parent reads. (getppid() tells nothing across namespaces.)
bool isOrphan(int output);

// Whether this process may make namespaces without one of users.
bool hasAdminRights();

}  // namespace mayfly::sandbox
