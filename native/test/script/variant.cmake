# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# Programs and libraries that differ from another one in a source or two, as canaries do: those are compiled, and every
# other object is the other one's own.

# Writes `out`, a copy of `source` with text replaced: flopmeter_plant(OUT SOURCE FROM TO [FROM TO]...). A change of the
# source that a mutation no longer fits stops the build.
function(flopmeter_plant out source)
  file(READ ${source} text)
  set(at 2)
  while(at LESS ARGC)
    math(EXPR next "${at} + 1")
    string(REPLACE "${ARGV${at}}" "${ARGV${next}}" planted "${text}")
    if(planted STREQUAL text)
      message(FATAL_ERROR "canary ${out}: nothing to plant in ${source}: ${ARGV${at}}")
    endif()
    set(text "${planted}")
    math(EXPR at "${at} + 2")
  endwhile()
  file(CONFIGURE OUTPUT ${out} CONTENT "${text}" @ONLY)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
endfunction()

# Those of the sources that a definition changes: flopmeter_changed_by(RESULT WORD SOURCE...) looks for the word in
# them.
function(flopmeter_changed_by result word)
  set(pattern "(^|[^A-Za-z0-9_])${word}([^A-Za-z0-9_]|$)")
  set(changed "")
  foreach(source ${ARGN})
    file(STRINGS ${source} lines REGEX "${pattern}" LIMIT_COUNT 1)
    if(lines)
      list(APPEND changed ${source})
    endif()
  endforeach()
  if(NOT changed)
    message(FATAL_ERROR "${word}: no source mentions it, so it changes nothing: ${ARGN}")
  endif()
  # Who includes a header that mentions it is changed, too, and is not found this way.
  file(GLOB_RECURSE headers ${PROJECT_SOURCE_DIR}/native/src/*.h ${PROJECT_SOURCE_DIR}/native/include/*.h)
  foreach(header ${headers})
    file(STRINGS ${header} lines REGEX "${pattern}" LIMIT_COUNT 1)
    if(lines)
      message(FATAL_ERROR "${word}: ${header} mentions it; only sources may")
    endif()
  endforeach()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${ARGN})
  set(${result} ${changed} PARENT_SCOPE)
endfunction()

# The objects of `target` that the sources became, or all but them: flopmeter_objects(RESULT TARGET INCLUDE|EXCLUDE
# SOURCE...).
function(flopmeter_objects result target which)
  set(names "")
  foreach(source ${ARGN})
    cmake_path(GET source FILENAME name)
    string(REPLACE "." "[.]" name "${name}.o")
    list(APPEND names "${name}")
  endforeach()
  list(JOIN names "|" names)
  set(${result} "$<FILTER:$<TARGET_OBJECTS:${target}>,${which},/(${names})$>" PARENT_SCOPE)
endfunction()

# The program `original` once more, in its own objects: flopmeter_add_variant(NAME ORIGINAL SOURCE...). What a source
# defines is not taken from the archives that the program is linked with.
function(flopmeter_add_variant name original)
  add_executable(${name} ${ARGN} $<TARGET_OBJECTS:${original}>)
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE C)
  foreach(property COMPILE_DEFINITIONS COMPILE_OPTIONS ENABLE_EXPORTS INCLUDE_DIRECTORIES LINK_LIBRARIES LINK_OPTIONS
      MANUALLY_ADDED_DEPENDENCIES)
    get_target_property(value ${original} ${property})
    if(value AND property STREQUAL MANUALLY_ADDED_DEPENDENCIES)
      add_dependencies(${name} ${value})
    elseif(value)
      set_property(TARGET ${name} PROPERTY ${property} "${value}")
    endif()
  endforeach()
endfunction()
