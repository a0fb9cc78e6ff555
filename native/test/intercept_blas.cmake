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

# A sanitizer's library must come before anything that is preloaded.
set(sanitizer "")
foreach(pair address:libasan.so thread:libtsan.so)
  string(REPLACE ":" ";" pair ${pair})
  list(GET pair 0 kind)
  list(GET pair 1 file)
  if(FLOPMETER_SANITIZE MATCHES ${kind})
    execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=${file}
      OUTPUT_VARIABLE sanitizer OUTPUT_STRIP_TRAILING_WHITESPACE)
    set(sanitizer "${sanitizer}:")
  endif()
endforeach()
set(preload "${sanitizer}$<TARGET_FILE:flopmeter_test_stub>:$<TARGET_FILE:flopmeter_intercept>")

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

# What calls and expects in several programs. Expectations come from the reference table and from loops, never from the
# generator.
add_library(flopmeter_test_caller_main OBJECT fake_caller.c)
target_compile_definitions(flopmeter_test_caller_main PRIVATE CALLER_NAME=main)
add_library(flopmeter_test_formula OBJECT expected.c call_case.c csv_formula.c)
foreach(library flopmeter_test_caller_main flopmeter_test_formula)
  add_dependencies(${library} flopmeter_generated_lists)
  target_include_directories(${library} PRIVATE
    ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/../src/lane ${PROJECT_SOURCE_DIR}/native/include ${generated})
  target_compile_definitions(${library} PRIVATE _GNU_SOURCE)
  target_link_libraries(${library} PRIVATE flopmeter_warnings)
endforeach()
flopmeter_intercept_test(test_intercept_formula SOURCES test_intercept_formula.c)
target_link_libraries(test_intercept_formula PRIVATE flopmeter_test_formula flopmeter_test_caller_main)
flopmeter_add_variant(test_intercept_formula_linked test_intercept_formula)
target_link_libraries(test_intercept_formula_linked PRIVATE -Wl,--no-as-needed flopmeter_test_fake_one)
set(formula_arguments $<TARGET_FILE:flopmeter_test_fake_one> $<TARGET_FILE:flopmeter_test_fake_two>
  ${PROJECT_SOURCE_DIR}/testdata/counting/blas_formulas.csv
  $<TARGET_FILE:flopmeter_test_caller_one> $<TARGET_FILE:flopmeter_test_caller_two>)
flopmeter_intercept_run(intercept_formula_local test_intercept_formula ARGUMENTS local ${formula_arguments})
flopmeter_intercept_run(intercept_formula_two test_intercept_formula ARGUMENTS two ${formula_arguments})
flopmeter_intercept_run(intercept_formula_linked test_intercept_formula_linked ARGUMENTS linked ${formula_arguments})
flopmeter_intercept_run(intercept_formula_now test_intercept_formula_linked
  ARGUMENTS linked ${formula_arguments} ENVIRONMENT LD_BIND_NOW=1)

# ---- Nesting: calls inside calls, and all the ways out of a call ----
add_library(flopmeter_test_fake_lapack SHARED fake_lapack.c)
target_compile_options(flopmeter_test_fake_lapack PRIVATE -fexceptions)
target_link_libraries(flopmeter_test_fake_lapack PRIVATE -Wl,--no-as-needed flopmeter_test_fake_one)
include(CheckLanguage)
check_language(CXX)
if(CMAKE_CXX_COMPILER AND NOT FLOPMETER_SANITIZE)
  enable_language(CXX)
  add_library(flopmeter_test_thrower SHARED fake_thrower.cpp)
  set(thrower $<TARGET_FILE:flopmeter_test_thrower>)
endif()
flopmeter_intercept_test(test_intercept_nesting SOURCES test_intercept_nesting.c)
target_compile_options(test_intercept_nesting PRIVATE -fexceptions)
target_link_libraries(test_intercept_nesting PRIVATE Threads::Threads)
set(nesting_arguments $<TARGET_FILE:flopmeter_test_fake_one> $<TARGET_FILE:flopmeter_test_fake_lapack> ${thrower})
flopmeter_intercept_run(intercept_nesting test_intercept_nesting ARGUMENTS ${nesting_arguments})

