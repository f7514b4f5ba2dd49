# SPDX-License-Identifier: Apache-2.0
# What is linked of the layers. Each program is skipped while its main file is not there.

# --- mayfly: supervisor and command line
if(EXISTS ${CMAKE_SOURCE_DIR}/src/cli/main.cc)
  add_executable(mayfly src/cli/main.cc)
  target_compile_definitions(mayfly PRIVATE MAYFLY_VERSION="${PROJECT_VERSION}")
  target_link_libraries(mayfly PRIVATE $<TARGET_NAME_IF_EXISTS:mayfly_cli> $<TARGET_NAME_IF_EXISTS:mayfly_supervisor>)
  target_include_directories(mayfly PRIVATE src)
endif()

# --- mayfly-launch: applies the outer sandbox to itself and executes Node. Static, so that it starts at once.
add_executable(mayfly-launch src/sandbox/launcher/main.cc)
target_include_directories(mayfly-launch PRIVATE src)
target_link_libraries(mayfly-launch PRIVATE mayfly_sandbox)
if(NOT MAYFLY_SANITIZE)
  target_link_options(mayfly-launch PRIVATE -static)
endif()

# --- unit_tests: every *_test.cc of the layers without V8
get_property(unitTestSources GLOBAL PROPERTY MAYFLY_UNIT_TEST_SOURCES)
if(unitTestSources)
  # These stand in a V8 layer but are free of V8 themselves. The fuzz targets run over their corpus here.
  file(GLOB fuzzTargets CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/*.cc)
  add_executable(unit_tests ${unitTestSources} src/cell/http_frontend.cc src/cell/http_frontend_test.cc
                 src/cell/suspects.cc src/cell/suspects_test.cc src/isolate/cache_store.cc
                 src/isolate/cache_store_test.cc src/isolate/inbox_test.cc ${fuzzTargets})
  target_include_directories(unit_tests PRIVATE src tests)
  target_compile_definitions(unit_tests PRIVATE MAYFLY_FUZZ_CORPUS="${CMAKE_SOURCE_DIR}/tests/fuzz/corpus")
  foreach(layer IN LISTS MAYFLY_LAYERS)
    if(TARGET mayfly_${layer} AND NOT layer IN_LIST MAYFLY_V8_LAYERS)
      target_link_libraries(unit_tests PRIVATE mayfly_${layer})
    endif()
  endforeach()
  target_link_libraries(unit_tests PRIVATE GTest::gmock_main seccomp)  # seccomp: another's word for our tables
endif()

# --- fuzz_*: a program for each target of tests/fuzz (`make fuzz`)
if(MAYFLY_FUZZ)
  add_custom_target(fuzz)
  foreach(source IN LISTS fuzzTargets)
    get_filename_component(target ${source} NAME_WE)
    add_executable(fuzz_${target} EXCLUDE_FROM_ALL ${source})
    target_include_directories(fuzz_${target} PRIVATE src tests)
    target_compile_definitions(fuzz_${target} PRIVATE MAYFLY_FUZZER)
    target_link_options(fuzz_${target} PRIVATE -fsanitize=fuzzer)
    target_link_libraries(fuzz_${target} PRIVATE mayfly_http mayfly_config mayfly_egress mayfly_rpc OpenSSL::Crypto)
    if(target MATCHES "^(egress_pipe|websocket_answer)$")
      target_link_libraries(fuzz_${target} PRIVATE mayfly_supervisor)
    endif()
    add_dependencies(fuzz fuzz_${target})
  endforeach()
endif()

# --- builtins: JavaScript and TypeScript of src/api, bundled into the table that mayfly_isolate includes
if(EXISTS ${CMAKE_SOURCE_DIR}/tools/builtins.mjs)
  set(builtinsInc ${CMAKE_BINARY_DIR}/builtins/builtins.inc)
  file(GLOB_RECURSE builtinSources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/api/*.ts ${CMAKE_SOURCE_DIR}/src/api/*.js)
  list(FILTER builtinSources EXCLUDE REGEX "_test\\.[jt]s$")
  add_custom_command(
    OUTPUT ${builtinsInc}
    COMMAND ${MAYFLY_NODE} tools/builtins.mjs --out ${CMAKE_BINARY_DIR}/builtins
    DEPENDS ${builtinSources} ${CMAKE_SOURCE_DIR}/tools/builtins.mjs ${CMAKE_SOURCE_DIR}/package-lock.json
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    COMMENT "Bundling built-ins"
    VERBATIM)
  add_custom_target(builtins DEPENDS ${builtinsInc})
  if(TARGET mayfly_isolate)
    add_dependencies(mayfly_isolate builtins)
    target_include_directories(mayfly_isolate PRIVATE ${CMAKE_BINARY_DIR}/builtins)
  endif()
endif()

# --- cell.node: the layers of a cell as a shared object for Node's executable. V8, libuv, OpenSSL and zlib are that
# executable's, so they stay unresolved here and nothing of the kind is linked. -z now makes a symbol that the executable
# does not have an error when the object is loaded, which the snapshot below does at once.
if(EXISTS ${CMAKE_SOURCE_DIR}/src/cell/addon.cc)
  add_library(cell MODULE src/cell/addon.cc)
  target_compile_definitions(cell PRIVATE MAYFLY_VERSION="${PROJECT_VERSION}")
  target_include_directories(cell PRIVATE src)
  target_link_libraries(cell PRIVATE $<TARGET_NAME_IF_EXISTS:mayfly_cell> $<TARGET_NAME_IF_EXISTS:mayfly_api>
                                     $<TARGET_NAME_IF_EXISTS:mayfly_isolate> mayfly_v8)
  target_compile_options(cell PRIVATE -Wno-cast-function-type-mismatch)  # Node's NODE_MODULE macros cast so
  target_link_options(cell PRIVATE -Wl,-Bsymbolic-functions)
  if(MAYFLY_SANITIZE)
    target_link_options(cell PRIVATE -shared-libsan)
  endif()
  set_target_properties(cell PROPERTIES PREFIX "" SUFFIX .node LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

  configure_file(src/cell/start.cjs ${CMAKE_BINARY_DIR}/cell.cjs COPYONLY)
  set(snapshotBin ${CMAKE_BINARY_DIR}/snapshot.bin)
  add_custom_command(
    OUTPUT ${snapshotBin}
    COMMAND ${CMAKE_COMMAND} -E env ${MAYFLY_SANITIZER_ENVIRONMENT}
            ${MAYFLY_NODE} -e "require('$<TARGET_FILE:cell>').makeSnapshot('${snapshotBin}')"
    DEPENDS cell
    COMMENT "Making the start-up snapshot"
    VERBATIM)
  add_custom_target(snapshot ALL DEPENDS ${snapshotBin})
endif()
