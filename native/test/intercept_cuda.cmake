# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# cuBLAS, cuBLASLt, cuDNN and CUDA graphs, over libraries that compute nothing. They carry the sonames and symbol versions of the
# real ones, so the programs' references are versioned as those of real programs are.

set(cuda_includes ${CMAKE_CURRENT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/native/src/intercept
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
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX "" OUTPUT_NAME ${soname}
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/${name})
  if(map)
    target_link_options(${name} PRIVATE -Wl,--version-script=${CMAKE_CURRENT_SOURCE_DIR}/${map})
    set_target_properties(${name} PROPERTIES LINK_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${map})
  endif()
endfunction()

flopmeter_cuda_fake(fake_cuda_driver fake_cuda_driver.c libcuda.so.1 "")
flopmeter_cuda_fake(fake_cuda_driver_bare fake_cuda_driver.c libcuda.so.1 "" FAKE_BARE)
flopmeter_cuda_fake(fake_cudart fake_cudart.c libcudart.so.13 fake_cudart.map)
flopmeter_cuda_fake(fake_cublas fake_cublas.c libcublas.so.13 fake_cublas.map)
flopmeter_cuda_fake(fake_cublas_bare fake_cublas.c libcublas.so.13 fake_cublas.map FAKE_BARE)
flopmeter_cuda_fake(fake_cublaslt fake_cublaslt.c libcublasLt.so.13 fake_cublaslt.map)
flopmeter_cuda_fake(fake_cublaslt_bare fake_cublaslt.c libcublasLt.so.13 fake_cublaslt.map FAKE_BARE)

# A program over fake libraries, run with the preload library.
function(flopmeter_cuda_test name)
  cmake_parse_arguments(test "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${test_SOURCES})
  add_dependencies(${name} flopmeter_generated_lists flopmeter_intercept)
  target_include_directories(${name} PRIVATE ${cuda_includes})
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE CALLER_NAME=main)
  target_link_libraries(${name} PRIVATE flopmeter_warnings flopmeter_test_stub Threads::Threads ${CMAKE_DL_LIBS}
    -Wl,--no-as-needed ${test_LIBRARIES})
endfunction()

flopmeter_cuda_test(test_cublas_formula
  SOURCES test_cublas_formula.c expected.c call_case.c csv_formula.c fake_caller.c LIBRARIES fake_cublas fake_cuda_driver)
set(cublas_arguments ${PROJECT_SOURCE_DIR}/testdata/counting/blas_formulas.csv)
flopmeter_intercept_run(cublas_formula test_cublas_formula ARGUMENTS ${cublas_arguments})

flopmeter_cuda_test(test_cuda_graph SOURCES test_cuda_graph.c check.c LIBRARIES fake_cublas fake_cudart fake_cuda_driver)
flopmeter_intercept_run(cuda_graph test_cuda_graph)

flopmeter_cuda_test(test_cublaslt SOURCES test_cublaslt.c check.c
  LIBRARIES fake_cublaslt fake_cublas fake_cudart fake_cuda_driver)
flopmeter_intercept_run(cublaslt test_cublaslt)

# Libraries that can't be asked, and a driver that does not know into what a stream is captured.
flopmeter_cuda_test(test_cuda_bare SOURCES test_cuda_bare.c check.c
  LIBRARIES fake_cublaslt_bare fake_cublas_bare fake_cuda_driver)
flopmeter_intercept_run(cuda_bare test_cuda_bare)
flopmeter_cuda_test(test_cuda_old SOURCES test_cuda_old.c check.c LIBRARIES fake_cublas fake_cudart fake_cuda_driver_bare)
flopmeter_intercept_run(cuda_old test_cuda_old)
