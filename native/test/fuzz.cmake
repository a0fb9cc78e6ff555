# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# libFuzzer on the readers in C: fuzz/fuzz.sh builds them with clang, whatever compiler the rest is built with.

if(NOT FLOPMETER_SANITIZE)
  foreach(target drain control)
    add_test(NAME fuzz_${target} COMMAND sh ${CMAKE_CURRENT_LIST_DIR}/fuzz/fuzz.sh
      ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_BINARY_DIR}/fuzz_${target} ${target})
    set_tests_properties(fuzz_${target} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 1800)
  endforeach()
endif()
