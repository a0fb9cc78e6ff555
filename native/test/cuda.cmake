# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# libflopmeter_cuda.so: against the real host side of CUPTI where it is installed, and against a driver made of scripts.

find_path(FLOPMETER_CUPTI_INCLUDE cupti_profiler_host.h
  PATHS /usr/local/cuda/include /usr/local/cuda/extras/CUPTI/include NO_DEFAULT_PATH)
mark_as_advanced(FLOPMETER_CUPTI_INCLUDE)

add_executable(cuda_golden cuda_golden.c)
target_link_libraries(cuda_golden PRIVATE flopmeter_warnings flopmeter_test_reader flopmeter_cuda_core ${CMAKE_DL_LIBS})
if(FLOPMETER_SANITIZE)
  # NVIDIA loads libnvperf_host with RTLD_DEEPBIND, which no sanitizer allows.
  add_test(NAME cuda_golden COMMAND sh -c "echo 'SKIPPED: libnvperf does not run under a sanitizer'; exit 77")
else()
  add_test(NAME cuda_golden COMMAND cuda_golden ${PROJECT_SOURCE_DIR}/testdata/cupti)
endif()
set_tests_properties(cuda_golden PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600)

# Our declarations against NVIDIA's.
if(CMAKE_CXX_COMPILER AND FLOPMETER_CUPTI_INCLUDE)
  message(STATUS "CUPTI headers: ${FLOPMETER_CUPTI_INCLUDE}")
  add_executable(test_cupti_abi test_cupti_abi.cpp)
  target_include_directories(test_cupti_abi PRIVATE ${FLOPMETER_CUDA_INCLUDES})
  target_include_directories(test_cupti_abi SYSTEM PRIVATE ${FLOPMETER_CUPTI_INCLUDE})
  target_compile_options(test_cupti_abi PRIVATE -Wall -Wextra -Werror -Wno-invalid-offsetof)
  add_test(NAME cupti_abi COMMAND test_cupti_abi)
else()
  message(STATUS "CUPTI headers: none, or no C++ compiler; cupti_abi is not checked")
  add_test(NAME cupti_abi COMMAND sh -c "echo 'SKIPPED: no CUPTI headers or no C++ compiler'; exit 77")
endif()
set_tests_properties(cupti_abi PROPERTIES SKIP_RETURN_CODE 77)

