# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# NVIDIA GPUs from outside the process, over a fake NVML that misbehaves on demand.

set(gpu_source ${PROJECT_SOURCE_DIR}/native/src/counter)
set(gpu_test ${CMAKE_CURRENT_LIST_DIR})

# Not linked: loaded with dlopen(), as the driver's library is.
add_library(fake_nvml MODULE ${gpu_test}/fake_nvml.c)
target_compile_definitions(fake_nvml PRIVATE _GNU_SOURCE)
target_include_directories(fake_nvml PRIVATE ${gpu_source} ${gpu_source}/../lane ${PROJECT_SOURCE_DIR}/native/include)
target_link_libraries(fake_nvml PRIVATE flopmeter_warnings)

add_library(fake_dcgm MODULE ${gpu_test}/fake_dcgm.c ${gpu_test}/fake_dcgm_engine.c)
target_compile_definitions(fake_dcgm PRIVATE _GNU_SOURCE)
target_include_directories(fake_dcgm PRIVATE ${gpu_source} ${gpu_source}/../lane ${PROJECT_SOURCE_DIR}/native/include)
target_link_libraries(fake_dcgm PRIVATE flopmeter_warnings)

# What the tests share. Some don't need it all, and take nothing of it from an archive.
add_library(flopmeter_test_gpu STATIC ${gpu_test}/counter_gpu.c ${gpu_test}/counter_dcgm.c)
target_compile_definitions(flopmeter_test_gpu PRIVATE _GNU_SOURCE FAKE_NVML_PATH="$<TARGET_FILE:fake_nvml>"
  FAKE_DCGM_PATH="$<TARGET_FILE:fake_dcgm>")
target_link_libraries(flopmeter_test_gpu PRIVATE flopmeter_warnings PUBLIC flopmeter_test_check flopmeter_gpu)

function(flopmeter_gpu_test name)
  add_executable(${name} ${gpu_test}/${name}.c)
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE TESTDATA="${PROJECT_SOURCE_DIR}/testdata/counter")
  target_link_libraries(${name} PRIVATE flopmeter_warnings flopmeter_test_gpu ${ARGN})
  add_dependencies(${name} fake_nvml fake_dcgm)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 120)
endfunction()

foreach(what gpu gpu_bounds gpu_chip gpu_replay gpu_random dcgm dcgm_random dcgm_wrap)
  flopmeter_gpu_test(test_counter_${what})
endforeach()
flopmeter_gpu_test(test_counter_owner flopmeter_counter_process)

# CUPTI before a run, over a root of the test's own. The canary reads counters that only administrators may.
flopmeter_objects(probe flopmeter_counter_process INCLUDE cupti_probe.c)
add_executable(test_cupti_probe ${gpu_test}/test_cupti_probe.c "${probe}")
target_link_libraries(test_cupti_probe PRIVATE
  flopmeter_warnings flopmeter_test_pmu flopmeter_cuda_core ${CMAKE_DL_LIBS})
flopmeter_plant(canary_cupti_probe.c ${gpu_source}/cupti_probe.c
  "if (YES == is_restricted && !is_admin)" "if (NO == is_restricted && !is_admin)")
flopmeter_add_variant(canary_cupti_probe test_cupti_probe ${CMAKE_CURRENT_BINARY_DIR}/canary_cupti_probe.c)
foreach(name test_cupti_probe canary_cupti_probe)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 60)
endforeach()
set_tests_properties(canary_cupti_probe PROPERTIES PASS_REGULAR_EXPRESSION "check failed: .*administrators only")

# The process itself, with the fake where the driver's library would be.
add_executable(flopmeter-counter-test ${gpu_source}/main.c ${gpu_test}/fake_counter_host.c)
target_compile_definitions(flopmeter-counter-test PRIVATE _GNU_SOURCE FLOPMETER_COUNTER_TESTING)
target_link_libraries(flopmeter-counter-test PRIVATE flopmeter_warnings flopmeter_counter_process)
add_executable(test_counter_watch ${gpu_test}/test_counter_watch.c)
target_link_libraries(test_counter_watch PRIVATE flopmeter_warnings flopmeter_test_meter flopmeter)
add_test(NAME test_counter_watch
  COMMAND test_counter_watch $<TARGET_FILE:flopmeter-counter-test> $<TARGET_FILE:fake_nvml>
    $<TARGET_FILE:fake_dcgm>)
