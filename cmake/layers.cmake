# SPDX-License-Identifier: Apache-2.0
# The layers, lowest first: a layer includes and links what stands before it here, never what stands after it
# (tests/structure/layers.test.mjs holds the includes, mayfly_layer the links).
set(MAYFLY_LAYERS base io http protocol sandbox egress config storage rpc isolate api cell control supervisor cli)
set(MAYFLY_V8_LAYERS isolate api cell)

# mayfly_layer(NAME DEPENDS layer... LIBRARIES target...)
# Makes library mayfly_<NAME> of every .cc below the current folder, but for tests and the files that belong to a program
# (main.cc, addon.cc). A folder without sources makes no target, and naming it as a dependency does no harm.
function(mayfly_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPENDS;LIBRARIES")
  list(FIND MAYFLY_LAYERS ${name} height)
  foreach(dependency IN LISTS arg_DEPENDS)
    list(FIND MAYFLY_LAYERS ${dependency} depth)
    if(depth EQUAL -1 OR NOT depth LESS height)
      message(FATAL_ERROR "Layer ${name} may only depend on layers below it, and ${dependency} is not one")
    endif()
    if(dependency IN_LIST MAYFLY_V8_LAYERS AND NOT name IN_LIST MAYFLY_V8_LAYERS)
      message(FATAL_ERROR "Layer ${name} must stay free of V8, so it cannot depend on ${dependency}")
    endif()
  endforeach()

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS *.cc)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "(_test|/main|/addon)\\.cc$")
  if(NOT name IN_LIST MAYFLY_V8_LAYERS)
    set_property(GLOBAL APPEND PROPERTY MAYFLY_UNIT_TEST_SOURCES ${tests})
  endif()
  if(NOT sources)
    return()
  endif()

  add_library(mayfly_${name} STATIC ${sources})
  target_include_directories(mayfly_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  foreach(dependency IN LISTS arg_DEPENDS)
    # Whether the target exists is asked when everything is declared: a layer without sources has none.
    target_link_libraries(mayfly_${name} PUBLIC $<TARGET_NAME_IF_EXISTS:mayfly_${dependency}>)
  endforeach()
  target_link_libraries(mayfly_${name} PUBLIC ${arg_LIBRARIES})
  if(name IN_LIST MAYFLY_V8_LAYERS)
    target_link_libraries(mayfly_${name} PUBLIC mayfly_v8)
  endif()
  # Node's executable has no type information for the classes of V8 and Node that these two subclass.
  if(name MATCHES "^(isolate|api)$")
    target_compile_options(mayfly_${name} PRIVATE -fno-rtti)
  endif()
endfunction()
