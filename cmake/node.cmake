# SPDX-License-Identifier: Apache-2.0
# Node's executable and headers, from the npm package of this processor (docs/decisions/0001-v8-from-node-package.md).
# `mayfly_v8` puts the headers on the include path. They bring OpenSSL's, zlib's and libuv's of that executable with
# them, which must be found before the system's, and only by what runs inside it.
set(nodeArch_x86_64 x64)
set(nodeArch_aarch64 arm64)
set(MAYFLY_NODE_DIR ${CMAKE_SOURCE_DIR}/node_modules/node-linux-${nodeArch_${CMAKE_SYSTEM_PROCESSOR}})
set(MAYFLY_NODE ${MAYFLY_NODE_DIR}/bin/node)
if(NOT EXISTS ${MAYFLY_NODE})
  message(FATAL_ERROR "Node's executable is not at ${MAYFLY_NODE}: run `make deps`")
endif()

add_library(mayfly_v8 INTERFACE)
target_include_directories(mayfly_v8 SYSTEM INTERFACE ${MAYFLY_NODE_DIR}/include/node)
