# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# LTTng-UST as a peer of `flopmeter bench`; left out where its headers (2.13 or newer) are not installed.

find_path(FLOPMETER_LTTNG_INCLUDE lttng/tracepoint-event.h)
find_library(FLOPMETER_LTTNG_LIBRARY lttng-ust)
include(CheckCSourceCompiles)
if(FLOPMETER_LTTNG_INCLUDE AND FLOPMETER_LTTNG_LIBRARY)
  set(CMAKE_REQUIRED_INCLUDES ${FLOPMETER_LTTNG_INCLUDE})
  check_c_source_compiles("
    #include <lttng/ust-version.h>
    #if LTTNG_UST_MAJOR_VERSION < 2 || LTTNG_UST_MINOR_VERSION < 13
    #error older names
    #endif
    int main(void) { return 0; }" FLOPMETER_LTTNG_IS_NEW)
  unset(CMAKE_REQUIRED_INCLUDES)
endif()

if(FLOPMETER_LTTNG_IS_NEW)
  add_executable(flopmeter-bench-lttng lttng_peer.c lttng_provider.c bench_common.c)
  target_compile_definitions(flopmeter-bench-lttng PRIVATE _GNU_SOURCE)
  # LTTng's macros are not written for our warnings.
  target_include_directories(flopmeter-bench-lttng SYSTEM PRIVATE ${FLOPMETER_LTTNG_INCLUDE})
  target_include_directories(flopmeter-bench-lttng PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_compile_options(flopmeter-bench-lttng PRIVATE -O3 -Wall -Wextra -Werror)
  target_link_libraries(flopmeter-bench-lttng PRIVATE ${FLOPMETER_LTTNG_LIBRARY} ${CMAKE_DL_LIBS})
  install(TARGETS flopmeter-bench-lttng RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/flopmeter)
else()
  message(STATUS "LTTng-UST: no development files (2.13 or newer): `flopmeter bench` leaves this peer out")
endif()
