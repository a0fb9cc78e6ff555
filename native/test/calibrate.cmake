# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# The vendor's kit: the FLOP of the kernels, proven from machine code; the program, with fake drivers and fake sources.

set(calibrate_folder ${CMAKE_CURRENT_LIST_DIR}/calibrate)
set(calibrate_source ${PROJECT_SOURCE_DIR}/native/src/calibrate)
set(kernel_list ${PROJECT_SOURCE_DIR}/native/src/cuda/kernels/kernel_list.h)
get_property(kernel_images GLOBAL PROPERTY FLOPMETER_KERNEL_IMAGES)
get_property(kernel_toolkit GLOBAL PROPERTY FLOPMETER_KERNEL_TOOLKIT)
list(FILTER FLOPMETER_CALIBRATE_SOURCES EXCLUDE REGEX "/main\\.c$")
set(calibrate_parts ${FLOPMETER_CALIBRATE_SOURCES})
set(FLOPMETER_CALIBRATE_SOURCES ${calibrate_parts} ${calibrate_source}/main.c)

add_executable(sass_words ${calibrate_folder}/sass_words.c)
target_link_libraries(sass_words PRIVATE flopmeter_warnings)

# A kernel's declared FLOP, counted in its machine code. The canaries declare 1 % too much, or half an instruction more;
# or have an instruction too few or too many in their loops.
function(flopmeter_calibrate_code name list source images binary)
  add_test(NAME ${name}_sass COMMAND sh ${calibrate_folder}/test_calibrate_sass.sh $<TARGET_FILE:sass_words>
    ${list} ${calibrate_folder} ${kernel_toolkit} ${images})
  add_test(NAME ${name}_cpu_code COMMAND sh ${calibrate_folder}/test_calibrate_cpu_code.sh ${source} ${binary})
  set_tests_properties(${name}_sass ${name}_cpu_code PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
endfunction()

if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64")
  set(cpu_source ${calibrate_source}/cpu_arm.c)
else()
  set(cpu_source ${calibrate_source}/cpu_x86.c)
endif()
flopmeter_calibrate_code(
  calibrate ${kernel_list} ${cpu_source} "${kernel_images}" $<TARGET_FILE:flopmeter-calibrate>)

file(READ ${kernel_list} text)
string(REPLACE "X(fp32_fma, FP32, 256, 0, 16 * 2 * 256)" "X(fp32_fma, FP32, 256, 0, 8274)" planted "${text}")
string(REPLACE "(tcgen05_tf32_fp32, TF32, 128, FLOPMETER_KERNEL_GROUP_BYTES, 131072"
  "(tcgen05_tf32_fp32, TF32, 128, FLOPMETER_KERNEL_GROUP_BYTES, 262144" planted "${planted}")
string(REPLACE "(mma_packed_fp4_fp32, FP4, 256, 0, 4 * 16384" "(mma_packed_fp4_fp32, FP4, 256, 0, 4 * 8192" planted
  "${planted}")
if(planted STREQUAL text)
  message(FATAL_ERROR "canary calibrate: nothing to plant in kernel_list.h")
endif()
file(CONFIGURE OUTPUT planted_kernel_list.h CONTENT "${planted}" @ONLY)
file(READ ${cpu_source} text)
string(REGEX REPLACE "(scalar, fp64, fma, FLOPMETER_FP64, 1, )2" "\\13" planted "${text}")
if(planted STREQUAL text)
  message(FATAL_ERROR "canary calibrate: nothing to plant in ${cpu_source}")
endif()
file(CONFIGURE OUTPUT planted_cpu_kernels.c CONTENT "${planted}" @ONLY)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${kernel_list} ${cpu_source})
set(few_images ${kernel_images})
list(FILTER few_images INCLUDE REGEX "(cuda_core\\.sm_80|tensor_scaled\\.sm_120a|tensor_memory\\.sm_100a)\\.")
flopmeter_calibrate_code(calibrate_canary ${CMAKE_CURRENT_BINARY_DIR}/planted_kernel_list.h
  ${CMAKE_CURRENT_BINARY_DIR}/planted_cpu_kernels.c "${few_images}" $<TARGET_FILE:flopmeter-calibrate>)
set(seen "FAIL: fp32_fma: 8192 FLOP in the machine code, 8274 declared")
if(few_images MATCHES "tensor_memory")
  string(APPEND seen ".*FAIL: tcgen05_tf32_fp32: 131072 FLOP in the machine code, 262144 declared")
