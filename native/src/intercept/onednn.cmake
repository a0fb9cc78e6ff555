# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# Included by this folder's CMakeLists.txt once flopmeter_intercept exists.

target_sources(flopmeter_intercept PRIVATE
  ${CMAKE_CURRENT_LIST_DIR}/onednn.c
  ${CMAKE_CURRENT_LIST_DIR}/onednn_gemm.c
  ${CMAKE_CURRENT_LIST_DIR}/onednn_shape.c)

# oneDNN is C++: an exception that passes through a wrapper must leave its guard.
set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/onednn.c ${CMAKE_CURRENT_LIST_DIR}/onednn_gemm.c
  PROPERTIES COMPILE_OPTIONS -fexceptions)
