# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# cuBLAS, cuBLASLt, cuDNN and CUDA graphs, over libraries that compute nothing. They carry the sonames and symbol versions of the
# real ones, so the programs' references are versioned as those of real programs are.

set(cuda_includes ${CMAKE_CURRENT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/native/src/intercept
  ${PROJECT_SOURCE_DIR}/native/src/intercept/watch
  ${PROJECT_SOURCE_DIR}/native/src/lane ${PROJECT_SOURCE_DIR}/native/include ${generated})

# flopmeter_cuda_fake(TARGET SOURCE SONAME [MAP] [DEFINITIONS...])
function(flopmeter_cuda_fake name source soname map)
  add_library(${name} SHARED ${source})
  add_dependencies(${name} flopmeter_generated_lists)
  target_include_directories(${name} PRIVATE ${cuda_includes})
  target_compile_definitions(${name} PRIVATE ${ARGN})
  target_compile_options(${name} PRIVATE -fexceptions -fno-optimize-sibling-calls)
  target_link_libraries(${name} PRIVATE flopmeter_warnings)
  set_target_properties(${name} PROPERTIES NO_SONAME ON)
  target_link_options(${name} PRIVATE -Wl,-soname,${soname})
  # The files are found by path, their dependants by soname: one folder each, and the name is the soname.
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX "" OUTPUT_NAME ${soname} LINKER_LANGUAGE C
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/${name})
  if(map)
    target_link_options(${name} PRIVATE -Wl,--version-script=${CMAKE_CURRENT_SOURCE_DIR}/${map})
    set_target_properties(${name} PROPERTIES LINK_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${map})
  endif()
endfunction()

flopmeter_cuda_fake(fake_cuda_driver "fake_cuda_driver.c;fake_cuda_graph.c" libcuda.so.1 "")
flopmeter_cuda_fake(fake_cuda_driver_bare "fake_cuda_driver.c;fake_cuda_graph.c" libcuda.so.1 "" FAKE_BARE)
# For the driver that is a CUPTI, too (cuda.cmake), whose own cuda_abi.h is another.
add_library(fake_cuda_graph OBJECT fake_cuda_graph.c)
target_include_directories(fake_cuda_graph PRIVATE ${cuda_includes})
target_link_libraries(fake_cuda_graph PRIVATE flopmeter_warnings)
set_target_properties(fake_cuda_graph PROPERTIES POSITION_INDEPENDENT_CODE ON)
flopmeter_cuda_fake(fake_cudart fake_cudart.c libcudart.so.13 fake_cudart.map)
flopmeter_cuda_fake(fake_cublas fake_cublas.c libcublas.so.13 fake_cublas.map)
flopmeter_cuda_fake(fake_cublas_bare fake_cublas.c libcublas.so.13 fake_cublas.map FAKE_BARE)
flopmeter_cuda_fake(fake_cublaslt fake_cublaslt.c libcublasLt.so.13 fake_cublaslt.map)
flopmeter_cuda_fake(fake_cublaslt_bare fake_cublaslt.c libcublasLt.so.13 fake_cublaslt.map FAKE_BARE)
flopmeter_cuda_fake(fake_cudnn fake_cudnn.c libcudnn.so.9 fake_cudnn.map)
flopmeter_cuda_fake(fake_cudnn_bare fake_cudnn.c libcudnn.so.9 fake_cudnn.map FAKE_BARE)