set_tests_properties(test_counter_watch PROPERTIES TIMEOUT 300)
add_executable(test_counter_note ${gpu_test}/test_counter_note.c)
target_link_libraries(test_counter_note PRIVATE flopmeter_warnings flopmeter_test_meter flopmeter)
add_test(NAME test_counter_note
  COMMAND test_counter_note $<TARGET_FILE:flopmeter-counter-test> $<TARGET_FILE:fake_nvml>)
set_tests_properties(test_counter_note PROPERTIES TIMEOUT 120)

# The same process for a whole host. The canary counts what the counters of runs have, so each of them twice.
add_executable(test_counter_devices ${gpu_test}/test_counter_devices.c)
target_link_libraries(test_counter_devices PRIVATE flopmeter_warnings flopmeter_test_meter flopmeter)
add_test(NAME test_counter_devices
  COMMAND test_counter_devices $<TARGET_FILE:flopmeter-counter-test> $<TARGET_FILE:fake_nvml>
    $<TARGET_FILE:fake_dcgm>)
set_tests_properties(test_counter_devices PROPERTIES TIMEOUT 300)
flopmeter_gpu_test(test_counter_tenant flopmeter_counter_process)
flopmeter_gpu_test(test_cgroup_job flopmeter_counter_process)

function(flopmeter_devices_canary name pattern file from to)
  flopmeter_plant(gpu_canary_${name}.c ${gpu_source}/${file} "${from}" "${to}")
  flopmeter_add_variant(flopmeter-counter-canary-${name} flopmeter-counter-test
    ${CMAKE_CURRENT_BINARY_DIR}/gpu_canary_${name}.c)
  add_test(NAME canary_gpu_${name}
    COMMAND test_counter_devices $<TARGET_FILE:flopmeter-counter-canary-${name}> $<TARGET_FILE:fake_nvml>
      $<TARGET_FILE:fake_dcgm>)
  set_tests_properties(canary_gpu_${name} PROPERTIES
    TIMEOUT 300 PASS_REGULAR_EXPRESSION "check failed: .*${pattern}")
endfunction()
flopmeter_devices_canary(devices_twice "counted twice" tenant.c "charge.is_elsewhere = true;" "charge.is_elsewhere = false;")
flopmeter_devices_canary(devices_claim "claims what may be counted" tenant.c "charge.is_whole = false;"
  "charge.is_whole = true;")
flopmeter_devices_canary(devices_shares "the upper end of job" watch_set.c
  "job < seen->jobs.count" "job < seen->jobs.count - seen->jobs.count")

# Canary: a note that claims what others may have done, where the lane does not.
flopmeter_plant(gpu_canary_note.c ${gpu_source}/watch_note.c "if (!is_ours)" "if (!is_ours && NULL == note)")
flopmeter_add_variant(flopmeter-counter-canary-note flopmeter-counter-test
  ${CMAKE_CURRENT_BINARY_DIR}/gpu_canary_note.c)
add_test(NAME canary_gpu_note
  COMMAND test_counter_note $<TARGET_FILE:flopmeter-counter-canary-note> $<TARGET_FILE:fake_nvml>)
set_tests_properties(canary_gpu_note PROPERTIES
  TIMEOUT 120 PASS_REGULAR_EXPRESSION "check failed: .*claims what may be others")

add_test(NAME counter_host_process COMMAND sh ${gpu_test}/test_counter_host.sh $<TARGET_FILE:flopmeter-counter-test>
  $<TARGET_FILE:flopmeter-counter>)
set_tests_properties(counter_host_process PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 60)

# Canaries: the source with one line wrong.
function(flopmeter_gpu_canary name file test pattern from to)
  flopmeter_plant(gpu_canary_${name}.c ${gpu_source}/${file} "${from}" "${to}")
  flopmeter_add_variant(canary_gpu_${name} ${test} ${CMAKE_CURRENT_BINARY_DIR}/gpu_canary_${name}.c)
  add_test(NAME canary_gpu_${name} COMMAND canary_gpu_${name})
  set_tests_properties(canary_gpu_${name} PROPERTIES
    TIMEOUT 120 PASS_REGULAR_EXPRESSION "check failed: .*${pattern}")
endfunction()

flopmeter_gpu_canary(stale gpm.c test_counter_gpu "stale"
  "< 2 * (uint64_t)counter->device.chip->refresh_ns" "< 1 + 0 * (uint64_t)counter->device.chip->refresh_ns")
flopmeter_gpu_canary(data_sheet gpm.c test_counter_gpu "clock"
  "upper_of(device->clock_hz_max, upper_of(first_hz, last_hz))" "upper_of(first_hz, last_hz)")
