# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0

add_test(NAME style_function_length COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/style.sh ${CMAKE_SOURCE_DIR})