# A program over fake libraries, run with the preload library.
function(flopmeter_cuda_test name)
  cmake_parse_arguments(test "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${test_SOURCES})
  add_dependencies(${name} flopmeter_generated_lists flopmeter_intercept)
  target_include_directories(${name} PRIVATE ${cuda_includes})
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
  target_link_libraries(${name} PRIVATE flopmeter_warnings flopmeter_test_check flopmeter_test_stub Threads::Threads
    ${CMAKE_DL_LIBS} -Wl,--no-as-needed ${test_LIBRARIES})
endfunction()

flopmeter_cuda_test(test_cublas_formula SOURCES test_cublas_formula.c
  LIBRARIES flopmeter_test_formula flopmeter_test_caller_main fake_cublas fake_cuda_driver)
set(cublas_arguments ${PROJECT_SOURCE_DIR}/testdata/counting/blas_formulas.csv)
flopmeter_intercept_run(cublas_formula test_cublas_formula ARGUMENTS ${cublas_arguments})
add_test(NAME cublas_document COMMAND ${CMAKE_COMMAND} -E compare_files
  ${generated}/cublas.md ${PROJECT_SOURCE_DIR}/docs/cublas.md)

flopmeter_cuda_test(test_cuda_graph SOURCES test_cuda_graph.c LIBRARIES fake_cublas fake_cudart fake_cuda_driver)
flopmeter_intercept_run(cuda_graph test_cuda_graph)

flopmeter_cuda_fake(fake_cupti_profilers fake_cupti_profilers.c libcupti.so.13 "")
flopmeter_cuda_test(test_cuda_profiler SOURCES test_cuda_profiler.c LIBRARIES fake_cupti_profilers)
flopmeter_intercept_run(cuda_profiler test_cuda_profiler)

flopmeter_cuda_test(test_cuda_altered SOURCES test_cuda_altered.c LIBRARIES fake_cublas fake_cudart fake_cuda_driver)
flopmeter_intercept_run(cuda_altered test_cuda_altered)

flopmeter_cuda_test(test_cuda_nodes SOURCES test_cuda_nodes.c LIBRARIES fake_cublas fake_cudart fake_cuda_driver)
flopmeter_intercept_run(cuda_nodes test_cuda_nodes)

flopmeter_cuda_test(test_cublaslt SOURCES test_cublaslt.c
  LIBRARIES fake_cublaslt fake_cublas fake_cudart fake_cuda_driver)
flopmeter_intercept_run(cublaslt test_cublaslt)

# Libraries that can't be asked, and a driver that does not know into what a stream is captured.
flopmeter_cuda_test(test_cuda_bare SOURCES test_cuda_bare.c
  LIBRARIES fake_cublaslt_bare fake_cublas_bare fake_cuda_driver)
flopmeter_intercept_run(cuda_bare test_cuda_bare)
flopmeter_cuda_test(test_cuda_old SOURCES test_cuda_old.c LIBRARIES fake_cublas fake_cudart fake_cuda_driver_bare)
flopmeter_intercept_run(cuda_old test_cuda_old)

flopmeter_cuda_test(test_cuda_entry SOURCES test_cuda_entry.c
  LIBRARIES fake_cublas fake_cudart fake_cuda_driver)
flopmeter_intercept_run(cuda_entry test_cuda_entry ARGUMENTS tf32)
flopmeter_intercept_run(cuda_entry_one test_cuda_entry ARGUMENTS tf32 ENVIRONMENT NVIDIA_TF32_OVERRIDE=1)
flopmeter_intercept_run(cuda_entry_fp32 test_cuda_entry ARGUMENTS fp32 ENVIRONMENT NVIDIA_TF32_OVERRIDE=0)

foreach(test cudnn cudnn_backend cudnn_nodes cudnn_partial)
  flopmeter_cuda_test(test_${test} SOURCES test_${test}.c LIBRARIES fake_cudnn fake_cudart fake_cuda_driver)
  flopmeter_intercept_run(${test} test_${test})
endforeach()

flopmeter_cuda_test(test_cudnn_bare SOURCES test_cudnn_bare.c
  LIBRARIES fake_cudnn_bare fake_cudart fake_cuda_driver)
flopmeter_intercept_run(cudnn_bare test_cudnn_bare)
flopmeter_cuda_test(test_cudnn_odd SOURCES test_cudnn_odd.c LIBRARIES fake_cudnn fake_cudart fake_cuda_driver)
flopmeter_intercept_run(cudnn_odd test_cudnn_odd)

# Programs that end inside a call: the real core and lanes. The canary has no wrappers.
add_executable(test_cuda_death test_cuda_death.c)
target_include_directories(test_cuda_death PRIVATE ${cuda_includes})
target_compile_definitions(test_cuda_death PRIVATE _GNU_SOURCE)
target_link_libraries(test_cuda_death PRIVATE flopmeter_warnings flopmeter_test_meter flopmeter Threads::Threads
  -Wl,--no-as-needed fake_cudnn fake_cublaslt fake_cublas fake_cuda_driver)
foreach(name cuda_death cuda_canary_death)
  add_test(NAME ${name} COMMAND test_cuda_death)
  set_tests_properties(${name} PROPERTIES TIMEOUT 120)
endforeach()
set_tests_properties(cuda_death PROPERTIES
  ENVIRONMENT "LD_PRELOAD=${sanitizer}$<TARGET_FILE:flopmeter_intercept>")
set_tests_properties(cuda_canary_death PROPERTIES
  PASS_REGULAR_EXPRESSION "check failed: .*exit: 0 FLOP in place of 770")

# ---- Programs that open cuBLAS themselves ----
flopmeter_cuda_fake(fake_cublas_other $<TARGET_OBJECTS:fake_cublas> libcublas.so.12 fake_cublas.map)
flopmeter_cuda_fake(fake_shim fake_shim.c libshim.so "")
flopmeter_cuda_fake(fake_shim_hidden fake_shim.c libhidden.so "" FAKE_HIDDEN)
foreach(shim fake_shim fake_shim_hidden)
  target_link_libraries(${shim} PRIVATE ${CMAKE_DL_LIBS})
endforeach()
flopmeter_cuda_test(test_intercept_dlsym SOURCES test_intercept_dlsym.c)
set(dlsym_arguments $<TARGET_FILE:fake_cublas> $<TARGET_FILE:fake_cublas_other> $<TARGET_FILE:fake_shim>
  $<TARGET_FILE:fake_shim_hidden>)
add_dependencies(test_intercept_dlsym fake_cublas fake_cublas_other fake_shim fake_shim_hidden)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  flopmeter_intercept_run(intercept_dlsym test_intercept_dlsym ARGUMENTS program ${dlsym_arguments})
  flopmeter_intercept_run(intercept_dlsym_now test_intercept_dlsym
    ARGUMENTS program ${dlsym_arguments} ENVIRONMENT LD_BIND_NOW=1)
  flopmeter_intercept_run(intercept_dlsym_stub test_intercept_dlsym ARGUMENTS stub ${dlsym_arguments})
  flopmeter_intercept_run(intercept_dlsym_off test_intercept_dlsym
    ARGUMENTS program ${dlsym_arguments} ENVIRONMENT FLOPMETER_DLSYM=off)
endif()

# The tables' lock. The canaries: pages that a child does not find zero, the process's id instead of a page, no lock.
function(flopmeter_cuda_lock_test name from to)
  file(READ ${PROJECT_SOURCE_DIR}/native/src/intercept/cuda_lock.h original)
  set(mutant "${original}")
  if(NOT from STREQUAL "")
    string(REPLACE "${from}" "${to}" mutant "${original}")
    if(mutant STREQUAL original)
      message(FATAL_ERROR "canary ${name}: nothing to plant in cuda_lock.h")
    endif()
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/native/src/intercept/cuda_lock.h)
  file(CONFIGURE OUTPUT planted_${name}/cuda_lock.h CONTENT "${mutant}" @ONLY)
  add_executable(${name} test_cuda_lock.c)
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/planted_${name} ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE flopmeter_warnings flopmeter_test_check Threads::Threads)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77)
endfunction()
flopmeter_cuda_lock_test(test_cuda_lock "" "")
if(NOT FLOPMETER_SANITIZE)
  flopmeter_cuda_lock_test(cuda_lock_canary_kept "MADV_WIPEONFORK" "MADV_NORMAL")
  set_tests_properties(cuda_lock_canary_kept PROPERTIES
    PASS_REGULAR_EXPRESSION "a child does not take the lock that its parent holds")
  flopmeter_cuda_lock_test(cuda_lock_canary_id "is_wiped ? page : &lock->spare" "&lock->spare")
  set_tests_properties(cuda_lock_canary_id PROPERTIES
    PASS_REGULAR_EXPRESSION "a child that shares its parent's memory takes what the parent holds")
  flopmeter_cuda_lock_test(cuda_lock_canary_call
    "self = &lock->spare == word" "self = 0 != getpid() && &lock->spare == word")
  set_tests_properties(cuda_lock_canary_call PROPERTIES PASS_REGULAR_EXPRESSION "a free lock makes a system call")
  flopmeter_cuda_lock_test(cuda_lock_canary_open "self != expected &&" "true ||")
  set_tests_properties(cuda_lock_canary_open PROPERTIES PASS_REGULAR_EXPRESSION "times inside|freed the parent's lock")
