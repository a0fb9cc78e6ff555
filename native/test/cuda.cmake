# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# libflopmeter_cuda.so: against the real host side of CUPTI where it is installed, and against a driver made of scripts.

find_path(FLOPMETER_CUPTI_INCLUDE cupti_profiler_host.h
  PATHS /usr/local/cuda/include /usr/local/cuda/extras/CUPTI/include NO_DEFAULT_PATH)
mark_as_advanced(FLOPMETER_CUPTI_INCLUDE)

add_executable(cuda_golden cuda_golden.c)
target_link_libraries(cuda_golden PRIVATE flopmeter_warnings flopmeter_test_reader flopmeter_cuda_core ${CMAKE_DL_LIBS})
add_test(NAME cuda_golden COMMAND cuda_golden ${PROJECT_SOURCE_DIR}/testdata/cupti)
set_tests_properties(cuda_golden PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600)

# Our declarations against NVIDIA's.
if(CMAKE_CXX_COMPILER AND FLOPMETER_CUPTI_INCLUDE)
  message(STATUS "CUPTI headers: ${FLOPMETER_CUPTI_INCLUDE}")
  add_executable(test_cuda_abi test_cuda_abi.cpp)
  target_include_directories(test_cuda_abi PRIVATE ${FLOPMETER_CUDA_INCLUDES})
  target_include_directories(test_cuda_abi SYSTEM PRIVATE ${FLOPMETER_CUPTI_INCLUDE})
  target_compile_options(test_cuda_abi PRIVATE -Wall -Wextra -Werror -Wno-invalid-offsetof)
  add_test(NAME cuda_abi COMMAND test_cuda_abi)
else()
  message(STATUS "CUPTI headers: none, or no C++ compiler; cuda_abi is not checked")
  add_test(NAME cuda_abi COMMAND sh -c "echo 'SKIPPED: no CUPTI headers or no C++ compiler'; exit 77")
endif()
set_tests_properties(cuda_abi PROPERTIES SKIP_RETURN_CODE 77)
