# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# The sources that read counters of the silicon. perf: the CPU's, through the kernel, linked into the supervisor and the
# control library. Tables are generated from data/*.csv, and a row that can't be right ends the build.

set(generated ${CMAKE_CURRENT_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${generated})

add_executable(flopmeter_generate_cpu generate_cpu.c)
target_compile_definitions(flopmeter_generate_cpu PRIVATE _GNU_SOURCE)
target_link_libraries(flopmeter_generate_cpu PRIVATE flopmeter_warnings)
add_custom_command(OUTPUT ${generated}/cpu_events.inc
  COMMAND flopmeter_generate_cpu ${CMAKE_CURRENT_SOURCE_DIR}/data/cpu_events.csv > ${generated}/cpu_events.inc.tmp
  COMMAND ${CMAKE_COMMAND} -E rename ${generated}/cpu_events.inc.tmp ${generated}/cpu_events.inc
  DEPENDS flopmeter_generate_cpu ${CMAKE_CURRENT_SOURCE_DIR}/data/cpu_events.csv VERBATIM)
set(FLOPMETER_PERF_GENERATED ${generated} CACHE INTERNAL "")

set(FLOPMETER_PERF_SOURCES cpu.c pause.c perf.c perf_account.c perf_host.c perf_hybrid.c perf_open.c perf_sys.c
  reading_json.c)
list(TRANSFORM FLOPMETER_PERF_SOURCES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
set(FLOPMETER_PERF_SOURCES ${FLOPMETER_PERF_SOURCES} CACHE INTERNAL "Sources of perf, for the tests' canaries")
add_custom_target(flopmeter_perf_table DEPENDS ${generated}/cpu_events.inc)

add_library(flopmeter_perf STATIC ${FLOPMETER_PERF_SOURCES})
add_dependencies(flopmeter_perf flopmeter_perf_table)
target_include_directories(flopmeter_perf PUBLIC ${PROJECT_SOURCE_DIR}/native/src/counter
  ${PROJECT_SOURCE_DIR}/native/src/lane ${PROJECT_SOURCE_DIR}/native/include PRIVATE ${FLOPMETER_PERF_GENERATED})
target_compile_definitions(flopmeter_perf PRIVATE _GNU_SOURCE)
target_link_libraries(flopmeter_perf PRIVATE flopmeter_warnings)