flopmeter_gpu_canary(gap_is_zero gpu_meter.c test_counter_gpu "expected"
  "sm_cycles_up(duration_ns, clock_hz_upper, sm_count_upper) * FLOPMETER_GPU_ACTIVITY_WHOLE"
  "0 * sm_cycles_up(duration_ns, clock_hz_upper, sm_count_upper)")
flopmeter_gpu_canary(no_slack gpu_meter.c test_counter_gpu_random "below the truth"
  "interval->clock_hz.upper, interval->sm_count.upper) * rise" "interval->clock_hz.upper, 0 * rise)")
flopmeter_gpu_canary(heir gpu_account.c test_counter_gpu_bounds "another's work.*above the truth"
  "duration_ns, clock_hz > most_hz ? clock_hz : most_hz, sm_count);"
  "duration_ns, clock_hz < most_hz ? device->clock_hz_min : device->clock_hz_min, sm_count);")
flopmeter_gpu_canary(hole gpm.c test_counter_gpu_bounds "below the truth"
  "book_gap(counter, counter->base_ns_after, FLOPMETER_COUNTER_FAILED);"
  "book_gap(counter, counter->base_ns_before - 9000000000, FLOPMETER_COUNTER_FAILED);")
flopmeter_gpu_canary(run_over gpm_metric.c test_counter_gpu_bounds "run over.*below the truth"
  "seen->elapsed_most < most || seen->active_most[pipe] < most"
  "0 == most && seen->elapsed_most < seen->active_most[pipe]")
flopmeter_gpu_canary(one_or_sum gpm_metric.c test_counter_gpu_bounds "asleep.*above the truth"
  "active->lower *= scale.lower;" "active->lower *= scale.upper;")
flopmeter_gpu_canary(part_of_name gpu_chip.c test_counter_gpu_chip "GH200"
  "return begins && !(is_number" "return !begins || !(is_number")
target_include_directories(canary_gpu_part_of_name PRIVATE ${FLOPMETER_GPU_TABLE_FOLDER})
flopmeter_gpu_canary(stated_clock gpu_meter.c test_counter_gpu_random "above the truth"
  "sm_cycles(interval->dt_ns_lower, interval->clock_hz.lower"
  "sm_cycles(interval->dt_ns_lower, interval->clock_hz.upper")
flopmeter_gpu_canary(reset_unseen gpm.c test_counter_gpu_random "the interval with the reset"
  "if (flopmeter_gpm_metric_is_reset(&counter->base_totals, &totals))" "if (0 == after_ns)")
flopmeter_gpu_canary(same_size gpm_device.c test_counter_gpu "SM 16"
  "FLOPMETER_NVML_SUCCESS == flopmeter_gpm_partition_find(device, device->gpu_instance)"
  "FLOPMETER_NVML_SUCCESS != flopmeter_gpm_partition_find(device, device->gpu_instance)")
flopmeter_gpu_canary(mean_of_part gpm_partition.c test_counter_gpu "SM 16 16 16"
  "device->sm_count.upper = sum > device->sm_count.upper ? sum : device->sm_count.upper;"
  "device->sm_count.upper = sum;")

flopmeter_gpu_canary(compute_only owner.c test_counter_owner "another one that draws"
  "add_processes(device, device->nvml.nvmlDeviceGetGraphicsRunningProcesses_v3, pids, max, &count)"
  "NULL != pids || add_processes(device, NULL, pids, max, &count)")
flopmeter_gpu_canary(lost_is_value dcgm_source.c test_counter_dcgm_random "below the truth"
  "dt_ns <= WHOLE_NS_MAX ? dt_ns : INTERVAL_NS" "dt_ns <= WHOLE_NS_MAX * 1000 ? dt_ns : INTERVAL_NS")
flopmeter_gpu_canary(no_age dcgm_source.c test_counter_dcgm_random "below the truth"
  "{ known_ns, known_ns, slack_ns(counter)," "{ known_ns, known_ns, 0,")
flopmeter_gpu_canary(clock_set dcgm_source.c test_counter_dcgm "step: state"
  "values[i].time_us <= counter->floor_us" "values[i].time_us <= 0")
flopmeter_gpu_canary(any_is_each dcgm_source.c test_counter_dcgm "point"
  "activity->point = FLOPMETER_GPU_HMMA == pipe ? activity->point : 0;" "activity->point += 0;")
flopmeter_gpu_canary(pod cgroup_job.c test_cgroup_job "docker"
  "if (!is_up && !is_kubelets(at, length))" "if (!is_up && 0 == length)")