endif()
if(few_images MATCHES "tensor_scaled")
  string(APPEND seen ".*FAIL: mma_packed_fp4_fp32: 524288 FLOP in the machine code, 262144 declared")
endif()
set_tests_properties(calibrate_canary_sass PROPERTIES PASS_REGULAR_EXPRESSION "${seen}")
set_tests_properties(calibrate_canary_cpu_code PROPERTIES
  PASS_REGULAR_EXPRESSION "FAIL: scalar_fp64_fma: 24 FLOP in the binary, 36 declared")

# flopmeter_calibrate_plant(OUT SOURCE OLD NEW [OLD NEW]...): SOURCE with other text
function(flopmeter_calibrate_plant out source)
  file(READ ${source} text)
  set(pairs ${ARGN})
  while(pairs)
    list(POP_FRONT pairs old new)
    string(REPLACE "${old}" "${new}" planted "${text}")
    if(planted STREQUAL text)
      message(FATAL_ERROR "canary calibrate: nothing to plant in ${source}: ${old}")
    endif()
    set(text "${planted}")
  endwhile()
  file(CONFIGURE OUTPUT ${out} CONTENT "${text}" @ONLY)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
endfunction()

set(plants "CHAINS(chain)" "CHAINS(chain) chain(\"0\")")
set(seen "FAIL: scalar_fp64_fma: 26 FLOP in the binary, 24 declared")
if(cpu_source MATCHES "x86")
  list(APPEND plants "TILES(chain) TILES(chain)" "TILES(chain) TILES(chain) chain(\"0\")")
  string(APPEND seen ".*FAIL: amx_int8_dot: 425984 FLOP in the binary, 393216 declared")
endif()
flopmeter_calibrate_plant(${CMAKE_CURRENT_BINARY_DIR}/planted_loops.c ${cpu_source} ${plants})
add_library(calibrate_planted_loops OBJECT ${CMAKE_CURRENT_BINARY_DIR}/planted_loops.c)
target_compile_definitions(calibrate_planted_loops PRIVATE _GNU_SOURCE)
target_include_directories(calibrate_planted_loops PRIVATE ${calibrate_source} ${PROJECT_SOURCE_DIR}/native/include)
target_link_libraries(calibrate_planted_loops PRIVATE flopmeter_warnings)
set(planted_image "")
if(kernel_images MATCHES "tensor_warp\\.sm_80\\.")
  set(kernels_source ${PROJECT_SOURCE_DIR}/native/src/cuda/kernels)
  set(planted_image ${CMAKE_CURRENT_BINARY_DIR}/planted_tensor_warp.sm_80.cubin)
  flopmeter_calibrate_plant(${CMAKE_CURRENT_BINARY_DIR}/planted_tensor_warp.cu ${kernels_source}/tensor_warp.cu
    "#define MMA_SPARSE_BF16_FP32(at) " "#define MMA_SPARSE_BF16_FP32(at) if (3 != (at)) ")
  add_custom_command(OUTPUT ${planted_image}
    COMMAND ${FLOPMETER_NVCC} -std=c++17 -O3 -cubin -arch=sm_80 -I${kernels_source} -o ${planted_image}
      ${CMAKE_CURRENT_BINARY_DIR}/planted_tensor_warp.cu
    DEPENDS ${CMAKE_CURRENT_BINARY_DIR}/planted_tensor_warp.cu ${kernel_list} ${kernels_source}/kernel.h
      ${kernels_source}/warp_kernel.h VERBATIM)
  add_custom_target(calibrate_planted_image ALL DEPENDS ${planted_image})
endif()
flopmeter_calibrate_code(calibrate_canary_loop ${kernel_list} ${cpu_source} "${planted_image}"
  $<TARGET_OBJECTS:calibrate_planted_loops>)
set_tests_properties(calibrate_canary_loop_sass PROPERTIES
  PASS_REGULAR_EXPRESSION "FAIL: mma_sparse_bf16_fp32: 196608 FLOP in the machine code, 262144 declared")
set_tests_properties(calibrate_canary_loop_cpu_code PROPERTIES PASS_REGULAR_EXPRESSION "${seen}")

# What is there for Arm only, on whatever machine this is.
add_test(NAME cross_aarch64 COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/cross_aarch64.sh ${PROJECT_SOURCE_DIR}
  ${FLOPMETER_GPU_TABLE_FOLDER} ${CMAKE_CURRENT_BINARY_DIR}/scratch_aarch64)
set_tests_properties(cross_aarch64 PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)

