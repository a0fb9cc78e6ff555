# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# The native core: one executable per test_<what>.c, all with the same reader.

add_library(flopmeter_test_reader STATIC lane_reader.c meter_dir.c)
target_link_libraries(flopmeter_test_reader PRIVATE flopmeter_warnings)
target_include_directories(flopmeter_test_reader PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}
  ${PROJECT_SOURCE_DIR}/native/include ${PROJECT_SOURCE_DIR}/native/src/lane)
target_compile_definitions(flopmeter_test_reader PUBLIC _GNU_SOURCE)

function(flopmeter_add_core_test target what library)
  add_executable(${target} test_${what}.c)
  target_link_libraries(${target} PRIVATE flopmeter_warnings flopmeter_test_reader ${library} Threads::Threads)
  add_test(NAME ${target} COMMAND ${target})
  set_tests_properties(${target} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
endfunction()

add_executable(test_layout test_layout.c)
target_link_libraries(test_layout PRIVATE flopmeter_warnings flopmeter_test_reader)
add_test(NAME test_layout COMMAND test_layout ${PROJECT_SOURCE_DIR}/testdata/wire/layout.csv)

foreach(what lane)
  flopmeter_add_core_test(test_${what} ${what} flopmeter)
endforeach()