endif()

# ---- Canaries: each planted mistake must be caught by a check of the test named, not by a crash. They have some of the
# library's own objects, and the planted sources. ----
set(cuda_source ${PROJECT_SOURCE_DIR}/native/src/intercept)
set(cuda_hand cublas.c cublas_group.c cublaslt.c cuda_call.c cuda_count.c cuda_driver.c cuda_graph.c cuda_nodes.c
  cuda_nodeset.c cuda_profiler.c cuda_sum.c cuda_table.c cuda_watching.c cudnn.c cudnn_backend.c cudnn_memory.c
  cudnn_operation.c cudnn_rnn.c resolve.c)

function(flopmeter_cuda_canary_library name taken)
  flopmeter_objects(others flopmeter_intercept INCLUDE ${taken})
  add_library(${name} SHARED ${ARGN} "${others}")
  add_dependencies(${name} flopmeter_generated_lists)
  target_include_directories(${name} PRIVATE ${cuda_includes})
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
  target_compile_options(${name} PRIVATE -O0 -fexceptions)
  target_link_libraries(${name} PRIVATE flopmeter_test_stub ${CMAKE_DL_LIBS})
endfunction()

function(flopmeter_cuda_canary_run name library test)
  set(preload "${sanitizer}$<TARGET_FILE:flopmeter_test_stub>:$<TARGET_FILE:${library}>")
  flopmeter_intercept_run(cuda_canary_${name} test_${test} ARGUMENTS ${cublas_arguments})
  set_tests_properties(cuda_canary_${name} PROPERTIES PASS_REGULAR_EXPRESSION "test_${test}.c:[0-9]+: ")