# Drivers that misbehave, each the libcuda.so.1 of a folder of its own.
function(flopmeter_fake_cuda name)
  add_library(${name} SHARED ${calibrate_folder}/fake_cuda.c)
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX "" OUTPUT_NAME libcuda.so.1
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/${name})
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE ${ARGN})
  target_link_libraries(${name} PRIVATE flopmeter_warnings)
  target_include_directories(${name} PRIVATE ${calibrate_source} ${PROJECT_SOURCE_DIR}/native/src/cuda/kernels
    ${PROJECT_SOURCE_DIR}/native/src/counter ${PROJECT_SOURCE_DIR}/native/src/lane ${PROJECT_SOURCE_DIR}/native/include)
endfunction()
flopmeter_fake_cuda(calibrate_fake_cuda)
flopmeter_fake_cuda(calibrate_fake_cuda_incomplete FAKE_CUDA_INCOMPLETE)

function(flopmeter_fake_registry name)
  add_library(${name} STATIC ${calibrate_folder}/fake_registry.c)
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE ${ARGN})
  target_link_libraries(${name} PRIVATE flopmeter_warnings)
  target_include_directories(${name} PRIVATE ${calibrate_source} ${PROJECT_SOURCE_DIR}/native/src/run
    ${PROJECT_SOURCE_DIR}/native/src/counter ${PROJECT_SOURCE_DIR}/native/src/lane ${PROJECT_SOURCE_DIR}/native/include)
endfunction()
flopmeter_fake_registry(flopmeter_fake_registry)
flopmeter_add_calibrate(flopmeter-calibrate-test flopmeter_fake_registry)
target_link_options(flopmeter-calibrate-test PRIVATE -Wl,--wrap=flopmeter_cpu_kernel_run)

add_library(calibrate_fake_cublas SHARED ${calibrate_folder}/fake_cublas.c)
set_target_properties(calibrate_fake_cublas PROPERTIES PREFIX "" SUFFIX "" OUTPUT_NAME libcublas.so.13
  LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/calibrate_fake_cublas)
target_link_libraries(calibrate_fake_cublas PRIVATE flopmeter_warnings)

foreach(script gpu source blas cublas slow)
  add_test(NAME calibrate_${script} COMMAND sh ${calibrate_folder}/test_calibrate_${script}.sh)
  set_tests_properties(calibrate_${script} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300 ENVIRONMENT
    "CALIBRATE=$<TARGET_FILE:flopmeter-calibrate>;CALIBRATE_TEST=$<TARGET_FILE:flopmeter-calibrate-test>;\
FAKE=${CMAKE_CURRENT_BINARY_DIR}/calibrate_fake_cuda;INCOMPLETE=${CMAKE_CURRENT_BINARY_DIR}/calibrate_fake_cuda_incomplete;\
CUBLAS=${CMAKE_CURRENT_BINARY_DIR}/calibrate_fake_cublas;\
INTERCEPT=$<TARGET_FILE:flopmeter_intercept>;KERNEL_IMAGES=$<JOIN:${kernel_images},:>;\
SCRATCH=${CMAKE_CURRENT_BINARY_DIR}/scratch_calibrate_${script}")
endforeach()

# flopmeter_calibrate_variant(NAME REGISTRY FILE PLANTED): the program with PLANTED in place of its FILE
function(flopmeter_calibrate_variant name registry file planted)
  set(FLOPMETER_CALIBRATE_SOURCES ${calibrate_parts} ${calibrate_source}/main.c)
  list(REMOVE_ITEM FLOPMETER_CALIBRATE_SOURCES ${calibrate_source}/${file})
  flopmeter_add_calibrate(${name} ${registry} ${planted})
  target_link_options(${name} PRIVATE -Wl,--wrap=flopmeter_cpu_kernel_run)
endfunction()

# More sources than a fixed number foresees; the canary has such a number, and is silent about the rest.
flopmeter_fake_registry(flopmeter_fake_registry_many FAKE_SOURCES_MANY)
flopmeter_calibrate_plant(${CMAKE_CURRENT_BINARY_DIR}/planted_plan.c ${calibrate_source}/plan.c
  "NULL != flopmeter_counter_entries[i].source" "i < 16 && NULL != flopmeter_counter_entries[i].source")
flopmeter_calibrate_variant(flopmeter-calibrate-many flopmeter_fake_registry_many plan.c ${calibrate_source}/plan.c)
flopmeter_calibrate_variant(
  flopmeter-calibrate-few flopmeter_fake_registry_many plan.c ${CMAKE_CURRENT_BINARY_DIR}/planted_plan.c)
