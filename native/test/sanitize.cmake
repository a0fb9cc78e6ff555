# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# Sanitizers. In a plain build, two tests that build and run a second tree each (sanitize.sh); in such a tree, the canaries
# that tell whether its sanitizer is awake, and the list of what runs there by default.

add_executable(test_shared test_shared.c)
target_link_libraries(test_shared PRIVATE
  flopmeter_warnings flopmeter_test_meter flopmeter flopmeter_drain_core Threads::Threads)
add_test(NAME test_shared COMMAND test_shared)
set_tests_properties(test_shared PROPERTIES TIMEOUT 600)

if(NOT FLOPMETER_SANITIZE)
  foreach(kind address thread)
    add_test(NAME sanitize_${kind} COMMAND sh ${CMAKE_CURRENT_LIST_DIR}/sanitize.sh
      ${PROJECT_SOURCE_DIR} ${CMAKE_BINARY_DIR}-${kind} ${kind} ${FLOPMETER_JAVA_HOME})
    # The longest: begun first, so that it does not run alone at the end (COST).
    set_tests_properties(sanitize_${kind} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 3600 COST 1000
      ENVIRONMENT "CC=${CMAKE_C_COMPILER}")
  endforeach()
  return()
endif()

# For SanitizedDrainIT: the meter's library with a mistake, and what a JVM must be started with.
function(flopmeter_add_planted_control runtime from to)
  flopmeter_plant(planted_control.c ${PROJECT_SOURCE_DIR}/native/src/control/flopmeter_control.c "${from}" "${to}")
  flopmeter_objects(counter flopmeter_control INCLUDE control_counter.c)
  add_library(flopmeter_planted_control SHARED ${CMAKE_CURRENT_BINARY_DIR}/planted_control.c "${counter}")
  target_include_directories(flopmeter_planted_control PRIVATE ${PROJECT_SOURCE_DIR}/native/src/control)
  target_link_libraries(flopmeter_planted_control PRIVATE flopmeter_perf)
  execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=${runtime}
    OUTPUT_VARIABLE path OUTPUT_STRIP_TRAILING_WHITESPACE)
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/runtime.txt "${path}")
endfunction()

# test_shared with a core in which a line of lane.c is wrong; the sanitizer must say `pattern`.
function(flopmeter_add_planted name from to pattern)
  flopmeter_plant(planted_${name}.c ${PROJECT_SOURCE_DIR}/native/src/lane/lane.c "${from}" "${to}")
  flopmeter_add_core_planted(flopmeter_planted_${name} lane.c ${CMAKE_CURRENT_BINARY_DIR}/planted_${name}.c)
  add_executable(test_planted_${name} $<TARGET_OBJECTS:test_shared>)
  set_target_properties(test_planted_${name} PROPERTIES LINKER_LANGUAGE C)
  target_link_libraries(test_planted_${name} PRIVATE
    flopmeter_warnings flopmeter_test_meter flopmeter_planted_${name} flopmeter_drain_core Threads::Threads)
  add_test(NAME planted_${name} COMMAND test_planted_${name})
  set_tests_properties(planted_${name} PROPERTIES TIMEOUT 600 PASS_REGULAR_EXPRESSION "${pattern}")
  set(targets ${targets} test_planted_${name} PARENT_SCOPE)
endfunction()

# Keep it in step with sanitize.sh. Under TSan those in which threads meet; nightly builds make and run all there is.
set(core detach environment fork key kill lane signal thread shared cuda_account cuda_inject cuda_stated cuda_death
  cuda_altered cuda_nodes cuda_way cgroup_job cudnn cudnn_backend cudnn_bare cudnn_nodes cudnn_odd cudnn_partial counter_gpu
  counter_gpu_replay counter_gpu_random counter_gpu_bounds counter_dcgm counter_dcgm_wrap)
if(FLOPMETER_SANITIZE MATCHES "thread")
  set(core detach environment thread shared)
endif()
list(TRANSFORM core PREPEND test_)
if(NOT FLOPMETER_SANITIZE MATCHES "thread")
  list(APPEND core counter_perf)
endif()
set(targets ${core} flopmeter_control flopmeter_planted_control)
if(FLOPMETER_SANITIZE MATCHES "address")
  flopmeter_add_planted(overrun
    "record->reserved = 0;" "record->reserved = 0; lane->file.ring[lane->file.ring_capacity] = 0;"
    "AddressSanitizer: use-after-poison")
  flopmeter_add_planted_control(libasan.so "map->fd = fd;" "map->fd = fd; (map + 1)->address = 0;")
endif()
if(FLOPMETER_SANITIZE MATCHES "undefined")
  flopmeter_add_planted(shift
    "record->reserved = 0;" "record->reserved = 0U << (lane->sequence < 1 ? 32 : 0);" "runtime error: shift exponent 32")
endif()
if(FLOPMETER_SANITIZE MATCHES "thread")
  flopmeter_add_planted(race
    "__atomic_store_n(&lane->file.header->slot_count, slot + 1, __ATOMIC_RELEASE)"
    "lane->file.header->slot_count = slot + 1" "ThreadSanitizer: data race")
  # Both threads come to it before either goes on, since files opened and closed on the way would order them; then one
  # after the other, since two accesses at the same instant may miss each other's mark. Nothing of that orders them for
  # the sanitizer: a race at each run.
  flopmeter_add_planted_control(libtsan.so "map->fd = fd;" "{ static uint64_t maps; static int here; static int gone; \
const int place = __atomic_fetch_add(&here, 1, __ATOMIC_RELAXED); \
while (__atomic_load_n(&here, __ATOMIC_RELAXED) < 2) { } \
while (0 != place && 0 == __atomic_load_n(&gone, __ATOMIC_RELAXED)) { } \
maps += 1; __atomic_store_n(&gone, 1, __ATOMIC_RELAXED); } map->fd = fd;")
endif()

if(TARGET flopmeter_drain)
  list(APPEND targets flopmeter_drain)
endif()
add_custom_target(flopmeter_sanitized DEPENDS ${targets})
