# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# BLAS and LAPACK interception. The tests see counts through a stub core with the real one's soname.

get_property(generated GLOBAL PROPERTY FLOPMETER_GENERATED)

add_library(flopmeter_test_stub SHARED stub_core.c)
set_target_properties(flopmeter_test_stub PROPERTIES OUTPUT_NAME flopmeter_stub NO_SONAME ON)
target_link_options(flopmeter_test_stub PRIVATE -Wl,-soname,libflopmeter.so.0)
target_include_directories(flopmeter_test_stub PUBLIC
  ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/../src/lane ${PROJECT_SOURCE_DIR}/native/include)

# Two libraries that export every intercepted name. fake_one also stands for "the BLAS the program is linked with".
foreach(fake fake_one fake_two)
  add_library(flopmeter_test_${fake} SHARED fake_blas.c)
  add_dependencies(flopmeter_test_${fake} flopmeter_generated_lists)
  target_include_directories(flopmeter_test_${fake} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR} PRIVATE ${generated})
  target_compile_definitions(flopmeter_test_${fake} PRIVATE FAKE_NAME=${fake})
  target_compile_options(flopmeter_test_${fake} PRIVATE -fexceptions)
endforeach()

function(flopmeter_intercept_test name)
  cmake_parse_arguments(test "" "" "ENVIRONMENT;ARGUMENTS;SOURCES" ${ARGN})
  if(NOT TARGET ${name})
    add_executable(${name} ${test_SOURCES})
    add_dependencies(${name} flopmeter_generated_lists flopmeter_intercept)
    target_include_directories(${name} PRIVATE
      ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/../src/lane ${PROJECT_SOURCE_DIR}/native/include ${generated})
    target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
    target_link_libraries(${name} PRIVATE flopmeter_warnings flopmeter_test_stub ${CMAKE_DL_LIBS})
  endif()
endfunction()

set(preload "$<TARGET_FILE:flopmeter_test_stub>:$<TARGET_FILE:flopmeter_intercept>")

function(flopmeter_intercept_run label name)
  cmake_parse_arguments(run "" "" "ENVIRONMENT;ARGUMENTS" ${ARGN})
  add_test(NAME ${label} COMMAND ${name} ${run_ARGUMENTS})
  set_tests_properties(${label} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 120
    ENVIRONMENT "LD_PRELOAD=${preload};${run_ENVIRONMENT}")
endfunction()

foreach(caller one two)
  add_library(flopmeter_test_caller_${caller} SHARED fake_caller.c)
  target_compile_definitions(flopmeter_test_caller_${caller} PRIVATE CALLER_NAME=caller_${caller})
  target_link_libraries(flopmeter_test_caller_${caller} PRIVATE -Wl,--no-as-needed flopmeter_test_fake_${caller})
endforeach()

# Expectations come from the reference table and from loops, never from the generator.
set(formula_sources test_intercept_formula.c expected.c call_case.c csv_formula.c fake_caller.c)
foreach(name test_intercept_formula test_intercept_formula_linked)
  flopmeter_intercept_test(${name} SOURCES ${formula_sources})
  target_compile_definitions(${name} PRIVATE CALLER_NAME=main)
endforeach()
target_link_libraries(test_intercept_formula_linked PRIVATE -Wl,--no-as-needed flopmeter_test_fake_one)
set(formula_arguments $<TARGET_FILE:flopmeter_test_fake_one> $<TARGET_FILE:flopmeter_test_fake_two>
  ${PROJECT_SOURCE_DIR}/testdata/counting/blas_formulas.csv
  $<TARGET_FILE:flopmeter_test_caller_one> $<TARGET_FILE:flopmeter_test_caller_two>)
flopmeter_intercept_run(intercept_formula_local test_intercept_formula ARGUMENTS local ${formula_arguments})
flopmeter_intercept_run(intercept_formula_two test_intercept_formula ARGUMENTS two ${formula_arguments})
flopmeter_intercept_run(intercept_formula_linked test_intercept_formula_linked ARGUMENTS linked ${formula_arguments})
flopmeter_intercept_run(intercept_formula_now test_intercept_formula_linked
  ARGUMENTS linked ${formula_arguments} ENVIRONMENT LD_BIND_NOW=1)