foreach(name many few)
  add_test(NAME calibrate_sources_${name} COMMAND sh ${calibrate_folder}/test_calibrate_many.sh)
  set_tests_properties(calibrate_sources_${name} PROPERTIES TIMEOUT 300 ENVIRONMENT
    "CALIBRATE_TEST=$<TARGET_FILE:flopmeter-calibrate-${name}>;FAKE=/nonexistent;\
SCRATCH=${CMAKE_CURRENT_BINARY_DIR}/scratch_calibrate_${name}")
endforeach()
set_tests_properties(calibrate_sources_few PROPERTIES
  PASS_REGULAR_EXPRESSION "FAIL: sources: expected '36', found '16'")

# A CPU with AMX under a system that refuses it. The canaries do not ask, or believe an answer: they touch a tile.
if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64")
  flopmeter_calibrate_plant(${CMAKE_CURRENT_BINARY_DIR}/planted_unasked.c ${cpu_source}
    "0 != syscall(SYS_arch_prctl, ARCH_REQUEST_PERMISSION, TILE_DATA)" "0"
    "0 == (granted >> TILE_DATA & 1)" "0")
  flopmeter_calibrate_plant(${CMAKE_CURRENT_BINARY_DIR}/planted_believing.c ${cpu_source}
    "0 == (granted >> TILE_DATA & 1)" "0")
  foreach(name tiles tiles_unasked tiles_believing)
    string(REPLACE "tiles_" "planted_" planted ${CMAKE_CURRENT_BINARY_DIR}/${name}.c)
    if(name STREQUAL "tiles")
      set(planted ${cpu_source})
    endif()
    flopmeter_calibrate_variant(flopmeter-calibrate-${name} flopmeter_fake_registry cpu_x86.c ${planted})
    target_sources(flopmeter-calibrate-${name} PRIVATE ${calibrate_folder}/odd_cpu.c)
    target_link_options(flopmeter-calibrate-${name} PRIVATE -Wl,--wrap=flopmeter_cpu_features)
    add_test(NAME calibrate_${name} COMMAND sh ${calibrate_folder}/test_calibrate_tiles.sh)
    set_tests_properties(calibrate_${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300 ENVIRONMENT
      "CALIBRATE_TEST=$<TARGET_FILE:flopmeter-calibrate-${name}>;FAKE=/nonexistent;\
SCRATCH=${CMAKE_CURRENT_BINARY_DIR}/scratch_calibrate_${name}")
  endforeach()
  # 132 is SIGILL; a sanitizer ends the program with a code of its own.
  set_tests_properties(calibrate_tiles_unasked PROPERTIES PASS_REGULAR_EXPRESSION
    "FAIL: refused, amx_bf16_dot, exit code: expected '3', found '(132|1|66)';skipped: no seccomp")
  set_tests_properties(calibrate_tiles_believing PROPERTIES PASS_REGULAR_EXPRESSION
    "FAIL: pretended, amx_bf16_dot, exit code: expected '3', found '(132|1|66)';skipped: no seccomp")
endif()

# What runs before a slow source has its first figure is lost when nobody waits for that.
file(READ ${calibrate_source}/measure.c text)
string(REPLACE "while (reading->end_ns <= opened_ns &&" "while (false && reading->end_ns <= opened_ns &&" planted
  "${text}")
if(planted STREQUAL text)
  message(FATAL_ERROR "canary calibrate: nothing to plant in measure.c")
endif()
file(CONFIGURE OUTPUT planted_measure.c CONTENT "${planted}" @ONLY)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${calibrate_source}/measure.c)
flopmeter_calibrate_variant(
  flopmeter-calibrate-hasty flopmeter_fake_registry measure.c ${CMAKE_CURRENT_BINARY_DIR}/planted_measure.c)
add_test(NAME calibrate_canary_slow COMMAND sh ${calibrate_folder}/test_calibrate_slow.sh)
set_tests_properties(calibrate_canary_slow PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300
  PASS_REGULAR_EXPRESSION "FAIL: slow, wrong;skipped: no nvcc" ENVIRONMENT
  "CALIBRATE=;CALIBRATE_TEST=$<TARGET_FILE:flopmeter-calibrate-hasty>;FAKE=${CMAKE_CURRENT_BINARY_DIR}/calibrate_fake_cuda;\
INCOMPLETE=;CUBLAS=;KERNEL_IMAGES=$<JOIN:${kernel_images},:>;SCRATCH=${CMAKE_CURRENT_BINARY_DIR}/scratch_calibrate_hasty")

