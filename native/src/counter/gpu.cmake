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

# A list of its own: the canaries of native/test build these sources again with a bug planted.
set(FLOPMETER_GPU_SOURCES dcgm.c dcgm_link.c dcgm_source.c dcgm_value.c gpm.c gpm_device.c gpm_metric.c gpm_partition.c
  gpu_account.c gpu_chip.c gpu_meter.c nvml.c pm_card.c pm_source.c provider.c)
list(TRANSFORM FLOPMETER_GPU_SOURCES PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
set(FLOPMETER_GPU_SOURCES ${FLOPMETER_GPU_SOURCES} CACHE INTERNAL "")
set(FLOPMETER_GPU_TABLE_FOLDER ${CMAKE_CURRENT_BINARY_DIR} CACHE INTERNAL "")
add_custom_target(flopmeter_gpu_table DEPENDS ${gpu_table})

function(flopmeter_add_gpu name)
  add_library(${name} STATIC ${ARGN})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR}/native/src/counter
    ${PROJECT_SOURCE_DIR}/native/src/lane ${PROJECT_SOURCE_DIR}/native/include PRIVATE ${FLOPMETER_GPU_TABLE_FOLDER})
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
  # CUPTI, for PM sampling, is declared and found where the library in the program does it.
  target_link_libraries(${name} PRIVATE flopmeter_warnings PUBLIC flopmeter_cuda_core m ${CMAKE_DL_LIBS})
  add_dependencies(${name} flopmeter_gpu_table)
endfunction()

flopmeter_add_gpu(flopmeter_gpu ${FLOPMETER_GPU_SOURCES})

# Everything but main.c, once more for the tests and their canaries.
set(FLOPMETER_COUNTER_PROCESS_SOURCES cupti_probe.c host.c owner.c tenant.c watch.c watch_device.c watch_note.c watch_set.c
  watch_state.c)
list(TRANSFORM FLOPMETER_COUNTER_PROCESS_SOURCES PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
set(FLOPMETER_COUNTER_PROCESS_SOURCES ${FLOPMETER_COUNTER_PROCESS_SOURCES} CACHE INTERNAL "")
add_library(flopmeter_counter_process STATIC ${FLOPMETER_COUNTER_PROCESS_SOURCES})
target_compile_definitions(flopmeter_counter_process PRIVATE _GNU_SOURCE)
target_link_libraries(flopmeter_counter_process PRIVATE flopmeter_warnings PUBLIC flopmeter_gpu flopmeter_perf flopmeter)

add_executable(flopmeter-counter ${CMAKE_CURRENT_LIST_DIR}/main.c)
target_compile_definitions(flopmeter-counter PRIVATE _GNU_SOURCE)
target_link_libraries(flopmeter-counter PRIVATE flopmeter_warnings flopmeter_counter_process)
set_target_properties(flopmeter-counter PROPERTIES INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
install(TARGETS flopmeter-counter RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