# Everything but the entry point, as the library has it or with one line changed: then it is the program of the same
# test once more.
function(flopmeter_add_cuda_test name test)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "SOURCE;FROM;TO;PATTERN" "LIBRARIES;ARGUMENTS")
  if(arg_SOURCE)
    flopmeter_plant(${name}.c ${PROJECT_SOURCE_DIR}/native/src/cuda/${arg_SOURCE} "${arg_FROM}" "${arg_TO}")
    cmake_path(GET test STEM original)
    flopmeter_add_variant(${name} ${original} ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
  else()
    add_executable(${name} ${test})
    target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
    target_link_libraries(${name} PRIVATE flopmeter_warnings flopmeter_test_reader ${arg_LIBRARIES} flopmeter_cuda_core
      Threads::Threads ${CMAKE_DL_LIBS} m)
  endif()
  add_test(NAME ${name} COMMAND ${name} ${arg_ARGUMENTS})
  set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
  if(arg_PATTERN)
    set_tests_properties(${name} PROPERTIES PASS_REGULAR_EXPRESSION "check failed: .*${arg_PATTERN}")
  endif()
endfunction()

flopmeter_add_cuda_test(test_cuda_account test_cuda_account.c
  ARGUMENTS ${PROJECT_SOURCE_DIR}/native/src/counter/data/gpu_rates.csv
    ${PROJECT_SOURCE_DIR}/native/src/counter/data/gpu_chips.csv)
flopmeter_add_cuda_test(cuda_canary_scale test_cuda_account.c SOURCE cuda_account.c
  FROM "* ns / rate->ns" TO "* rate->ns / ns" PATTERN "BF16 estimate is [0-9]+, expected 1500")
flopmeter_add_cuda_test(cuda_canary_sparse test_cuda_account.c SOURCE cuda_account.c
  FROM "dense + (count - dense) / 2" TO "count" PATTERN "BF16 flop_count is 1000, expected 850")
flopmeter_add_cuda_test(cuda_canary_overlap test_cuda_account.c SOURCE cuda_account.c
  FROM "twice += is_before &&" TO "twice += false && is_before &&"
  PATTERN "UNKNOWN flop_count is 1007, expected 707")
flopmeter_add_cuda_test(cuda_canary_zero test_cuda_account.c SOURCE cuda_account.c
  FROM "if (!are_good[i])" TO "if (!are_good[i] && is_good)"
  PATTERN "bound is 4010, expected 8010")
flopmeter_add_cuda_test(cuda_canary_unread test_cuda_account.c SOURCE cuda_account.c
  FROM "!is_whole(account, slice, root) && of_root" TO "is_whole(account, slice, root) && of_root"
  PATTERN "bound is 30, expected 24030")

# The driver made of scripts. Its name is the real one: the library looks for what is loaded under that name.
add_library(fake_cuda SHARED fake_cuda.c fake_cupti.c fake_cupti_activity.c fake_cupti_pm.c
  $<TARGET_OBJECTS:fake_cuda_graph>)
target_include_directories(fake_cuda PRIVATE ${FLOPMETER_CUDA_INCLUDES} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
target_compile_definitions(fake_cuda PRIVATE _GNU_SOURCE)
target_link_libraries(fake_cuda PRIVATE flopmeter_warnings Threads::Threads)
set_target_properties(fake_cuda PROPERTIES PREFIX "" OUTPUT_NAME libcuda SUFFIX ".so.1"
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/fake_cuda)
add_library(fake_cuda_bare SHARED fake_cuda_bare.c)
target_link_libraries(fake_cuda_bare PRIVATE flopmeter_warnings)

add_library(flopmeter_session_rig STATIC session_rig.c)
target_compile_definitions(flopmeter_session_rig PRIVATE _GNU_SOURCE PUBLIC
  FAKE_CUDA="$<TARGET_FILE:fake_cuda>" FAKE_BARE="$<TARGET_FILE:fake_cuda_bare>")
target_link_libraries(flopmeter_session_rig PRIVATE flopmeter_warnings
  PUBLIC flopmeter_test_check flopmeter_cuda_core fake_cuda)

function(flopmeter_add_cuda_session name test)
  flopmeter_add_cuda_test(${name} ${test} ${ARGN} LIBRARIES flopmeter_session_rig)
  add_dependencies(${name} fake_cuda_bare)
endfunction()

flopmeter_add_cuda_session(test_cuda_session test_cuda_session.c)
flopmeter_add_cuda_session(cuda_canary_layout test_cuda_session.c SOURCE cuda_range.c
  FROM "NULL != range->images[set] && range->is_set && set == range->set" TO "NULL != range->images[set]"
  PATTERN "gaps")
flopmeter_add_cuda_session(cuda_canary_twice test_cuda_session.c SOURCE cuda_account.c
  FROM "shape->flop_count += lower;" TO "shape->flop_count += 2 * lower;"
  PATTERN "lower is [0-9]+, the ranges told of")
flopmeter_add_cuda_session(cuda_canary_unbooked test_cuda_session.c SOURCE cuda_session.c
  FROM "flopmeter_cuda_account_slice(&device->account, now_ns - device->booked_ns, NULL, NULL);" TO ";"
  PATTERN "point is [0-9]+ of")
flopmeter_add_cuda_session(cuda_canary_lost test_cuda_session.c SOURCE cuda_range.c
  FROM "NULL != range->profiler && !is_lost" TO "NULL != range->profiler || is_lost" PATTERN "misuse of CUPTI")
flopmeter_add_cuda_session(cuda_canary_reference test_cuda_session.c SOURCE cuda_hold.c
  FROM "else if (!is_lost)" TO "else if (is_lost)" PATTERN "references")

flopmeter_add_cuda_session(test_cuda_sparse test_cuda_sparse.c)
flopmeter_add_cuda_session(cuda_canary_credited test_cuda_sparse.c SOURCE cuda_account.c
  FROM "dense + (count - dense) / 2" TO "count" PATTERN "told: lower is [0-9]+, [0-9]+ were executed")

flopmeter_add_cuda_session(test_cuda_contexts test_cuda_contexts.c)
flopmeter_add_cuda_session(cuda_canary_shared test_cuda_contexts.c SOURCE cuda_hold.c
  FROM "(is_primary_there ? 1 : 0) > 1" TO "(is_primary_there ? 1 : 0) > 99"
  PATTERN "estimated from one of several")
flopmeter_add_cuda_session(cuda_canary_unseen test_cuda_contexts.c SOURCE cuda_hold.c
  FROM "flopmeter_cuda_contexts_count(device->device) +" TO "" PATTERN "not counted")
flopmeter_add_cuda_session(cuda_canary_held test_cuda_contexts.c SOURCE cuda_session.c
  FROM "now_ns >= device->range_end_ns || flopmeter_cuda_hold_is_wanted(device)" TO "now_ns >= device->range_end_ns"
  PATTERN "has not let go")
flopmeter_add_cuda_session(cuda_canary_gone test_cuda_contexts.c SOURCE cuda_session.c
  FROM "const bool is_lost = !flopmeter_cuda_hold_is_same(session, device);" TO "const bool is_lost = false;"
  PATTERN "going late: misuse of CUPTI")
flopmeter_add_cuda_session(cuda_canary_meanwhile test_cuda_contexts.c SOURCE cuda_session.c
  FROM "FLOPMETER_CUPTI_SUCCESS == result && !flopmeter_cuda_hold_is_same" TO
  "FLOPMETER_CUPTI_SUCCESS != result && !flopmeter_cuda_hold_is_same" PATTERN "no range ended, or it was read")

flopmeter_add_cuda_session(test_cuda_kernels test_cuda_kernels.c)
flopmeter_add_cuda_session(test_cuda_kernels_note test_cuda_kernels_note.c)
flopmeter_add_cuda_session(test_cuda_kernels_final test_cuda_kernels_final.c)
flopmeter_add_cuda_session(cuda_canary_gate test_cuda_kernels_final.c SOURCE cuda_kernels.c
  FROM "flush(0)" TO "(pthread_mutex_unlock(&kernels.gate), flush(0), pthread_mutex_lock(&kernels.gate))"
  PATTERN "misuse of CUPTI: CUPTI has been ended")
flopmeter_add_cuda_session(test_cuda_kernels_unseen test_cuda_kernels_unseen.c)
flopmeter_add_cuda_session(cuda_canary_clock test_cuda_kernels_unseen.c SOURCE cuda_kernels.c
  FROM "clock_ns : 0, at_ns)" TO "clock_ns : 0, at_ns - at_ns + now_ns())" PATTERN "between two clocks: [0-9]+ ns unseen")
flopmeter_add_cuda_session(cuda_canary_begun test_cuda_kernels_unseen.c SOURCE cuda_unseen.c
  FROM "is_known ? unseen->clock_at_ns - age_ns : unseen->begin_ns" TO "is_known ? unseen->clock_at_ns : unseen->begin_ns"
  PATTERN "a kernel at work at the end: 0 ns unseen")
flopmeter_add_cuda_session(cuda_canary_long_drop test_cuda_kernels_unseen.c SOURCE cuda_unseen.c
  FROM "reach(unseen, unseen->begin_ns);" TO "reach(unseen, unseen->clock_at_ns);"
  PATTERN "a kernel of which the begin is not told: 0 ns unseen")
flopmeter_add_cuda_session(cuda_canary_graph test_cuda_kernels.c SOURCE cuda_join.c
  FROM "FLOPMETER_CUDA_CALL_COUNTED == outcome && !kernel->is_node" TO "FLOPMETER_CUDA_CALL_COUNTED == outcome"
  PATTERN "classes: covered")
flopmeter_add_cuda_session(test_cuda_kernels_graph test_cuda_kernels_graph.c)
flopmeter_add_cuda_session(cuda_canary_other test_cuda_kernels_graph.c SOURCE cuda_join.c
  FROM "case FLOPMETER_CUDA_NODES_OTHER:\n            return UNCOVERED;"
  TO "case FLOPMETER_CUDA_NODES_OTHER:\n            return COVERED;" PATTERN "a graph that is known: covered")
flopmeter_add_cuda_session(cuda_canary_plan test_cuda_kernels_graph.c SOURCE cuda_plans.c
  FROM "++uses * FLOPMETER_CUDA_PLANS + place" TO "++uses * 0 + FLOPMETER_CUDA_PLANS + place"
  PATTERN "the place of one that is gone")
flopmeter_add_cuda_session(cuda_canary_stale_call test_cuda_kernels.c SOURCE cuda_calls.c
  FROM "0 != number && entry >> OUTCOME_BITS == number" TO "0 != number" PATTERN "a call that is forgotten")
flopmeter_add_cuda_session(cuda_canary_back test_cuda_kernels.c SOURCE cuda_kernels.c
  FROM "atomic_exchange(&kernels.phase, GONE)" TO "atomic_load(&kernels.phase)"
  PATTERN "comes: |calls are numbered for")
flopmeter_add_cuda_session(cuda_canary_child test_cuda_kernels.c SOURCE cuda_mine.c
  FROM "NULL != mark ? 0 != atomic_load_explicit(mark, memory_order_relaxed) : getpid() == atomic_load(&pid)"
  TO "0 != atomic_load(&pid)" PATTERN "a child used CUPTI")
flopmeter_add_cuda_session(test_cuda_stated test_cuda_stated.c)
flopmeter_add_cuda_session(cuda_canary_carry test_cuda_stated.c SOURCE cuda_stated.c
  FROM "(uint64_t)(sum >> 64)" TO "0" PATTERN "beyond 64 bits")
flopmeter_add_cuda_session(cuda_canary_torn test_cuda_stated.c SOURCE cuda_stated.c
  FROM "0 == (version & 1) && version == atomic_load_explicit(&cell->version, memory_order_relaxed)"
  TO "0 == (version & 0)" PATTERN "torn")
flopmeter_add_cuda_session(cuda_canary_ended test_cuda_stated.c SOURCE cuda_stated.c
  FROM "if (cell == mine.cell &&" TO "if (cell != mine.cell &&" PATTERN "cells are taken")
flopmeter_add_cuda_session(cuda_canary_stack test_cuda_kernels.c SOURCE cuda_kernels.c
  FROM "here.is_told && !atomic_load(&kernels.is_final)" TO "ON == atomic_load(&kernels.phase)" PATTERN "left with CUPTI")
flopmeter_add_cuda_session(cuda_canary_trial test_cuda_kernels.c SOURCE cuda_kernels.c
  FROM "state = flopmeter_cuda_state_of(try_subscription())"
  TO "atomic_store(&kernels.phase, ON), state = flopmeter_cuda_state_of(try_subscription())"
  PATTERN "was told of launches")
flopmeter_add_cuda_session(cuda_canary_drops test_cuda_kernels.c SOURCE cuda_kernels.c
  FROM "&dropped) && 0 != dropped" TO "&dropped) && NULL != context" PATTERN "ns unseen")

flopmeter_add_cuda_session(test_cuda_pause test_cuda_pause.c)
flopmeter_add_cuda_session(cuda_canary_pause_window test_cuda_pause.c SOURCE cuda_session.c
  FROM "session->is_paused || session->is_yielded"
  TO "(session->is_paused && 0 == now_ns) || session->is_yielded" PATTERN "a window was opened in the pause")
flopmeter_add_cuda_session(cuda_canary_pause_seen test_cuda_pause.c SOURCE cuda_kernels.c
  FROM "are not waited for. */" TO "are not waited for. */ if (kernels.is_put_off)"
  PATTERN "the end of the pause is taken as seen")

flopmeter_add_cuda_session(test_cuda_search test_cuda_search.c)
flopmeter_add_cuda_session(cuda_canary_half test_cuda_search.c SOURCE cuda_chip.c
  FROM "if (device->known.chip.was_stopped)" TO "if (false)" PATTERN "half of the sets stay")
flopmeter_add_cuda_session(cuda_canary_ahead test_cuda_search.c SOURCE cuda_session.c
  FROM "if (is_again)" TO "if (is_again && 0 == begin_ns)" PATTERN "booked ahead again")

flopmeter_add_cuda_session(test_cuda_taking test_cuda_taking.c)
flopmeter_add_cuda_session(cuda_canary_too_early test_cuda_taking.c SOURCE cuda_way.c
  FROM "is_late && !session->is_final" TO "is_late && session->is_final" PATTERN "misuse of CUPTI")
flopmeter_add_cuda_session(test_cuda_way test_cuda_way.c)
flopmeter_add_cuda_session(cuda_canary_way test_cuda_way.c SOURCE cuda_session.c
  FROM "session->is_paused || session->is_yielded" TO "session->is_paused"
  PATTERN "a window was opened beside the program's profiler")
flopmeter_add_cuda_session(cuda_canary_ended_cupti test_cuda_way.c SOURCE cuda_session.c
  FROM "NULL != device->known.chip.api && !session->is_final" TO "NULL != device->known.chip.api"
  PATTERN "misuse of CUPTI")

# Not a test: what a call costs while kernels are watched.
add_executable(flopmeter_bench_cuda_kernels bench_cuda_kernels.c bench_cuda_kernels_call.c)
target_compile_definitions(flopmeter_bench_cuda_kernels PRIVATE _GNU_SOURCE)
target_link_libraries(flopmeter_bench_cuda_kernels PRIVATE flopmeter_warnings flopmeter_session_rig
  flopmeter_test_reader fake_cublas Threads::Threads ${CMAKE_DL_LIBS} m)

# PM sampling, from outside the process: the source of flopmeter-counter over the same driver.
add_library(flopmeter_pm_rig OBJECT test_counter_pm.c counter_pm.c)
target_compile_definitions(flopmeter_pm_rig PRIVATE _GNU_SOURCE FAKE_NVML_PATH="$<TARGET_FILE:fake_nvml>"
  FAKE_CUDA="$<TARGET_FILE:fake_cuda>" FAKE_BARE="$<TARGET_FILE:fake_cuda_bare>")
target_link_libraries(flopmeter_pm_rig PRIVATE flopmeter_warnings flopmeter_test_check flopmeter_gpu fake_cuda)

# With PATTERN a canary: the archive's member is not taken where the program has its functions itself, with a bug in.
function(flopmeter_add_pm_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SOURCE;FROM;TO;PATTERN" "")
  set(planted_file)
  if(arg_SOURCE)
    flopmeter_plant(${name}.c ${PROJECT_SOURCE_DIR}/native/src/${arg_SOURCE} "${arg_FROM}" "${arg_TO}")
    set(planted_file ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
  endif()
  add_executable(${name} $<TARGET_OBJECTS:flopmeter_pm_rig> ${planted_file})
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
  target_link_libraries(${name} PRIVATE flopmeter_warnings flopmeter_test_check flopmeter_gpu fake_cuda)
  add_dependencies(${name} fake_nvml fake_cuda_bare)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 120)
  if(arg_PATTERN)
    set_tests_properties(${name} PROPERTIES PASS_REGULAR_EXPRESSION "check failed: .*${arg_PATTERN}")
  endif()
endfunction()

flopmeter_add_pm_test(test_counter_pm)
flopmeter_add_pm_test(pm_canary_overflow SOURCE counter/pm_source.c
  FROM "if (batch.is_overflow)" TO "if (batch.is_overflow && 0 == before_ns)" PATTERN "MS: overflow")
flopmeter_add_pm_test(pm_canary_zero SOURCE counter/pm_source.c
  FROM "        book_unknown(counter, length_ns);" TO "" PATTERN "is below the truth")
flopmeter_add_pm_test(pm_canary_late SOURCE counter/pm_source.c
  FROM "        book_unknown(counter, unseen);" TO "" PATTERN "is below the truth")
flopmeter_add_pm_test(pm_canary_part SOURCE counter/pm_source.c
  FROM "chip->is_measured ? PARTS : 1" TO "PARTS" PATTERN "upper [0-9]+")
flopmeter_add_pm_test(pm_canary_latest SOURCE cuda/pm_sampler.c
  FROM ".append = FLOPMETER_CUPTI_KEEP_OLDEST" TO ".append = 1" PATTERN "lost without a word")
flopmeter_add_pm_test(pm_canary_twice SOURCE cuda/pm_sampler.c
  FROM "is_next ? (uint64_t)values[i] : 0" TO "(uint64_t)values[i] + (is_next ? 0 : 0)" PATTERN "lower [0-9]+ of")
flopmeter_add_pm_test(pm_canary_between SOURCE cuda/pm_sampler.c
  FROM "sampler->has_last ? begin - sampler->last_end : 0;" TO "0;" PATTERN "loss: gaps")
flopmeter_add_pm_test(pm_canary_odd SOURCE cuda/pm_sampler.c
  FROM "            batch->is_odd[kind] = true;" TO "" PATTERN "odd value: gaps")
flopmeter_add_pm_test(pm_canary_left_on SOURCE cuda/pm_sampler.c
  FROM "        (void)sampler->api->pm.pm_disable(&params);" TO "        (void)params;" PATTERN "left on|stays open")

add_executable(test_counter_pm_process test_counter_pm_process.c)
target_compile_definitions(test_counter_pm_process PRIVATE _GNU_SOURCE)
target_link_libraries(test_counter_pm_process PRIVATE flopmeter_warnings flopmeter_test_meter flopmeter)
add_dependencies(test_counter_pm_process flopmeter-counter-test fake_nvml fake_cuda)
add_test(NAME test_counter_pm_process COMMAND test_counter_pm_process $<TARGET_FILE:flopmeter-counter-test>
  $<TARGET_FILE:fake_nvml> $<TARGET_FILE:fake_cuda>)
set_tests_properties(test_counter_pm_process PROPERTIES TIMEOUT 300)

# The library itself, in processes with lanes.
add_executable(test_cuda_inject test_cuda_inject.c test_cuda_inject_call.c)
target_compile_definitions(test_cuda_inject PRIVATE FAKE_CUDA="$<TARGET_FILE:fake_cuda>")
target_include_directories(test_cuda_inject PRIVATE ${FLOPMETER_CUDA_INCLUDES})
target_link_libraries(test_cuda_inject PRIVATE
  flopmeter_warnings flopmeter_test_hold flopmeter_test_meter flopmeter fake_cuda fake_cudart fake_cublas
  Threads::Threads ${CMAKE_DL_LIBS})
add_dependencies(test_cuda_inject flopmeter_cuda)
add_test(NAME test_cuda_inject COMMAND test_cuda_inject $<TARGET_FILE:flopmeter_cuda>)
set_tests_properties(test_cuda_inject PROPERTIES TIMEOUT 300)
add_dependencies(test_cuda_inject flopmeter_intercept)
add_test(NAME cuda_inject_made COMMAND test_cuda_inject $<TARGET_FILE:flopmeter_cuda> made)
set_tests_properties(cuda_inject_made PROPERTIES TIMEOUT 300
  ENVIRONMENT "LD_PRELOAD=${sanitizer}$<TARGET_FILE:flopmeter_intercept>")

# For native/test/gpu/executed.sh, on a machine with a GPU.
add_executable(lanes_of gpu/lanes_of.c)
target_link_libraries(lanes_of PRIVATE flopmeter_warnings flopmeter_test_meter)
