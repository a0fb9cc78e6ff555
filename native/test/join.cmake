# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# Pauses that share an entry of the control page: the core with a clock that goes on by one at each look, over its own
# process.c or one with a bug planted. An order of instructions is not met by luck, so a canary always is.

# In a sanitized build the instructions are others, and ten times as many.
if(FLOPMETER_SANITIZE)
  return()
endif()

flopmeter_plant(join_sys.c ${PROJECT_SOURCE_DIR}/native/src/lane/sys.c
  "uint64_t flopmeter_sys_monotonic_ns(void)\n{\n    return clock_ns(CLOCK_MONOTONIC);"
  "#include \"tick.h\"\n\nuint64_t flopmeter_sys_monotonic_ns(void)\n{\n    return flopmeter_test_tick();")

# A core by that name, with changes of process.c, each FROM TO; no semicolon in them.
function(flopmeter_add_join_core name)
  set(sources ${CMAKE_CURRENT_BINARY_DIR}/join_sys.c tick.c)
  set(replaced sys.c)
  if(ARGC GREATER 1)
    flopmeter_plant(${name}.c ${PROJECT_SOURCE_DIR}/native/src/lane/process.c ${ARGN})
    list(APPEND sources ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
    list(APPEND replaced process.c)
  endif()
  flopmeter_objects(others flopmeter EXCLUDE ${replaced})
  flopmeter_add_core(flopmeter_${name} ${sources} "${others}")
  target_include_directories(flopmeter_${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
endfunction()

flopmeter_add_join_core(join)
flopmeter_add_core_test(test_join join flopmeter_join)
set_tests_properties(test_join PROPERTIES TIMEOUT 3600)

function(flopmeter_add_join_canary name pattern)
  flopmeter_add_join_core(join_${name} ${ARGN})
  flopmeter_add_core_test(join_canary_${name} join flopmeter_join_${name})
  set_tests_properties(join_canary_${name} PROPERTIES PASS_REGULAR_EXPRESSION "check failed: .*${pattern}")
endfunction()

flopmeter_add_join_canary(begin "narrower than its pauses" "while (begin_ns < first_ns &&" "while (first_ns < 1 &&")
flopmeter_add_join_canary(joined "narrower than its pauses" "__atomic_fetch_add(&gap->joined, 1, __ATOMIC_ACQ_REL)"
  "__atomic_exchange_n(&gap->joined, __atomic_load_n(&gap->joined, __ATOMIC_RELAXED) + 1, __ATOMIC_ACQ_REL)")
flopmeter_add_join_canary(ended "and the entry says [0-9]* joined, [0-9]* ended"
  "__atomic_fetch_add(&gap->ended, 1, __ATOMIC_RELEASE)"
  "__atomic_exchange_n(&gap->ended, __atomic_load_n(&gap->ended, __ATOMIC_RELAXED) + 1, __ATOMIC_RELEASE)")
flopmeter_add_join_canary(early "narrower than its pauses"
  "__atomic_fetch_add(&gap->ended, 1, __ATOMIC_RELEASE)" "(void)0"
  "now_ns = flopmeter_sys_monotonic_ns()"
  "now_ns = flopmeter_sys_monotonic_ns() + 0 * __atomic_fetch_add(&gap->ended, 1, __ATOMIC_RELEASE)")
flopmeter_add_join_canary(latest "narrower than its pauses" "end_ns < now_ns &&" "end_ns != now_ns &&")
# One instruction that only two processors at once would show to be two.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  flopmeter_add_join_canary(lock "changed by no atomic instruction"
    "__atomic_fetch_add(&gap->joined, 1, __ATOMIC_ACQ_REL)" "gap->joined += 1")
endif()

# The reader's order of words as it was once: it closed an entry that was being joined.
add_executable(join_canary_reader test_join.c)
target_compile_definitions(join_canary_reader PRIVATE JOIN_CANARY_READER)
target_link_libraries(join_canary_reader PRIVATE flopmeter_warnings flopmeter_test_meter flopmeter_join Threads::Threads)
add_test(NAME join_canary_reader COMMAND join_canary_reader)
set_tests_properties(join_canary_reader PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600
  PASS_REGULAR_EXPRESSION "check failed: .*finds what never was")