flopmeter_gpu_canary(negative_is_zero gpu_meter.c test_counter_dcgm_wrap "no gap"
  "percent < 0 || percent > PERCENT_ROUNDING_MAX" "percent > 1e30")
flopmeter_gpu_canary(blank_is_zero dcgm_value.c test_counter_dcgm "a pipe that nobody shows"
  "if (number >= FLOPMETER_DCGM_FP64_BLANK)" "activity->lower = activity->point = activity->upper = 0;
    if (number >= FLOPMETER_DCGM_FP64_BLANK)
    {
        return FLOPMETER_DCGM_VALUE_ACTIVITY;
    }
    if (number >= FLOPMETER_DCGM_FP64_BLANK)")

# Our declarations against NVIDIA's, where their headers are.
function(flopmeter_vendor_abi name header found)
  if(found)
    message(STATUS "${header}: ${found}")
    add_executable(test_${name}_abi ${gpu_test}/test_${name}_abi.c)
    target_link_libraries(test_${name}_abi PRIVATE flopmeter_warnings)
    target_compile_definitions(test_${name}_abi PRIVATE _GNU_SOURCE NVML_HEADER="${found}/nvml.h")
    target_include_directories(test_${name}_abi PRIVATE
      ${gpu_source} ${gpu_source}/../lane ${PROJECT_SOURCE_DIR}/native/include)
    if(NOT name STREQUAL nvml)
      target_include_directories(test_${name}_abi SYSTEM PRIVATE ${found})
    endif()
    # Where an own nvml.h and NVIDIA's meet, only the path tells them apart; its warnings are its own affair.
    target_compile_options(test_${name}_abi PRIVATE -Wno-pedantic -Wno-conversion -Wno-strict-prototypes)
    add_test(NAME ${name}_abi COMMAND test_${name}_abi)
  else()
    message(STATUS "${header}: none; ${name}_abi is not checked")
    add_test(NAME ${name}_abi COMMAND sh -c "echo 'SKIPPED: no ${header}'; exit 77")
  endif()
  set_tests_properties(${name}_abi PROPERTIES SKIP_RETURN_CODE 77)
endfunction()

set(vendor_paths /usr/local/cuda/include /usr/local/cuda/targets/x86_64-linux/include /usr/include)
find_path(FLOPMETER_NVML_INCLUDE nvml.h PATHS ${vendor_paths} NO_DEFAULT_PATH)
find_path(FLOPMETER_DCGM_INCLUDE dcgm_agent.h PATHS ${vendor_paths} /usr/include/dcgm NO_DEFAULT_PATH)
mark_as_advanced(FLOPMETER_NVML_INCLUDE FLOPMETER_DCGM_INCLUDE)
flopmeter_vendor_abi(nvml nvml.h "${FLOPMETER_NVML_INCLUDE}")
flopmeter_vendor_abi(dcgm dcgm_agent.h "${FLOPMETER_DCGM_INCLUDE}")

add_test(NAME gpu_tables COMMAND sh ${gpu_test}/test_gpu_tables.sh $<TARGET_FILE:flopmeter_gpu_generate>
  ${gpu_source}/data ${CMAKE_CURRENT_BINARY_DIR}/scratch_gpu_tables)

# Under the supervisor. run.cmake is read after this file, so its functions are not there yet.
add_test(NAME run_counter COMMAND sh ${gpu_test}/run/test_run_counter.sh)
set_tests_properties(run_counter PROPERTIES TIMEOUT 300 ENVIRONMENT
  "RUN=$<TARGET_FILE:flopmeter-run-test>;HELPER=$<TARGET_FILE:run_helper>;\
COUNTER=$<TARGET_FILE:flopmeter-counter-test>;FAKE_NVML_LIBRARY=$<TARGET_FILE:fake_nvml>;\
FAKE_DCGM_LIBRARY=$<TARGET_FILE:fake_dcgm>;\
SCRATCH=${CMAKE_CURRENT_BINARY_DIR}/scratch_run_counter")

# A whole host's counter beside a real supervisor and the counter of its run.
add_test(NAME run_devices COMMAND sh ${gpu_test}/run/test_run_devices.sh)
set_tests_properties(run_devices PROPERTIES TIMEOUT 300 ENVIRONMENT
  "RUN=$<TARGET_FILE:flopmeter-run-test>;HELPER=$<TARGET_FILE:run_helper>;\
COUNTER=$<TARGET_FILE:flopmeter-counter-test>;FAKE_NVML_LIBRARY=$<TARGET_FILE:fake_nvml>;\
SCRATCH=${CMAKE_CURRENT_BINARY_DIR}/scratch_run_devices")
