# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# libflopmeter_nvtx.so, loaded by NVIDIA's own headers where they are installed and by ours everywhere.

find_path(FLOPMETER_NVTX_INCLUDE nvtx3/nvToolsExt.h PATHS /usr/local/cuda/include)
mark_as_advanced(FLOPMETER_NVTX_INCLUDE)

# name, core, library; then what is to be found where a bug is planted.
function(flopmeter_add_nvtx_test name core nvtx)
  cmake_parse_arguments(PARSE_ARGV 3 arg "REAL" "PATTERN" "")
  add_library(${name}_part SHARED nvtx_part.c)
  add_executable(${name} test_nvtx.c)
  foreach(target ${name} ${name}_part)
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE)
    target_link_libraries(${target} PRIVATE flopmeter_warnings Threads::Threads ${CMAKE_DL_LIBS})
    if(arg_REAL)
      target_compile_definitions(${target} PRIVATE NVTX_REAL)
      target_include_directories(${target} SYSTEM PRIVATE ${FLOPMETER_NVTX_INCLUDE})
    endif()
  endforeach()
  target_link_libraries(${name} PRIVATE flopmeter_test_meter ${name}_part ${core})
  add_dependencies(${name} ${nvtx})
  add_test(NAME ${name} COMMAND ${name} $<TARGET_FILE:${nvtx}>)
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
  if(arg_PATTERN)
    set_tests_properties(${name} PROPERTIES PASS_REGULAR_EXPRESSION "check failed: .*${arg_PATTERN}")
  endif()
endfunction()

flopmeter_add_nvtx_test(test_nvtx flopmeter flopmeter_nvtx)
add_executable(test_nvtx_tables test_nvtx_tables.c)
target_link_libraries(test_nvtx_tables PRIVATE flopmeter_warnings flopmeter_test_meter flopmeter ${CMAKE_DL_LIBS})
add_test(NAME test_nvtx_tables COMMAND test_nvtx_tables $<TARGET_FILE:flopmeter_nvtx>)
if(FLOPMETER_NVTX_INCLUDE)
  message(STATUS "NVTX headers: ${FLOPMETER_NVTX_INCLUDE}")
  flopmeter_add_nvtx_test(test_nvtx_real flopmeter flopmeter_nvtx REAL)
  add_executable(test_nvtx_abi test_nvtx_abi.c)
  target_include_directories(test_nvtx_abi PRIVATE ${PROJECT_SOURCE_DIR}/native/src/nvtx)
  target_include_directories(test_nvtx_abi SYSTEM PRIVATE ${FLOPMETER_NVTX_INCLUDE})
  target_link_libraries(test_nvtx_abi PRIVATE flopmeter_warnings Threads::Threads ${CMAKE_DL_LIBS})
  add_test(NAME test_nvtx_abi COMMAND test_nvtx_abi)
else()
  message(STATUS "NVTX headers: none; libflopmeter_nvtx.so is tried with ours only")
  foreach(what test_nvtx_real test_nvtx_abi)
    add_test(NAME ${what} COMMAND sh -c "echo 'SKIPPED: no NVTX headers'; exit 77")
    set_tests_properties(${what} PROPERTIES SKIP_RETURN_CODE 77)
  endforeach()
endif()

# Not a test: what a range costs on this machine.
add_executable(flopmeter_bench_nvtx bench_nvtx.c)
target_link_libraries(flopmeter_bench_nvtx PRIVATE flopmeter_warnings flopmeter_test_meter flopmeter Threads::Threads
  ${CMAKE_DL_LIBS})
if(FLOPMETER_NVTX_INCLUDE)
  target_compile_definitions(flopmeter_bench_nvtx PRIVATE NVTX_REAL)
  target_include_directories(flopmeter_bench_nvtx SYSTEM PRIVATE ${FLOPMETER_NVTX_INCLUDE})
endif()

# The library with one line changed; a change of the source that it no longer fits stops the build.
function(flopmeter_add_nvtx_canary name file from to pattern)
  set(sources ${FLOPMETER_NVTX_SOURCES})
  set(source ${PROJECT_SOURCE_DIR}/native/src/nvtx/${file})
  file(READ ${source} original)
  string(REPLACE "${from}" "${to}" planted "${original}")
  if(planted STREQUAL original)
    message(FATAL_ERROR "canary ${name}: nothing to plant in ${file}")
  endif()
  file(CONFIGURE OUTPUT nvtx_canary_${name}.c CONTENT "${planted}" @ONLY)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  list(REMOVE_ITEM sources ${source})
  flopmeter_add_nvtx(flopmeter_nvtx_canary_${name} flopmeter ${sources} ${CMAKE_CURRENT_BINARY_DIR}/nvtx_canary_${name}.c)
  flopmeter_add_nvtx_test(nvtx_canary_${name} flopmeter flopmeter_nvtx_canary_${name} PATTERN "${pattern}")
endfunction()

flopmeter_add_nvtx_canary(domain nvtx_range.c "return &not_read;" "return domain_count > 0 ? NULL : &not_read;" "a domain that is the default one")
flopmeter_add_nvtx_canary(unplaced nvtx_range.c "if (0 != open[index].unplaced)" "if (false)" "deep: node")
# The core with every pop taking what is on top, whoever pushed it.
flopmeter_add_core_defined(flopmeter_nvtx_canary_core FLOPMETER_CANARY_POP_ANY)
flopmeter_add_nvtx(flopmeter_nvtx_canary_owner flopmeter_nvtx_canary_core ${FLOPMETER_NVTX_SOURCES})
flopmeter_add_nvtx_test(nvtx_canary_owner flopmeter_nvtx_canary_core flopmeter_nvtx_canary_owner
  PATTERN "(crossing|chosen domains): node")

flopmeter_add_nvtx_canary(apart nvtx_label.c "hash = (hash ^ c) * FACTOR;" "hash = c;" "node .* has 0, expected")

if(CMAKE_NM AND NOT FLOPMETER_SANITIZE)
  add_test(NAME nvtx_exports COMMAND sh -c "test 'InitializeInjectionNvtx2 InitializeInjectionNvtxExtension' = \
\"$(${CMAKE_NM} -D --defined-only $<TARGET_FILE:flopmeter_nvtx> | sed 's/.* //' | sort | xargs)\"")
endif()
