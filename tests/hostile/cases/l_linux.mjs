// SPDX-License-Identifier: Apache-2.0

export const letter = "L";
export const title = "Containers and virtual machines";

const titles = ["forks without end", "memory without end", "a full disk, or one without inodes", "processor time", "zombies", "setuid programs of an image", "devices of an image",
  "images: paths that lead out, links, bombs, wrong digests", "the kernel's interfaces: /proc/sys, keyctl, bpf, mount, user namespaces", "descriptors of the container runtime", "floods of output", "a container that ignores SIGTERM",
  "a forwarded port of a dead container", "exec into a stopped one", "a snapshot that is restored twice", "guests that panic or hang at start", "garbage on the virtual serial port", "no KVM, or an emulated one"];

const missing = "containers and virtual machines are not offered";
export const cases = Object.fromEntries(titles.map((title, n) => [`L${String(n + 1).padStart(2, "0")}`, { title, outcome: "-", missing }]));