flopmeter_intercept_test(test_intercept_batch SOURCES test_intercept_batch.c)
target_link_libraries(test_intercept_batch PRIVATE flopmeter_test_caller_main)
flopmeter_intercept_run(intercept_batch test_intercept_batch ARGUMENTS $<TARGET_FILE:flopmeter_test_fake_one>)

# ---- Canaries: a wrong row in the table, a plain depth counter; the tests above must fail on them ----
set(canary_table ${CMAKE_CURRENT_BINARY_DIR}/routines_canary.tbl)
file(READ ${PROJECT_SOURCE_DIR}/native/src/intercept/routines.tbl canary_text)
string(REPLACE "formula gemmt(n,k)\n  mult k*n*(n+1)/2" "formula gemmt(n,k)\n  mult k*n*n" canary_text "${canary_text}")
file(GENERATE OUTPUT ${canary_table} CONTENT "${canary_text}")
set(canary ${CMAKE_CURRENT_BINARY_DIR}/canary)
file(MAKE_DIRECTORY ${canary})
add_custom_command(OUTPUT ${canary}/formulas.inc ${canary}/wrappers_3.c
  COMMAND flopmeter_generate ${canary_table} formulas > ${canary}/formulas.inc
  COMMAND flopmeter_generate ${canary_table} wrappers 3 > ${canary}/wrappers_3.c
  DEPENDS flopmeter_generate ${canary_table} VERBATIM)
set(intercept_source ${PROJECT_SOURCE_DIR}/native/src/intercept)
flopmeter_changed_by(changed FLOPMETER_CANARY_DEPTH ${intercept_source}/resolve.c ${intercept_source}/refuse.c)
flopmeter_objects(others flopmeter_intercept INCLUDE refuse.c)
add_library(flopmeter_test_canary SHARED ${canary}/wrappers_3.c ${canary}/formulas.inc ${changed} "${others}")
target_include_directories(flopmeter_test_canary PRIVATE
  ${canary} ${intercept_source} ${intercept_source}/../lane ${PROJECT_SOURCE_DIR}/native/include)
target_compile_definitions(flopmeter_test_canary PRIVATE _GNU_SOURCE FLOPMETER_CANARY_DEPTH)
target_compile_options(flopmeter_test_canary PRIVATE -O0 -fexceptions)
target_link_libraries(flopmeter_test_canary PRIVATE flopmeter_test_stub ${CMAKE_DL_LIBS})

set(preload "${sanitizer}$<TARGET_FILE:flopmeter_test_stub>:$<TARGET_FILE:flopmeter_test_canary>")
flopmeter_intercept_run(intercept_canary_sound test_intercept_formula
  ARGUMENTS local ${formula_arguments} ENVIRONMENT FLOPMETER_TEST_FAMILY=gemm)
flopmeter_intercept_run(intercept_canary_formula test_intercept_formula
  ARGUMENTS local ${formula_arguments} ENVIRONMENT FLOPMETER_TEST_FAMILY=gemmt)
flopmeter_intercept_run(intercept_canary_depth test_intercept_nesting ARGUMENTS ${nesting_arguments})
set_tests_properties(intercept_canary_formula intercept_canary_depth PROPERTIES WILL_FAIL TRUE)
set(preload "${sanitizer}$<TARGET_FILE:flopmeter_test_stub>:$<TARGET_FILE:flopmeter_intercept>")

add_test(NAME intercept_document COMMAND ${CMAKE_COMMAND} -E compare_files
  ${generated}/routines.md ${PROJECT_SOURCE_DIR}/docs/routines.md)

# ---- Real libraries, where this machine has them ----
flopmeter_intercept_test(test_intercept_real SOURCES test_intercept_real.c)
target_link_libraries(test_intercept_real PRIVATE flopmeter_test_formula flopmeter_test_caller_main)
foreach(library openblas reference)
  flopmeter_intercept_run(intercept_real_${library} test_intercept_real
    ARGUMENTS ${library} ${PROJECT_SOURCE_DIR}/testdata/counting/blas_formulas.csv)
endforeach()
