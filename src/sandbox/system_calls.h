// SPDX-License-Identifier: Apache-2.0
// Which system calls a cell may make, as data. The tables: what is closed before Node's executable starts
// (kEarlyRules), what a cell that only runs isolates may do once it has started (kGuestRules), and what a cell with the
// HTTP front end may do besides (kHostRules). The first rule that matches answers; what no rule names is allowed by the
// early filter and refused by the late one.
//
// Opening files is refused although some libraries try it: with a file at hand V8 would map it, which is refused too,
// and V8 takes that for its end. Thread creation stays, by clone: shards start threads at any time.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "sandbox/filter.h"

namespace mayfly::sandbox {

namespace rules {

constexpr uint64_t kAll = ~uint64_t{0};
constexpr uint64_t kInt = 0xffffffff;  // the kernel reads no more of an int
constexpr uint64_t kThreadFlags = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD;
constexpr uint64_t kCloneFlagsLooked = kThreadFlags | CLONE_PTRACE | CLONE_VFORK | CLONE_PARENT | CLONE_NEWNS |
                                       CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
                                       CLONE_NEWNET;

constexpr ArgumentCheck is(int index, uint64_t value, uint64_t mask = kInt) { return {index, mask, value}; }

}  // namespace rules

#define MAYFLY_CALL(name, answer, reason, ...)                 \
  CallRule {                                                   \
    SYS_##name, #name, Answer::answer, reason, { __VA_ARGS__ } \
  }

// clang-format off
inline constexpr CallRule kEarlyRules[] = {
    // libuv ends the process when io_uring exists and then fails, so it must not exist from the beginning.
    MAYFLY_CALL(io_uring_setup, absent, "a second way to make system calls, past every filter"),
    MAYFLY_CALL(io_uring_enter, absent, "as above"),
    MAYFLY_CALL(io_uring_register, absent, "as above"),
    MAYFLY_CALL(ptrace, kill, "takes over another process"),
    MAYFLY_CALL(process_vm_readv, kill, "reads another process"),
    MAYFLY_CALL(process_vm_writev, kill, "writes another process"),
    MAYFLY_CALL(process_madvise, kill, "acts on another process"),
    MAYFLY_CALL(kcmp, kill, "tells addresses of the kernel"),
    MAYFLY_CALL(pidfd_getfd, kill, "takes descriptors of another process"),
    MAYFLY_CALL(bpf, kill, "runs programs in the kernel"),
    MAYFLY_CALL(perf_event_open, kill, "measures others; many kernel bugs"),
    MAYFLY_CALL(userfaultfd, kill, "holds the kernel up in the middle of a copy"),
    MAYFLY_CALL(mount, kill, "changes the view of the file system"),
    MAYFLY_CALL(umount2, kill, "as above"),
    MAYFLY_CALL(pivot_root, kill, "as above"),
    MAYFLY_CALL(chroot, kill, "as above"),
    MAYFLY_CALL(move_mount, kill, "as above"),
    MAYFLY_CALL(open_tree, kill, "as above"),
    MAYFLY_CALL(mount_setattr, kill, "as above"),
    MAYFLY_CALL(fsopen, kill, "as above"),
    MAYFLY_CALL(fsmount, kill, "as above"),
    MAYFLY_CALL(open_by_handle_at, kill, "opens files past their folders"),
    MAYFLY_CALL(unshare, kill, "makes namespaces, and with them rights"),
    MAYFLY_CALL(setns, kill, "enters namespaces"),
    MAYFLY_CALL(keyctl, kill, "the kernel's keys are not in a namespace"),
    MAYFLY_CALL(add_key, kill, "as above"),
    MAYFLY_CALL(request_key, kill, "as above"),
    MAYFLY_CALL(init_module, kill, "loads code into the kernel"),
    MAYFLY_CALL(finit_module, kill, "as above"),
    MAYFLY_CALL(delete_module, kill, "as above"),
    MAYFLY_CALL(kexec_load, kill, "replaces the kernel"),
    MAYFLY_CALL(kexec_file_load, kill, "as above"),
    MAYFLY_CALL(reboot, kill, "acts on the machine"),
    MAYFLY_CALL(swapon, kill, "as above"),
    MAYFLY_CALL(swapoff, kill, "as above"),
#if defined(__x86_64__)
    MAYFLY_CALL(iopl, kill, "as above"),
    MAYFLY_CALL(ioperm, kill, "as above"),
#endif
};

// Before the others in a cell that compiles nothing: what it can write it cannot execute.
inline constexpr CallRule kNoCodeRules[] = {
    MAYFLY_CALL(mmap, refuse, "executable memory", rules::is(2, PROT_EXEC, PROT_EXEC)),
    MAYFLY_CALL(mprotect, refuse, "executable memory", rules::is(2, PROT_EXEC, PROT_EXEC)),
};

inline constexpr CallRule kGuestRules[] = {
    // Memory. Anonymous only; executable memory must be had, V8 compiles into it.
    MAYFLY_CALL(mmap, allow, "memory; no files", rules::is(3, MAP_ANONYMOUS, MAP_ANONYMOUS)),
    MAYFLY_CALL(munmap, allow, "memory"),
    MAYFLY_CALL(mprotect, allow, "memory of V8: code is made writable and executable in turn"),
    MAYFLY_CALL(mremap, allow, "growing allocations"),
    MAYFLY_CALL(madvise, allow, "giving pages back"),
    MAYFLY_CALL(brk, allow, "malloc"),
    MAYFLY_CALL(membarrier, allow, "V8 after it changed code"),
    // Threads.
    MAYFLY_CALL(futex, allow, "locks"),
    MAYFLY_CALL(clone3, absent, "its flags cannot be looked at; libc takes clone instead"),
    MAYFLY_CALL(clone, allow, "threads of this process, and nothing else", rules::is(0, rules::kThreadFlags, rules::kCloneFlagsLooked)),
    MAYFLY_CALL(clone, kill, "processes and namespaces"),
    MAYFLY_CALL(set_robust_list, allow, "start of a thread"),
    MAYFLY_CALL(rseq, allow, "start of a thread"),
    MAYFLY_CALL(sched_yield, allow, "locks that spin"),
    MAYFLY_CALL(sched_getaffinity, allow, "bounds of a thread's stack"),
    MAYFLY_CALL(sched_getparam, allow, "bounds of a thread's stack"),
    MAYFLY_CALL(sched_getscheduler, allow, "bounds of a thread's stack"),
    MAYFLY_CALL(prctl, allow, "name of a thread", rules::is(0, PR_SET_NAME)),
    MAYFLY_CALL(prctl, allow, "names of memory regions", rules::is(0, 0x53564d41 /* PR_SET_VMA */)),
    MAYFLY_CALL(getpid, allow, "harmless"),
    MAYFLY_CALL(gettid, allow, "harmless"),
    MAYFLY_CALL(getrusage, allow, "processor time and memory of itself"),
    MAYFLY_CALL(prlimit64, allow, "reading its own limits", rules::is(0, 0), rules::is(2, 0, rules::kAll)),
    MAYFLY_CALL(getrandom, allow, "crypto"),
    MAYFLY_CALL(exit, allow, "end of a thread"),
    MAYFLY_CALL(exit_group, allow, "end of the cell"),
    // Signals, of itself to itself. The handler that tells of refused calls stays in place.
    MAYFLY_CALL(rt_sigaction, refuse, "keeps the handler of refused calls", rules::is(0, SIGSYS)),
    MAYFLY_CALL(rt_sigaction, allow, "abort() restores a default"),
    MAYFLY_CALL(rt_sigprocmask, allow, "start of a thread"),
    MAYFLY_CALL(rt_sigreturn, allow, "end of a handler"),
    MAYFLY_CALL(sigaltstack, allow, "start and end of a thread"),
    MAYFLY_CALL(tgkill, allow, "abort()", rules::is(0, kOwnPid)),
    // Time.
    MAYFLY_CALL(clock_gettime, allow, "clocks, of a thread's processor time too"),
    MAYFLY_CALL(clock_nanosleep, allow, "waiting"),
    MAYFLY_CALL(nanosleep, allow, "waiting"),
    MAYFLY_CALL(gettimeofday, allow, "clocks"),
    MAYFLY_CALL(restart_syscall, allow, "the kernel, after a signal"),
    // What is open already: links to the supervisor, wake-ups, timers.
    MAYFLY_CALL(read, allow, "wake-ups"),
    MAYFLY_CALL(write, allow, "wake-ups, standard error"),
    MAYFLY_CALL(readv, allow, "links"),
    MAYFLY_CALL(writev, allow, "links, standard error"),
    MAYFLY_CALL(recvmsg, allow, "links"),
    MAYFLY_CALL(sendmsg, allow, "links"),
    MAYFLY_CALL(recvfrom, allow, "links"),
    MAYFLY_CALL(sendto, allow, "links"),
    MAYFLY_CALL(shutdown, allow, "links"),
    MAYFLY_CALL(close, allow, "links"),
    MAYFLY_CALL(ioctl, allow, "sockets that do not block", rules::is(1, FIONBIO)),
    MAYFLY_CALL(epoll_ctl, allow, "event loops"),
    MAYFLY_CALL(epoll_pwait, allow, "event loops"),
    MAYFLY_CALL(ppoll, allow, "event loops"),
    MAYFLY_CALL(timerfd_settime, allow, "timers of event loops"),
#if defined(__x86_64__)
    MAYFLY_CALL(epoll_wait, allow, "event loops"),
    MAYFLY_CALL(poll, allow, "event loops"),
    MAYFLY_CALL(pause, allow, "the main thread, for good"),
    MAYFLY_CALL(open, refuseQuietly, "files; tried by libraries"),
    MAYFLY_CALL(access, refuseQuietly, "files; tried by libraries"),
    MAYFLY_CALL(readlink, refuseQuietly, "files; tried by libraries"),
    MAYFLY_CALL(fork, kill, "processes"),
    MAYFLY_CALL(vfork, kill, "processes"),
#endif
    // As before the start: what this filter would refuse otherwise wins over what the early one says is absent.
    MAYFLY_CALL(io_uring_setup, absent, "libuv ends the process when it exists and is refused"),
    MAYFLY_CALL(io_uring_enter, absent, "as above"),
    MAYFLY_CALL(io_uring_register, absent, "as above"),
    // Known to be tried.
    MAYFLY_CALL(openat, refuseQuietly, "time zones of ICU, sizes of caches in V8: both have another way"),
    MAYFLY_CALL(readlinkat, refuseQuietly, "time zones of ICU"),
    MAYFLY_CALL(newfstatat, refuseQuietly, "time zones of ICU"),
    MAYFLY_CALL(statx, refuseQuietly, "time zones of ICU"),
    MAYFLY_CALL(faccessat, refuseQuietly, "files; tried by libraries"),
    // Only who broke out does these.
    MAYFLY_CALL(execve, kill, "other programs"),
    MAYFLY_CALL(execveat, kill, "other programs"),
};

// What a host cell may do besides: it accepts connections on the sockets that it inherited.
inline constexpr CallRule kHostRules[] = {
    MAYFLY_CALL(accept4, allow, "connections of clients"),
    MAYFLY_CALL(accept, allow, "connections of clients"),
    MAYFLY_CALL(fcntl, allow, "each shard has a listener of its own", rules::is(1, F_DUPFD_CLOEXEC)),
    MAYFLY_CALL(getsockname, allow, "which family of addresses a listener has"),
    MAYFLY_CALL(getpeername, allow, "the client's address"),
    MAYFLY_CALL(getsockopt, allow, "kind and errors of a connection"),
    MAYFLY_CALL(setsockopt, allow, "TCP_NODELAY and what else a connection has"),
    MAYFLY_CALL(epoll_create1, allow, "event loops that are made later"),
    MAYFLY_CALL(eventfd2, allow, "event loops that are made later"),
    MAYFLY_CALL(timerfd_create, allow, "event loops that are made later"),
};
// clang-format on

#undef MAYFLY_CALL

}  // namespace mayfly::sandbox
