# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# Accelerators from outside the process: flopmeter_gpu (chips, NVML, DCGM, the sources "gpm" and "dcgm"), ownership, and
# the process flopmeter-counter. No CUDA header and no vendor library is needed: NVML and DCGM are declared in nvml.h and
# dcgm.h, and loaded at run time.

add_executable(flopmeter_gpu_generate ${CMAKE_CURRENT_LIST_DIR}/gpu_generate.c)
target_link_libraries(flopmeter_gpu_generate PRIVATE flopmeter_warnings)

set(gpu_data ${CMAKE_CURRENT_LIST_DIR}/data/gpu_chips.csv ${CMAKE_CURRENT_LIST_DIR}/data/gpu_rates.csv)
set(gpu_table ${CMAKE_CURRENT_BINARY_DIR}/gpu_table.inc)
add_custom_command(OUTPUT ${gpu_table}
  COMMAND flopmeter_gpu_generate ${gpu_data} > ${gpu_table}.tmp
  COMMAND ${CMAKE_COMMAND} -E rename ${gpu_table}.tmp ${gpu_table}
  DEPENDS flopmeter_gpu_generate ${gpu_data} VERBATIM)

set(FLOPMETER_GPU_TABLE_FOLDER ${CMAKE_CURRENT_BINARY_DIR} CACHE INTERNAL "")
add_custom_target(flopmeter_gpu_table DEPENDS ${gpu_table})

add_library(flopmeter_gpu STATIC dcgm.c dcgm_link.c dcgm_source.c dcgm_value.c gpm.c gpm_device.c gpm_metric.c
  gpm_partition.c gpu_account.c gpu_chip.c gpu_meter.c nvml.c pm_card.c pm_source.c provider.c)
target_include_directories(flopmeter_gpu PUBLIC ${PROJECT_SOURCE_DIR}/native/src/counter
  ${PROJECT_SOURCE_DIR}/native/src/lane ${PROJECT_SOURCE_DIR}/native/include PRIVATE ${FLOPMETER_GPU_TABLE_FOLDER})
target_compile_definitions(flopmeter_gpu PRIVATE _GNU_SOURCE)
# CUPTI, for PM sampling, is declared and found where the library in the program does it.
target_link_libraries(flopmeter_gpu PRIVATE flopmeter_warnings PUBLIC flopmeter_cuda_core m ${CMAKE_DL_LIBS})
add_dependencies(flopmeter_gpu flopmeter_gpu_table)

# Everything but main.c: the process and the tests are made of it.
add_library(flopmeter_counter_process STATIC cgroup_job.c cupti_probe.c host.c owner.c tenant.c watch.c watch_device.c
  watch_note.c watch_set.c watch_state.c)
target_compile_definitions(flopmeter_counter_process PRIVATE _GNU_SOURCE)
target_link_libraries(flopmeter_counter_process PRIVATE flopmeter_warnings PUBLIC flopmeter_gpu flopmeter_perf flopmeter)

add_executable(flopmeter-counter ${CMAKE_CURRENT_LIST_DIR}/main.c)
target_compile_definitions(flopmeter-counter PRIVATE _GNU_SOURCE)
target_link_libraries(flopmeter-counter PRIVATE flopmeter_warnings flopmeter_counter_process)
set_target_properties(flopmeter-counter PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
install(TARGETS flopmeter-counter RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
