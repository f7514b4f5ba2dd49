# SPDX-License-Identifier: Apache-2.0
# Compiler and flags, the same for everything. docs/decisions/0002-compiler.md says why clang 19.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL Clang OR CMAKE_CXX_COMPILER_VERSION VERSION_LESS 19)
  message(FATAL_ERROR "Mayfly is built with clang 19 or later (found ${CMAKE_CXX_COMPILER_ID} "
                      "${CMAKE_CXX_COMPILER_VERSION}): use `make build`, or pass -DCMAKE_CXX_COMPILER=clang++-19")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1 -DNDEBUG")

add_compile_options(-Wall -Wextra -Werror -Wno-unused-parameter -fcolor-diagnostics -fstack-protector-strong)
add_compile_definitions(_GLIBCXX_ASSERTIONS)
add_link_options(-fuse-ld=lld -Wl,-z,relro,-z,now)

# -DMAYFLY_SANITIZE=address,undefined or thread. A cell runs in Node's executable, which is not instrumented: cell.node
# takes the sanitizer's shared library, which must be loaded before everything else (LD_PRELOAD).
set(MAYFLY_SANITIZE "" CACHE STRING "Sanitizers to build with, as for -fsanitize=")
# -DMAYFLY_FUZZ=ON: the fuzz targets of tests/fuzz, which need everything that they reach instrumented.
option(MAYFLY_FUZZ "Build the fuzz targets" OFF)
if(MAYFLY_FUZZ)
  set(MAYFLY_SANITIZE address,undefined,fuzzer-no-link)
  add_compile_options(-fno-sanitize-recover=undefined)
endif()
if(MAYFLY_SANITIZE)
  # vptr: the parts of a cell that subclass V8's classes have no type information to check (cmake/layers.cmake).
  add_compile_options(-fsanitize=${MAYFLY_SANITIZE} -fno-sanitize=vptr -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${MAYFLY_SANITIZE})
  string(REGEX REPLACE "^(address|thread).*$" "\\1" sanitizer ${MAYFLY_SANITIZE})
  string(REPLACE "address" "asan" sanitizer ${sanitizer})
  string(REPLACE "thread" "tsan" sanitizer ${sanitizer})
  execute_process(
    COMMAND ${CMAKE_CXX_COMPILER} -print-file-name=libclang_rt.${sanitizer}-${CMAKE_SYSTEM_PROCESSOR}.so
    OUTPUT_VARIABLE MAYFLY_SANITIZER_LIBRARY OUTPUT_STRIP_TRAILING_WHITESPACE)
  set(MAYFLY_SANITIZER_ENVIRONMENT LD_PRELOAD=${MAYFLY_SANITIZER_LIBRARY} ASAN_OPTIONS=detect_leaks=0
                                   TSAN_OPTIONS=ignore_noninstrumented_modules=1)
else()
  add_compile_definitions($<$<CONFIG:RelWithDebInfo>:_FORTIFY_SOURCE=2>)
endif()

find_program(MAYFLY_CCACHE ccache)
if(MAYFLY_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${MAYFLY_CCACHE})
endif()
