# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# The sources that read counters. perf runs over a scripted PMU, and its mechanics over the real kernel's software events.

add_library(flopmeter_test_pmu STATIC fake_pmu.c counter_root.c)
target_include_directories(flopmeter_test_pmu PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}
  ${PROJECT_SOURCE_DIR}/native/src/counter ${PROJECT_SOURCE_DIR}/native/src/lane ${PROJECT_SOURCE_DIR}/native/include)
target_compile_definitions(flopmeter_test_pmu PUBLIC _GNU_SOURCE)
target_link_libraries(flopmeter_test_pmu PRIVATE flopmeter_warnings PUBLIC flopmeter_test_check)

foreach(what chip perf hybrid schedule host kernel)
  add_executable(counter_${what} test_counter_${what}.c)
  target_link_libraries(counter_${what} PRIVATE
    flopmeter_warnings flopmeter_test_pmu flopmeter_perf Threads::Threads)
  add_test(NAME counter_${what} COMMAND counter_${what})
  set_tests_properties(counter_${what} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
endforeach()

set(perf_csv ${PROJECT_SOURCE_DIR}/native/src/counter/data/cpu_events.csv)
add_test(NAME counter_generate COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/test_counter_generate.sh
  $<TARGET_FILE:flopmeter_generate_cpu> ${perf_csv})

# Canaries: perf with a bug planted, or a table with a wrong row that no check of a single row can find.
function(flopmeter_perf_canary canary what define pattern)
  set(name counter_canary_${canary})
  flopmeter_changed_by(changed ${define} ${FLOPMETER_PERF_SOURCES})
  flopmeter_add_variant(${name} counter_${what} ${changed})
  target_compile_definitions(${name} PRIVATE ${define})
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES
    SKIP_RETURN_CODE 77 TIMEOUT 300 PASS_REGULAR_EXPRESSION "check failed: .*${pattern}")
endfunction()

flopmeter_perf_canary(unscaled schedule FLOPMETER_CANARY_UNSCALED "fp64: point 5000")
flopmeter_perf_canary(one_kind hybrid FLOPMETER_CANARY_ONE_KIND "fp64 of both")
flopmeter_perf_canary(upper_scaled schedule FLOPMETER_CANARY_UPPER_SCALED "truth outside")
flopmeter_perf_canary(blind_free host FLOPMETER_CANARY_BLIND_FREE "two seconds of one CPU")
flopmeter_perf_canary(never_reopened host FLOPMETER_CANARY_NEVER_REOPENED "back for good")
flopmeter_perf_canary(wrap_counted schedule FLOPMETER_CANARY_WRAP_COUNTED "truth outside")
flopmeter_perf_canary(no_turns perf FLOPMETER_CANARY_NO_TURNS "each half of the time")
flopmeter_perf_canary(no_inherit kernel FLOPMETER_CANARY_NO_INHERIT "the tree is not followed")

set(canary_table ${CMAKE_CURRENT_BINARY_DIR}/canary_cpu)
file(MAKE_DIRECTORY ${canary_table})
file(READ ${perf_csv} canary_rows)
string(REPLACE "0x1f03,-,0,1,1," "0x1f03,-,0,2,2," canary_doubled "${canary_rows}")
if(canary_doubled STREQUAL canary_rows)
  message(FATAL_ERROR "canary: nothing to plant in ${perf_csv}")
endif()
file(GENERATE OUTPUT ${canary_table}/cpu_events.csv CONTENT "${canary_doubled}")
add_custom_command(OUTPUT ${canary_table}/cpu_events.inc
  COMMAND flopmeter_generate_cpu ${canary_table}/cpu_events.csv > ${canary_table}/cpu_events.inc
  DEPENDS flopmeter_generate_cpu ${perf_csv} VERBATIM)
add_custom_target(flopmeter_perf_table_doubled DEPENDS ${canary_table}/cpu_events.inc)
flopmeter_changed_by(canary_sources "cpu_events[.]inc" ${FLOPMETER_PERF_SOURCES})
flopmeter_add_variant(counter_canary_doubled counter_perf ${canary_sources})
target_include_directories(counter_canary_doubled PRIVATE ${canary_table})
add_dependencies(counter_canary_doubled flopmeter_perf_table_doubled)
add_test(NAME counter_canary_doubled COMMAND counter_canary_doubled)
set_tests_properties(counter_canary_doubled PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300
  PASS_REGULAR_EXPRESSION "check failed: .*row [0-9]+, amd config 0x1f03: 0 .. 2000000")
