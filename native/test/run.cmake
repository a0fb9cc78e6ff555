# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# The supervisor. Most tests are scripts: what they check is what a shell sees. They run a build of flopmeter-run whose
# device folder, shared memory folder and patience can be set: the program's own objects, but for those in which that is.

set(run_test_folder ${CMAKE_CURRENT_LIST_DIR}/run)

flopmeter_changed_by(run_testing FLOPMETER_RUN_TESTING ${FLOPMETER_RUN_SOURCES})
flopmeter_objects(run_others flopmeter-run EXCLUDE ${run_testing})
add_executable(flopmeter-run-test ${run_testing} "${run_others}")
target_compile_definitions(flopmeter-run-test PRIVATE _GNU_SOURCE FLOPMETER_RUN_TESTING)
target_include_directories(flopmeter-run-test PRIVATE ${PROJECT_SOURCE_DIR}/native/include)
target_link_libraries(flopmeter-run-test PRIVATE flopmeter_warnings flopmeter_perf)

# The same with sources in place of its own, or of those of perf.
function(flopmeter_run_variant name define)
  flopmeter_objects(testing flopmeter-run-test EXCLUDE ${ARGN})
  flopmeter_objects(others flopmeter-run EXCLUDE ${run_testing} ${ARGN})
  add_executable(${name} ${ARGN} "${testing}" "${others}")
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE FLOPMETER_RUN_TESTING ${define})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/native/include)
  target_link_libraries(${name} PRIVATE flopmeter_warnings flopmeter_perf)
endfunction()

function(flopmeter_run_canary name define)
  flopmeter_changed_by(changed ${define} ${FLOPMETER_RUN_SOURCES} ${FLOPMETER_PERF_SOURCES})
  flopmeter_run_variant(flopmeter-run-canary-${name} ${define} ${changed})
endfunction()

function(flopmeter_run_driver name)
  add_executable(${name} ${run_test_folder}/${name}.c)
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
  target_link_libraries(${name} PRIVATE flopmeter_warnings util)
endfunction()

# Scripts get their scratch folder by name, so that ctest -j can run them side by side.
function(flopmeter_run_script test script variant)
  add_test(NAME ${test} COMMAND sh ${run_test_folder}/${script}.sh)
  set_tests_properties(${test} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300 ENVIRONMENT
    "RUN=$<TARGET_FILE:${variant}>;HELPER=$<TARGET_FILE:run_helper>;LIBRARY=$<TARGET_FILE:run_library>;\
LIBRARY_USER=$<TARGET_FILE:run_library_user>;SCRATCH=${CMAKE_CURRENT_BINARY_DIR}/scratch_${test}")
endfunction()

flopmeter_run_canary(exit FLOPMETER_CANARY_EXIT_CODE)
flopmeter_run_canary(signal FLOPMETER_CANARY_DOUBLE_SIGNAL)
flopmeter_run_canary(inherit FLOPMETER_CANARY_NO_INHERIT)
flopmeter_run_driver(run_helper)
flopmeter_run_driver(test_run_signals)
flopmeter_run_driver(test_run_terminal)
flopmeter_objects(run_parts flopmeter-run EXCLUDE main.c proc.c)
add_executable(test_run_tally ${run_test_folder}/test_run_tally.c "${run_parts}")
target_compile_definitions(test_run_tally PRIVATE _GNU_SOURCE)
target_include_directories(test_run_tally PRIVATE ${PROJECT_SOURCE_DIR}/native/include)
target_link_libraries(test_run_tally PRIVATE flopmeter_warnings flopmeter_test_check flopmeter_perf)
add_test(NAME run_tally COMMAND test_run_tally)
flopmeter_objects(run_group flopmeter-run INCLUDE group.c)
add_executable(test_run_group ${run_test_folder}/test_run_group.c "${run_group}")
target_compile_definitions(test_run_group PRIVATE _GNU_SOURCE)
target_link_libraries(test_run_group PRIVATE flopmeter_warnings flopmeter_test_check)
add_test(NAME run_group COMMAND test_run_group ${CMAKE_CURRENT_BINARY_DIR}/scratch_run_group)
foreach(library run_library run_library_user)
  add_library(${library} SHARED ${run_test_folder}/library.c)
endforeach()

foreach(script exit inherit usage tree meter device counters files pause)
  if(EXISTS ${run_test_folder}/test_run_${script}.sh)
    flopmeter_run_script(run_${script} test_run_${script} flopmeter-run-test)
  endif()
endforeach()
flopmeter_run_script(launcher test_launcher flopmeter-run-test)
foreach(driver signals terminal)
  set(scratch ${CMAKE_CURRENT_BINARY_DIR}/scratch_run_${driver})
  add_test(NAME run_${driver} COMMAND test_run_${driver} $<TARGET_FILE:flopmeter-run-test> $<TARGET_FILE:run_helper>)
  set_tests_properties(run_${driver} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300 ENVIRONMENT
    "FLOPMETER_DIR=${scratch};TEST_STATE=${scratch};FLOPMETER_TEST_SHM=${CMAKE_CURRENT_BINARY_DIR}")
endforeach()

# Canaries: the same tests must find a planted bug, and say it in these words.
flopmeter_run_script(run_canary_exit test_run_exit flopmeter-run-canary-exit)
set_tests_properties(run_canary_exit PROPERTIES
  PASS_REGULAR_EXPRESSION "FAIL: exit by signal 15: expected '143', found '15'")
flopmeter_run_script(run_canary_inherit test_run_counters flopmeter-run-canary-inherit)
set_tests_properties(run_canary_inherit PROPERTIES PASS_REGULAR_EXPRESSION "FAIL: children: burned 300000000")
flopmeter_plant(run_canary_pause.c ${PROJECT_SOURCE_DIR}/native/src/counter/perf.c
  "flopmeter_perf_switch(counter, false) < 0" "counter->handles_count < 0 * counter->hz")
flopmeter_run_variant(flopmeter-run-canary-pause "" ${CMAKE_CURRENT_BINARY_DIR}/run_canary_pause.c)
flopmeter_run_script(run_canary_pause test_run_pause flopmeter-run-canary-pause)
set_tests_properties(run_canary_pause PROPERTIES PASS_REGULAR_EXPRESSION "FAIL: counted while paused")
add_test(NAME run_canary_signal
  COMMAND test_run_signals $<TARGET_FILE:flopmeter-run-canary-signal> $<TARGET_FILE:run_helper>)
set_tests_properties(run_canary_signal PROPERTIES TIMEOUT 300
  PASS_REGULAR_EXPRESSION "to the group came [0-9]+ times, expected 25"
  ENVIRONMENT
    "TEST_STATE=${CMAKE_CURRENT_BINARY_DIR}/scratch_run_canary;FLOPMETER_TEST_SHM=${CMAKE_CURRENT_BINARY_DIR}")