endfunction()

function(flopmeter_cuda_canary name file from to test)
  flopmeter_plant(cuda_canary_${name}.c ${cuda_source}/${file} "${from}" "${to}")
  set(taken ${cuda_hand} cublas_1.c)
  list(REMOVE_ITEM taken ${file})
  flopmeter_cuda_canary_library(flopmeter_cuda_canary_${name} "${taken}"
    ${CMAKE_CURRENT_BINARY_DIR}/cuda_canary_${name}.c)
  flopmeter_cuda_canary_run(${name} flopmeter_cuda_canary_${name} ${test})
endfunction()

flopmeter_cuda_canary(capture cuda_count.c
  "FLOPMETER_CUDA_CAPTURED_NOT == flopmeter_cuda_capture_of(stream, &graph)" "true" cuda_graph)
flopmeter_cuda_canary(altered cuda_sum.c "sum->by_precision[p].flop_count = 0;" "" cuda_altered)
flopmeter_cuda_canary(unmarked cuda_profiler.c "set_groups(a, true)" "set_groups(a, false)" cuda_profiler)
flopmeter_cuda_canary(interface cuda_profiler.c "left > 0; left--" "left > 1; left--" cuda_profiler)
flopmeter_cuda_canary(open cuda_count.c "if (sum->is_open)" "if (false)" cuda_altered)
flopmeter_cuda_canary(off cuda_graph.c "flopmeter_cuda_table_is_less(exec)" "false" cuda_altered)
flopmeter_cuda_canary(template cuda_graph.c "flopmeter_cuda_table_alter_graphs(FLOPMETER_CUDA_ALTERED_ANY)" ""
  cuda_altered)
