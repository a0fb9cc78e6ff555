# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# flopmeter pause and resume: those who hold counters, each over what stands for its hardware.

add_library(flopmeter_test_hold STATIC hold_files.c)
target_include_directories(flopmeter_test_hold PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}
  ${PROJECT_SOURCE_DIR}/native/src/counter ${PROJECT_SOURCE_DIR}/native/src/lane ${PROJECT_SOURCE_DIR}/native/include)
target_compile_definitions(flopmeter_test_hold PUBLIC _GNU_SOURCE)
target_link_libraries(flopmeter_test_hold PRIVATE flopmeter_warnings PUBLIC flopmeter_test_check)

add_executable(test_pause test_pause.c)
target_link_libraries(test_pause PRIVATE flopmeter_warnings flopmeter_test_hold flopmeter_perf)
flopmeter_plant(pause_canary_look.c ${PROJECT_SOURCE_DIR}/native/src/counter/pause.c
  "fd < 0 && ENOENT != errno &&" "fd < 0 && EBADF == errno &&")
flopmeter_add_variant(pause_canary_look test_pause ${CMAKE_CURRENT_BINARY_DIR}/pause_canary_look.c)
foreach(name test_pause pause_canary_look)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 60)
endforeach()
set_tests_properties(pause_canary_look PROPERTIES PASS_REGULAR_EXPRESSION "check failed: .*took the counters back")

# flopmeter-counter. The canary is one that answers and holds on.
add_executable(test_counter_pause test_counter_pause.c)
target_link_libraries(test_counter_pause PRIVATE flopmeter_warnings flopmeter_test_hold flopmeter_test_meter flopmeter)
add_test(NAME test_counter_pause
  COMMAND test_counter_pause $<TARGET_FILE:flopmeter-counter-test> $<TARGET_FILE:fake_nvml>)
set_tests_properties(test_counter_pause PROPERTIES TIMEOUT 300)
flopmeter_plant(pause_canary_watch.c ${PROJECT_SOURCE_DIR}/native/src/counter/watch.c
  "(is_paused ? source->pause : source->resume)" "(is_paused ? source->resume : source->resume)")
flopmeter_add_variant(flopmeter-counter-canary-pause flopmeter-counter-test
  ${CMAKE_CURRENT_BINARY_DIR}/pause_canary_watch.c)
add_test(NAME pause_canary_watch
  COMMAND test_counter_pause $<TARGET_FILE:flopmeter-counter-canary-pause> $<TARGET_FILE:fake_nvml>)
flopmeter_plant(pause_canary_many.c ${PROJECT_SOURCE_DIR}/native/src/counter/gpu_account.c
  "FLOPMETER_COUNTER_PAUSED != reason && !is_wider" "!is_wider && account->gaps_count >= 15")
flopmeter_add_variant(flopmeter-counter-canary-many flopmeter-counter-test
  ${CMAKE_CURRENT_BINARY_DIR}/pause_canary_many.c)
add_test(NAME pause_canary_many
  COMMAND test_counter_pause $<TARGET_FILE:flopmeter-counter-canary-many> $<TARGET_FILE:fake_nvml>)
set_tests_properties(pause_canary_many PROPERTIES
  TIMEOUT 300 PASS_REGULAR_EXPRESSION "check failed: .*pauses are bounded, and no gap of another kind")
set_tests_properties(pause_canary_watch PROPERTIES
  TIMEOUT 300 PASS_REGULAR_EXPRESSION "check failed: .*it counts while it is paused")