flopmeter_objects(calibrate_objects flopmeter-calibrate INCLUDE ${calibrate_parts})
foreach(what document step)
  add_executable(test_calibrate_${what} ${calibrate_folder}/test_calibrate_${what}.c "${calibrate_objects}")
  target_compile_definitions(test_calibrate_${what} PRIVATE _GNU_SOURCE)
  target_include_directories(test_calibrate_${what} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${calibrate_source}
    ${PROJECT_SOURCE_DIR}/native/src/run)
  target_link_libraries(test_calibrate_${what} PRIVATE
    flopmeter_warnings flopmeter_test_check flopmeter_kernels flopmeter_registry ${CMAKE_DL_LIBS})
  add_test(NAME test_calibrate_${what} COMMAND test_calibrate_${what} ${CMAKE_CURRENT_BINARY_DIR}/scratch_cpuinfo)
  set_tests_properties(test_calibrate_${what} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
endforeach()

# The canary believes the first timing of a kernel, whoever had the CPU meanwhile.
flopmeter_calibrate_plant(${CMAKE_CURRENT_BINARY_DIR}/planted_timed_measure.c ${calibrate_source}/measure.c
  "#define TIMED_RUNS (3)" "#define TIMED_RUNS (1)")
flopmeter_objects(measure_parts flopmeter-calibrate INCLUDE measure.c)
foreach(name test_calibrate_measure test_calibrate_canary_measure)
  add_executable(${name} ${calibrate_folder}/test_calibrate_measure.c)
  target_include_directories(${name} PRIVATE ${calibrate_source} ${PROJECT_SOURCE_DIR}/native/src/run)
  target_link_libraries(${name} PRIVATE flopmeter_warnings flopmeter_test_check flopmeter_registry)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 60)
endforeach()
target_sources(test_calibrate_measure PRIVATE "${measure_parts}")
target_sources(test_calibrate_canary_measure PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/planted_timed_measure.c)
set_tests_properties(test_calibrate_canary_measure PROPERTIES
  PASS_REGULAR_EXPRESSION "time stolen from one run: expected 50000 iterations, found")

# More libraries than a fixed number foresees; the canary has such a number, and is silent about the rest.
flopmeter_calibrate_plant(${CMAKE_CURRENT_BINARY_DIR}/planted_libraries.c ${calibrate_source}/libraries.c
  "const bool is_known = " "const bool is_known = 128 == libraries->count ? true : ")
function(flopmeter_calibrate_libraries name)
  add_executable(${name} ${ARGN})
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
  target_include_directories(${name} PRIVATE ${calibrate_source} ${PROJECT_SOURCE_DIR}/native/src/run)
  target_link_libraries(${name} PRIVATE flopmeter_warnings flopmeter_test_check ${CMAKE_DL_LIBS})
  target_link_options(${name} PRIVATE -Wl,--wrap=realloc)
  add_test(NAME ${name} COMMAND ${name} $<TARGET_FILE:calibrate_fake_cublas>
    ${CMAKE_CURRENT_BINARY_DIR}/scratch_${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endfunction()
flopmeter_objects(libraries_parts flopmeter-calibrate INCLUDE libraries.c text.c)
flopmeter_calibrate_libraries(
  test_calibrate_libraries ${calibrate_folder}/test_calibrate_libraries.c "${libraries_parts}")
flopmeter_objects(libraries_parts flopmeter-calibrate INCLUDE text.c)
flopmeter_calibrate_libraries(calibrate_canary_libraries $<TARGET_OBJECTS:test_calibrate_libraries>
  ${CMAKE_CURRENT_BINARY_DIR}/planted_libraries.c "${libraries_parts}")
set_tests_properties(calibrate_canary_libraries PROPERTIES
  PASS_REGULAR_EXPRESSION "check failed: COPIES <= libraries.count: 128 libraries")

if(NOT FLOPMETER_SANITIZE)
  add_test(NAME calibrate_without_nvcc COMMAND sh ${calibrate_folder}/test_calibrate_without_nvcc.sh
    ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_BINARY_DIR}/scratch_without_nvcc ${CMAKE_COMMAND})
  set_tests_properties(calibrate_without_nvcc PROPERTIES TIMEOUT 600
    ENVIRONMENT "FAKE=${CMAKE_CURRENT_BINARY_DIR}/calibrate_fake_cuda;CC=${CMAKE_C_COMPILER}")
endif()
