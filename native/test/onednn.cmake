# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# oneDNN. The wrappers are linked into the test programs themselves: the program's symbols come first in the global scope, just
# as a preload library's do.

set(onednn_sources ${CMAKE_SOURCE_DIR}/native/src/intercept)
set(onednn_includes ${CMAKE_CURRENT_SOURCE_DIR} ${onednn_sources} ${CMAKE_SOURCE_DIR}/native/src/lane
  ${CMAKE_SOURCE_DIR}/native/include)

foreach(flavour 2 3 3_bare)
  string(REGEX REPLACE "_.*" "" major ${flavour})
  add_library(fake_dnnl_${flavour} SHARED fake_dnnl.c)
  target_include_directories(fake_dnnl_${flavour} PRIVATE ${onednn_includes})
  target_compile_definitions(fake_dnnl_${flavour} PUBLIC FAKE_MAJOR=${major})
  # A sibling call would come from the test program, as seen by the guard, not from this library.
  target_compile_options(fake_dnnl_${flavour} PRIVATE -fno-optimize-sibling-calls)
  target_link_libraries(fake_dnnl_${flavour} PRIVATE flopmeter_warnings)
endforeach()
target_compile_definitions(fake_dnnl_3_bare PUBLIC FAKE_BARE)

# The wrappers as the preload library has them, and a core that only adds up.
flopmeter_objects(onednn_wrappers flopmeter_intercept INCLUDE onednn.c onednn_gemm.c resolve.c)
flopmeter_objects(onednn_shape flopmeter_intercept INCLUDE onednn_shape.c)
add_library(flopmeter_test_onednn_stub OBJECT onednn_core_stub.c)
target_include_directories(flopmeter_test_onednn_stub PRIVATE ${onednn_includes})
target_compile_options(flopmeter_test_onednn_stub PRIVATE -fexceptions)
target_compile_definitions(flopmeter_test_onednn_stub PRIVATE _GNU_SOURCE)
target_link_libraries(flopmeter_test_onednn_stub PRIVATE flopmeter_warnings)

# A program over the wrappers, with `shape` as the source of formulas.
function(add_onednn_program name test shape)
  add_executable(${name} "${test}" "${shape}" "${onednn_wrappers}" $<TARGET_OBJECTS:flopmeter_test_onednn_stub>)
  target_include_directories(${name} PRIVATE ${onednn_includes})
  target_compile_options(${name} PRIVATE -fexceptions)
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
  # Every oneDNN symbol is defined by the program itself, so --as-needed would drop the library.
  target_link_options(${name} PRIVATE -Wl,--no-as-needed)
  set_target_properties(${name} PROPERTIES ENABLE_EXPORTS ON)
  target_link_libraries(${name} PRIVATE flopmeter_warnings Threads::Threads ${CMAKE_DL_LIBS} ${ARGN})
endfunction()

foreach(flavour 2 3)
  add_onednn_program(test_onednn_fake_${flavour} test_onednn_fake.c "${onednn_shape}" fake_dnnl_${flavour})
  add_test(NAME onednn_fake_${flavour} COMMAND test_onednn_fake_${flavour})
endforeach()
add_onednn_program(test_onednn_bare test_onednn_bare.c "${onednn_shape}" fake_dnnl_3_bare)
add_test(NAME onednn_bare COMMAND test_onednn_bare)

# Canaries: each planted mistake must be caught.
function(add_onednn_canary name from to)
  flopmeter_plant(onednn_canary_${name}.c ${onednn_sources}/onednn_shape.c "${from}" "${to}")
  add_onednn_program(onednn_canary_${name} $<TARGET_OBJECTS:test_onednn_fake_2>
    ${CMAKE_CURRENT_BINARY_DIR}/onednn_canary_${name}.c fake_dnnl_2)
  add_test(NAME onednn_canary_${name} COMMAND onednn_canary_${name})
  # Caught by a check, that is: a crash is not a catch.
  set_tests_properties(onednn_canary_${name} PROPERTIES PASS_REGULAR_EXPRESSION "test_onednn_fake.c:[0-9]+: ")
endfunction()

add_onednn_canary(groups "multiply_dims(&weights, 0, flop_count)" "multiply_dims(&weights, weights.ndims - 4, flop_count)")
add_onednn_canary(transpose "FAMILY_DECONVOLUTION == family" "FAMILY_RNN == family")
add_onednn_canary(broadcast "multiply_dims(&result, 0, flop_count)" "multiply_dims(&source, 1, flop_count)")
add_onednn_canary(wider "rank_right > rank_left" "rank_right < rank_left")
add_onednn_canary(backward "is_forward ? 2 : 4" "2")

# The machine's own oneDNN, if any: its header against our constants, its primitives through the wrappers.
add_executable(test_onednn_abi test_onednn_abi.c)
target_include_directories(test_onednn_abi PRIVATE ${onednn_includes})
target_link_libraries(test_onednn_abi PRIVATE flopmeter_warnings)
add_test(NAME onednn_abi COMMAND test_onednn_abi)
set_tests_properties(onednn_abi PROPERTIES SKIP_RETURN_CODE 77)

find_library(FLOPMETER_TEST_DNNL dnnl)
mark_as_advanced(FLOPMETER_TEST_DNNL)
foreach(test onednn_real onednn_real_v3)
  if(FLOPMETER_TEST_DNNL)
    add_onednn_program(test_${test} test_${test}.c "${onednn_shape}" ${FLOPMETER_TEST_DNNL})
    add_test(NAME ${test} COMMAND test_${test})
  else()
    add_test(NAME ${test} COMMAND sh -c "echo 'SKIPPED: no oneDNN library on this machine'; exit 77")
  endif()
  set_tests_properties(${test} PROPERTIES SKIP_RETURN_CODE 77 ENVIRONMENT "OMP_NUM_THREADS=2")
endforeach()

# PyTorch's convolutions, by way of a preload library whose meter is the stub. Debian's python3: others may bundle oneDNN.
add_library(test_onednn_preload SHARED
  "${onednn_wrappers}" "${onednn_shape}" $<TARGET_OBJECTS:flopmeter_test_onednn_stub>)
set_target_properties(test_onednn_preload PROPERTIES LINKER_LANGUAGE C)
target_link_libraries(test_onednn_preload PRIVATE Threads::Threads ${CMAKE_DL_LIBS})
add_test(NAME onednn_torch COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/test_onednn_torch.sh
  $<TARGET_FILE:test_onednn_preload> ${CMAKE_SOURCE_DIR}/testdata/programs/conv.py)
set_tests_properties(onednn_torch PROPERTIES SKIP_RETURN_CODE 77)
