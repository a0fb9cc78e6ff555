# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# The native core: one executable per test_<what>.c, all with the same reader.

include(CheckLanguage)

# The meter of the tests attaches by itself, so test_dlopen must not be linked to the library.
add_library(flopmeter_test_check STATIC check.c)
add_library(flopmeter_test_reader STATIC lane_reader.c)
add_library(flopmeter_test_meter STATIC meter_dir.c meter_run.c)
target_link_libraries(flopmeter_test_check PRIVATE flopmeter_warnings)
target_include_directories(flopmeter_test_check PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
target_compile_definitions(flopmeter_test_check PRIVATE _GNU_SOURCE)
target_link_libraries(flopmeter_test_reader PRIVATE flopmeter_warnings PUBLIC flopmeter_test_check)
target_link_libraries(flopmeter_test_meter PRIVATE flopmeter_warnings PUBLIC flopmeter_test_reader)
target_include_directories(flopmeter_test_reader PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}
  ${PROJECT_SOURCE_DIR}/native/include ${PROJECT_SOURCE_DIR}/native/src/lane)
target_compile_definitions(flopmeter_test_reader PUBLIC _GNU_SOURCE)
target_compile_options(flopmeter_test_reader PRIVATE ${FLOPMETER_NO_TSAN_WARNING})

# The test itself is compiled once; it is the same over each library.
function(flopmeter_add_core_test target what library)
  if(TARGET test_${what})
    add_executable(${target} $<TARGET_OBJECTS:test_${what}>)
    set_target_properties(${target} PROPERTIES LINKER_LANGUAGE C)
  else()
    add_executable(${target} test_${what}.c)
  endif()
  target_link_libraries(${target} PRIVATE flopmeter_warnings flopmeter_test_meter ${library} Threads::Threads)
  add_test(NAME ${target} COMMAND ${target})
  set_tests_properties(${target} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600)
endfunction()

foreach(what artifact detach environment fork key kill lane signal step thread)
  flopmeter_add_core_test(test_${what} ${what} flopmeter)
endforeach()
set_tests_properties(test_step PROPERTIES TIMEOUT 3600)

add_executable(test_layout test_layout.c)
target_link_libraries(test_layout PRIVATE flopmeter_warnings flopmeter_test_reader)
add_test(NAME test_layout COMMAND test_layout ${PROJECT_SOURCE_DIR}/testdata/wire/layout.csv)

add_executable(test_dlopen test_dlopen.c)
target_link_libraries(test_dlopen PRIVATE flopmeter_warnings flopmeter_test_meter Threads::Threads ${CMAKE_DL_LIBS})
add_dependencies(test_dlopen flopmeter)
add_test(NAME test_dlopen COMMAND test_dlopen $<TARGET_FILE:flopmeter>)

if(TARGET flopmeter-example-matmul)
  add_executable(test_example test_example.c)
  target_link_libraries(test_example PRIVATE flopmeter_warnings flopmeter_test_meter flopmeter)
  add_test(NAME test_example COMMAND test_example $<TARGET_FILE:flopmeter-example-matmul>)
endif()

if(CMAKE_NM AND CMAKE_READELF AND NOT FLOPMETER_SANITIZE)
  add_test(NAME test_exports COMMAND ${CMAKE_COMMAND} -DNM=${CMAKE_NM} -DREADELF=${CMAKE_READELF}
    -DLIBRARY=$<TARGET_FILE:flopmeter> -P ${CMAKE_CURRENT_SOURCE_DIR}/script/exports.cmake)
endif()

# The same library with a definition more, or with `planted` in place of one of its sources.
function(flopmeter_add_core_defined name define)
  flopmeter_changed_by(changed ${define} ${FLOPMETER_LANE_SOURCES})
  flopmeter_objects(others flopmeter EXCLUDE ${changed})
  flopmeter_add_core(${name} ${changed} "${others}")
  target_compile_definitions(${name} PRIVATE ${define})
endfunction()

function(flopmeter_add_core_planted name source planted)
  flopmeter_objects(others flopmeter EXCLUDE ${source})
  flopmeter_add_core(${name} ${planted} "${others}")
endfunction()

# Canaries: the library with a bug planted. The suite is only worth something if it sees them: a bug that lasts an
# instant needs a test that is there at each (step), not one that hopes to meet it (kill).
function(flopmeter_add_canary name define what pattern)
  flopmeter_add_core_defined(flopmeter_canary_${name} ${define})
  flopmeter_add_core_test(test_canary_${name} ${what} flopmeter_canary_${name})
  set_tests_properties(test_canary_${name} PROPERTIES PASS_REGULAR_EXPRESSION "check failed: .*${pattern}")
endfunction()

flopmeter_add_canary(fold_tally FLOPMETER_CANARY_FOLD_TALLY lane "fold tally")
flopmeter_add_canary(journal_early FLOPMETER_CANARY_JOURNAL_EARLY step "(not a prefix|fold tally)")
flopmeter_add_canary(next_header FLOPMETER_CANARY_NEXT_HEADER lane "(sequence|record of|padding of)")
flopmeter_add_canary(tally_late FLOPMETER_CANARY_TALLY_LATE step "ring tally")

# As on a kernel that refuses MADV_WIPEONFORK.
flopmeter_add_core_defined(flopmeter_no_wipeonfork FLOPMETER_TEST_NO_WIPEONFORK)
add_executable(test_fork_unwiped test_fork.c)
target_compile_definitions(test_fork_unwiped PRIVATE FLOPMETER_TEST_NO_WIPEONFORK)
target_link_libraries(test_fork_unwiped PRIVATE
  flopmeter_warnings flopmeter_test_meter flopmeter_no_wipeonfork Threads::Threads)
add_test(NAME test_fork_unwiped COMMAND test_fork_unwiped)
set_tests_properties(test_fork_unwiped PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600)

# The public header in the callers' languages, as strict as they come.
foreach(standard 99 11)
  add_library(flopmeter_test_header_c${standard} OBJECT header.c)
  set_target_properties(flopmeter_test_header_c${standard} PROPERTIES C_STANDARD ${standard} C_EXTENSIONS OFF)
  target_link_libraries(flopmeter_test_header_c${standard} PRIVATE flopmeter_warnings)
  target_include_directories(flopmeter_test_header_c${standard} PRIVATE ${PROJECT_SOURCE_DIR}/native/include)
endforeach()
check_language(CXX)
if(CMAKE_CXX_COMPILER)
  enable_language(CXX)
  add_library(flopmeter_test_header_cxx OBJECT header.cpp)
  set_target_properties(flopmeter_test_header_cxx PROPERTIES CXX_STANDARD 11 CXX_EXTENSIONS OFF)
  target_compile_options(flopmeter_test_header_cxx PRIVATE
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast -Wstrict-aliasing=2 -Werror)
  target_include_directories(flopmeter_test_header_cxx PRIVATE ${PROJECT_SOURCE_DIR}/native/include)
endif()

# Not a test: what a sample costs on this machine.
add_executable(flopmeter_bench_core bench_core.c)
target_link_libraries(flopmeter_bench_core PRIVATE flopmeter_warnings flopmeter_test_meter flopmeter)
