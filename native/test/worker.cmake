# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0

# Not a test by itself: the integration tests of the Java module run it under `flopmeter run`.
if(TARGET flopmeter)
  add_executable(flopmeter_worker worker.c worker_fma.c worker_load.c)
  target_link_libraries(flopmeter_worker PRIVATE flopmeter_warnings flopmeter Threads::Threads ${CMAKE_DL_LIBS})
endif()
