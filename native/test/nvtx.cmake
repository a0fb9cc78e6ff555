# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# libflopmeter_nvtx.so, loaded by NVIDIA's own headers where they are installed and by ours everywhere.

find_path(FLOPMETER_NVTX_INCLUDE nvtx3/nvToolsExt.h PATHS /usr/local/cuda/include)
mark_as_advanced(FLOPMETER_NVTX_INCLUDE)

function(flopmeter_add_nvtx_test name)
  add_library(${name}_part SHARED nvtx_part.c)
  add_executable(${name} test_nvtx.c)
  foreach(target ${name} ${name}_part)
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE ${ARGN})
    target_link_libraries(${target} PRIVATE flopmeter_warnings Threads::Threads ${CMAKE_DL_LIBS})
    if(ARGN)
      target_include_directories(${target} SYSTEM PRIVATE ${FLOPMETER_NVTX_INCLUDE})
    endif()
  endforeach()
  target_link_libraries(${name} PRIVATE flopmeter_test_meter ${name}_part flopmeter)
  add_dependencies(${name} flopmeter_nvtx)
  add_test(NAME ${name} COMMAND ${name} $<TARGET_FILE:flopmeter_nvtx>)
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endfunction()

flopmeter_add_nvtx_test(test_nvtx)
add_executable(test_nvtx_tables test_nvtx_tables.c)
target_link_libraries(test_nvtx_tables PRIVATE flopmeter_warnings flopmeter_test_meter flopmeter ${CMAKE_DL_LIBS})
add_test(NAME test_nvtx_tables COMMAND test_nvtx_tables $<TARGET_FILE:flopmeter_nvtx>)
if(FLOPMETER_NVTX_INCLUDE)
  message(STATUS "NVTX headers: ${FLOPMETER_NVTX_INCLUDE}")
  flopmeter_add_nvtx_test(test_nvtx_real NVTX_REAL)
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

# The program `test` that loads the canary's library. What is to be found there is `pattern`.
function(flopmeter_nvtx_canary_run name test pattern)
  add_test(NAME nvtx_canary_${name} COMMAND ${test} $<TARGET_FILE:flopmeter_nvtx_canary_${name}>)
  set_tests_properties(nvtx_canary_${name} PROPERTIES
    TIMEOUT 300 PASS_REGULAR_EXPRESSION "check failed: .*${pattern}")
endfunction()

# The library with one line changed.
function(flopmeter_add_nvtx_canary name file from to pattern)
  flopmeter_plant(nvtx_canary_${name}.c ${PROJECT_SOURCE_DIR}/native/src/nvtx/${file} "${from}" "${to}")
  flopmeter_objects(others flopmeter_nvtx EXCLUDE ${file})
  flopmeter_add_nvtx(flopmeter_nvtx_canary_${name} flopmeter
    ${CMAKE_CURRENT_BINARY_DIR}/nvtx_canary_${name}.c "${others}")
  flopmeter_nvtx_canary_run(${name} test_nvtx "${pattern}")
endfunction()

flopmeter_add_nvtx_canary(domain nvtx_range.c
  "return &not_read;" "return domain_count > 0 ? NULL : &not_read;" "a domain that is the default one")
flopmeter_add_nvtx_canary(unplaced nvtx_range.c "if (0 != open[index].unplaced)" "if (false)" "deep: node")
# The core with every pop taking what is on top, whoever pushed it.
flopmeter_add_core_defined(flopmeter_nvtx_canary_core FLOPMETER_CANARY_POP_ANY)
flopmeter_add_nvtx(flopmeter_nvtx_canary_owner flopmeter_nvtx_canary_core $<TARGET_OBJECTS:flopmeter_nvtx>)
set_target_properties(flopmeter_nvtx_canary_owner PROPERTIES LINKER_LANGUAGE C)
add_executable(test_nvtx_canary_owner $<TARGET_OBJECTS:test_nvtx>)
set_target_properties(test_nvtx_canary_owner PROPERTIES LINKER_LANGUAGE C)
target_link_libraries(test_nvtx_canary_owner PRIVATE
  flopmeter_test_meter test_nvtx_part flopmeter_nvtx_canary_core Threads::Threads ${CMAKE_DL_LIBS})
flopmeter_nvtx_canary_run(owner test_nvtx_canary_owner "(crossing|chosen domains): node")

flopmeter_add_nvtx_canary(apart nvtx_label.c "hash = (hash ^ c) * FACTOR;" "hash = c;" "node .* has 0, expected")

if(CMAKE_NM AND NOT FLOPMETER_SANITIZE)
  add_test(NAME nvtx_exports COMMAND sh -c "test 'InitializeInjectionNvtx2 InitializeInjectionNvtxExtension' = \
\"$(${CMAKE_NM} -D --defined-only $<TARGET_FILE:flopmeter_nvtx> | sed 's/.* //' | sort | xargs)\"")
endif()
