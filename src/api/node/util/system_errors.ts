// SPDX-License-Identifier: Apache-2.0
// https://nodejs.org/api/util.html#utilgetsystemerrornameerr: Linux's numbers.
import { invalidArgType, outOfRange } from "mayfly:node/internal";

const table = `
E2BIG 7 argument list too long
EACCES 13 permission denied
EADDRINUSE 98 address already in use
EADDRNOTAVAIL 99 address not available
EAGAIN 11 resource temporarily unavailable
EBADF 9 bad file descriptor
EBUSY 16 resource busy or locked
ECANCELED 125 operation canceled
ECONNABORTED 103 software caused connection abort
ECONNREFUSED 111 connection refused
ECONNRESET 104 connection reset by peer
EEXIST 17 file already exists
EFBIG 27 file too large
EHOSTUNREACH 113 host is unreachable
EINTR 4 interrupted system call
EINVAL 22 invalid argument
EIO 5 i/o error
EISCONN 106 socket is already connected
EISDIR 21 illegal operation on a directory
ELOOP 40 too many symbolic links encountered
EMFILE 24 too many open files
EMSGSIZE 90 message too long
ENAMETOOLONG 36 name too long
ENETDOWN 100 network is down
ENETUNREACH 101 network is unreachable
ENFILE 23 file table overflow
ENOBUFS 105 no buffer space available
ENODEV 19 no such device
ENOENT 2 no such file or directory
ENOMEM 12 not enough memory
ENOSPC 28 no space left on device
ENOSYS 38 function not implemented
ENOTCONN 107 socket is not connected
ENOTDIR 20 not a directory
ENOTEMPTY 39 directory not empty
ENOTSOCK 88 socket operation on non-socket
ENOTSUP 95 operation not supported on socket
EPERM 1 operation not permitted
EPIPE 32 broken pipe
EPROTO 71 protocol error
ERANGE 34 result too large
EROFS 30 read-only file system
ESPIPE 29 invalid seek
ESRCH 3 no such process
ETIMEDOUT 110 connection timed out
ETXTBSY 26 text file is busy
EXDEV 18 cross-device link not permitted
`;

let byNumber: Map<number, [string, string]> | undefined;

export function getSystemErrorMap(): Map<number, [string, string]> {
  if (byNumber === undefined) {
    byNumber = new Map([[-4095, ["EOF", "end of file"]]]);
    for (const line of table.trim().split("\n")) {
      const [, name, number, message] = /^(\w+) (\d+) (.*)$/.exec(line)!;
      byNumber.set(-Number(number), [name!, message!]);
    }
  }
  return byNumber;
}

function entryOf(number: unknown): [string, string] | undefined {
  if (typeof number !== "number") throw invalidArgType("err", "number", number);
  if (number >= 0 || !Number.isSafeInteger(number)) throw outOfRange("err", "a negative integer", number);
  return getSystemErrorMap().get(number);
}

export function getSystemErrorName(number: unknown): string {
  return entryOf(number)?.[0] ?? `Unknown system error ${number as number}`;
}

export function getSystemErrorMessage(number: unknown): string | undefined {
  return entryOf(number)?.[1];
}

/** An error as a system call makes it. */
export function errnoException(number: number, syscall: string, original?: string): Error {
  const name = getSystemErrorName(number);
  const error = new Error(original ? `${syscall} ${name} ${original}` : `${syscall} ${name}`) as any;
  error.errno = number;
  error.code = name;
  error.syscall = syscall;
  return error;
}
