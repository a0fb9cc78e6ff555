# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# cmake -DNM=nm -DREADELF=readelf -DLIBRARY=libflopmeter.so -P exports.cmake: only flopmeter_* is visible, the name under
# which programs load the library is libflopmeter.so.0, and dlclose() leaves it where it is.

execute_process(COMMAND ${NM} -D --defined-only ${LIBRARY} OUTPUT_VARIABLE symbols COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^ \n]+\n" names "${symbols}")
foreach(name ${names})
  string(STRIP "${name}" name)
  if(NOT name MATCHES "^flopmeter_")
    message(FATAL_ERROR "exported: ${name}")
  endif()
endforeach()
list(LENGTH names count)
if(count LESS 14)
  message(FATAL_ERROR "only ${count} symbols are exported")
endif()

execute_process(COMMAND ${READELF} -d ${LIBRARY} OUTPUT_VARIABLE dynamic COMMAND_ERROR_IS_FATAL ANY)
foreach(wanted "libflopmeter.so.0" "NODELETE" "STATIC_TLS")
  if(NOT dynamic MATCHES "${wanted}")
    message(FATAL_ERROR "no ${wanted} in the dynamic section")
  endif()
endforeach()