flopmeter_cuda_canary(stale cuda_graph.c "flopmeter_cuda_table_remove(FLOPMETER_CUDA_EXEC, exec)" "" cuda_graph)
flopmeter_cuda_canary(begin cuda_table.c "entry->stream = NULL == entry->handle ? NULL : stream;" "" cuda_graph)
flopmeter_cuda_canary(probe cuda_table.c "entries[hole] = entries[i];" "" cuda_graph)
flopmeter_cuda_canary(new cuda_nodes.c "if (was_there(after[i]))" "if (NULL != after[i])" cuda_nodes)
flopmeter_cuda_canary(several cuda_nodes.c "0 == place->counted || place->total == place->counted" "true" cuda_nodes)
flopmeter_cuda_canary(changed cuda_nodes.c "if (place->counted > place->total)" "if (false)" cuda_nodes)
flopmeter_cuda_canary(unclear cuda_table.c "if (is_there && !is_clear)" "if (false)" cuda_nodes)
flopmeter_cuda_canary(body cuda_nodes.c "*type <= FLOPMETER_CUDA_NODE_LAST_PLAIN" "*type >= 0" cuda_nodes)
flopmeter_cuda_canary(renewed cuda_graph.c "    flopmeter_cuda_nodes_gone(exec);
    if (!flopmeter_cuda_table_get" "    if (!flopmeter_cuda_table_get" cuda_nodes)
flopmeter_cuda_canary(transpose cublaslt.c "FLOPMETER_CUBLAS_OP_N == transa ? left.cols : left.rows" "left.cols" cublaslt)
flopmeter_cuda_canary(groups cudnn.c "multiply_dims(dims, 1, count, &flop_count)" "multiply_dims(dims, 2, count, &flop_count)"
  cudnn)
flopmeter_cuda_canary(negative cudnn.c "dims[i] < 0 || " "" cudnn_odd)
flopmeter_cuda_canary(worth cudnn_operation.c "return !__builtin_add_overflow(*sum, flop_count, sum);"
  "return __builtin_add_overflow(*sum, flop_count, sum) || true;" cudnn_odd)
flopmeter_cuda_canary(missing cuda_driver.c "FLOPMETER_CUDA_SUCCESS != result         ? FLOPMETER_CUDA_CAPTURED_LOST"
  "FLOPMETER_CUDA_SUCCESS != result         ? FLOPMETER_CUDA_CAPTURED_NOT" cudnn_odd)
flopmeter_cuda_canary(directions cudnn_rnn.c "directions * recurrent" "recurrent" cudnn)
flopmeter_cuda_canary(gradient cudnn_operation.c "{ RIGHT, -1, RESULT, -1 }" "{ RIGHT, RESULT, -1, -1 }" cudnn_backend)
flopmeter_cuda_canary(inherit cudnn_backend.c "FLOPMETER_CUDNN_ATTR_HEUR_RESULTS == name" "false" cudnn_backend)
flopmeter_cuda_canary(tf32 cudnn_backend.c "notes[i] <= FLOPMETER_CUDNN_NOTE_LAST_NARROW" "false" cudnn_backend)
flopmeter_cuda_canary(reshape cudnn_backend.c "trace(&operation, count, elements);" "(void)trace;" cudnn_backend)
flopmeter_cuda_canary(filled cudnn_backend.c "is_empty && !flopmeter_cuda_nodes_fill(graph)" "false" cudnn_nodes)
flopmeter_cuda_canary(empty cuda_nodes.c "&& 0 == count;" "&& count < NODES_MAX;" cudnn_nodes)
flopmeter_cuda_canary(replaced cudnn_backend.c "!is_same(&before, &sum)" "false" cudnn_nodes)
flopmeter_cuda_canary(vector cudnn_backend.c "flopmeter_cudnn_unfold(&memory->of.roles[role]);" "" cudnn_partial)
flopmeter_cuda_canary(vectors cudnn.c "return !is_vector(type) ||" "return true ||" cudnn)
flopmeter_cuda_canary(ragged cudnn_backend.c "memory->is_partial = true; /* its sizes" "/* its sizes" cudnn_partial)
flopmeter_cuda_canary(mask cudnn_backend.c "|| flopmeter_cudnn_is_mask(operation.type)" "" cudnn_partial)
flopmeter_cuda_canary(causal cudnn_operation.c "return mode > FLOPMETER_CUDNN_MODE_NOT && " "return false && "
  cudnn_partial)
flopmeter_cuda_canary(lengths cudnn_operation.c "? FLOPMETER_CUDNN_EFFECT_PART" "? FLOPMETER_CUDNN_EFFECT_NO"
  cudnn_partial)
flopmeter_cuda_canary(silent cudnn_backend.c "NARROW_YES == narrowness ? FLOPMETER_TF32 : FLOPMETER_PRECISION_UNKNOWN"
  "FLOPMETER_FP32" cudnn_backend)

# One wrapper for two libraries.
flopmeter_plant(cuda_canary_pin.c ${cuda_source}/resolve.c
  "pin_down(name, real) != real" "NULL == pin_down(name, real)")
flopmeter_cuda_canary_library(flopmeter_cuda_canary_pin "dlsym.c;cublas.c;cuda_call.c;cuda_count.c;cuda_driver.c;\
cuda_graph.c;cuda_nodes.c;cuda_nodeset.c;cuda_profiler.c;cuda_sum.c;cuda_table.c;cuda_watching.c;cublas_1.c"
  ${CMAKE_CURRENT_BINARY_DIR}/cuda_canary_pin.c)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(preload "${sanitizer}$<TARGET_FILE:flopmeter_test_stub>:$<TARGET_FILE:flopmeter_cuda_canary_pin>")
  flopmeter_intercept_run(cuda_canary_pin test_intercept_dlsym ARGUMENTS program ${dlsym_arguments})
  set_tests_properties(cuda_canary_pin PROPERTIES PASS_REGULAR_EXPRESSION "test_intercept_dlsym.c:[0-9]+: ")
endif()

# The k of the batched products is dropped, in the table.
set(cublas_canary ${CMAKE_CURRENT_BINARY_DIR}/cublas_canary)
file(READ ${cuda_source}/cublas.tbl canary_text)
string(REPLACE "count gemm(m,n,k)\n  positive m n k\n  batch" "count gemm(m,n,1)\n  positive m n k\n  batch" canary_mutant
  "${canary_text}")
if(canary_mutant STREQUAL canary_text)
  message(FATAL_ERROR "canary k: nothing to plant in cublas.tbl")
endif()
file(GENERATE OUTPUT ${cublas_canary}.tbl CONTENT "${canary_mutant}")
foreach(unit 1 2)
  add_custom_command(OUTPUT ${cublas_canary}_${unit}.c
    COMMAND flopmeter_generate_cublas ${cublas_canary}.tbl wrappers ${unit} > ${cublas_canary}_${unit}.c
    DEPENDS flopmeter_generate_cublas ${cublas_canary}.tbl VERBATIM)
endforeach()
flopmeter_cuda_canary_library(flopmeter_cuda_canary_k "${cuda_hand}" ${cublas_canary}_1.c ${cublas_canary}_2.c)
flopmeter_cuda_canary_run(k flopmeter_cuda_canary_k cublas_formula)

# NVIDIA's headers, if this machine has some, against our constants.
find_path(FLOPMETER_TEST_CUDA_INCLUDE cuda.h PATHS /usr/local/cuda/include /usr/local/cuda-13.0/include)
mark_as_advanced(FLOPMETER_TEST_CUDA_INCLUDE)
add_executable(test_cuda_abi test_cuda_abi.c)
target_include_directories(test_cuda_abi PRIVATE ${cuda_includes} ${CMAKE_CURRENT_SOURCE_DIR})
if(FLOPMETER_TEST_CUDA_INCLUDE)
  target_include_directories(test_cuda_abi SYSTEM PRIVATE ${FLOPMETER_TEST_CUDA_INCLUDE})
endif()
target_link_libraries(test_cuda_abi PRIVATE flopmeter_warnings)
foreach(library CUDA cuBLAS cuDNN)
  string(TOLOWER cuda_abi_${library} name)
  add_test(NAME ${name} COMMAND test_cuda_abi ${library})
  set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77)
endforeach()
