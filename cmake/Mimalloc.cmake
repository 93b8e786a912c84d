# mimalloc, the memory engine: from the system, or built from a source tree.
#
# system: only the header is used here. The library is loaded at run time with its symbols kept to itself: Debian's
#         libmimalloc.so defines malloc, and linking it would replace malloc in every program that links poolemu.
# source: compiled into poolemu with every symbol hidden.
#
# Either way the target poolemu_mimalloc carries the include directory, and the definition that emu/mem/engine.c asks for.

find_path(MIMALLOC_INCLUDE_DIR mimalloc.h PATH_SUFFIXES mimalloc-3.4 mimalloc-3.0 mimalloc-2.2 mimalloc-2.1 mimalloc-2.0)
find_library(MIMALLOC_LIBRARY mimalloc)
mark_as_advanced(MIMALLOC_INCLUDE_DIR MIMALLOC_LIBRARY)

set(default system)
if(FETCHCONTENT_SOURCE_DIR_MIMALLOC OR NOT MIMALLOC_INCLUDE_DIR OR NOT MIMALLOC_LIBRARY)
  set(default source)
endif()
set(POOLEMU_MIMALLOC ${default} CACHE STRING "Where mimalloc comes from: system or source")
set_property(CACHE POOLEMU_MIMALLOC PROPERTY STRINGS system source)

function(poolemu_check_mimalloc header)
  # 209 is 2.0.9; since 2.4.0 it is 20400
  file(STRINGS ${header} line REGEX "#define +MI_MALLOC_VERSION")
  string(REGEX MATCH "[0-9]+" version "${line}")
  if(NOT version OR version LESS 209)
    message(FATAL_ERROR "poolemu needs mimalloc 2.0.9 or newer, and ${header} says ${version}. Install a newer one, or "
                        "give a source tree: -DPOOLEMU_MIMALLOC=source -DFETCHCONTENT_SOURCE_DIR_MIMALLOC=DIR")
  endif()
  message(STATUS "mimalloc: ${POOLEMU_MIMALLOC}, version ${version}")
endfunction()

if(POOLEMU_MIMALLOC STREQUAL "system")
  if(NOT MIMALLOC_INCLUDE_DIR OR NOT MIMALLOC_LIBRARY)
    message(FATAL_ERROR "mimalloc is not installed. On Debian: apt-get install libmimalloc-dev. Or build it from a "
                        "source tree: -DPOOLEMU_MIMALLOC=source [-DFETCHCONTENT_SOURCE_DIR_MIMALLOC=DIR]")
  endif()
  poolemu_check_mimalloc(${MIMALLOC_INCLUDE_DIR}/mimalloc.h)
  if(WIN32)
    cmake_path(GET MIMALLOC_LIBRARY STEM soname)
    string(APPEND soname ".dll")
  else()
    execute_process(COMMAND ${CMAKE_OBJDUMP} -p ${MIMALLOC_LIBRARY} OUTPUT_VARIABLE dump COMMAND_ERROR_IS_FATAL ANY)
    if(NOT dump MATCHES "SONAME +([^ \n]+)")
      message(FATAL_ERROR "${MIMALLOC_LIBRARY} is no shared library with a SONAME, so it cannot be loaded at run time. "
                          "Set MIMALLOC_LIBRARY to one, or use -DPOOLEMU_MIMALLOC=source")
    endif()
    set(soname ${CMAKE_MATCH_1})
  endif()
  message(STATUS "mimalloc: ${soname} is loaded at run time")
  add_library(poolemu_mimalloc INTERFACE)
  target_include_directories(poolemu_mimalloc SYSTEM INTERFACE ${MIMALLOC_INCLUDE_DIR})
  target_compile_definitions(poolemu_mimalloc INTERFACE POOLEMU_MIMALLOC_SONAME="${soname}")
elseif(POOLEMU_MIMALLOC STREQUAL "source")
  include(FetchContent)
  # SOURCE_SUBDIR names a folder without CMakeLists.txt: of mimalloc's own build one file is enough, src/static.c, which
  # includes all others. It defines no malloc unless MI_MALLOC_OVERRIDE asks for it.
  FetchContent_Declare(
    mimalloc
    GIT_REPOSITORY https://github.com/microsoft/mimalloc.git
    GIT_TAG v2.0.9
    GIT_SHALLOW ON
    SOURCE_SUBDIR src)
  FetchContent_MakeAvailable(mimalloc)
  poolemu_check_mimalloc(${mimalloc_SOURCE_DIR}/include/mimalloc.h)
  add_library(poolemu_mimalloc OBJECT ${mimalloc_SOURCE_DIR}/src/static.c)
  set_target_properties(poolemu_mimalloc PROPERTIES POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden
                                                    COMPILE_WARNING_AS_ERROR OFF)
  target_include_directories(poolemu_mimalloc SYSTEM PUBLIC ${mimalloc_SOURCE_DIR}/include)
  # As in the distributions: no debug checks, which would make a debug build of poolemu needlessly slow.
  target_compile_definitions(poolemu_mimalloc PRIVATE MI_DEBUG=0 MI_BUILD_RELEASE MI_STATIC_LIB
                             INTERFACE POOLEMU_MIMALLOC_STATIC=1)
  # At the end of the process mimalloc collects its heaps. Compiled into a DLL it does so when the DLL is detached, and
  # mingw's emulated thread variables, which it reads for that, are gone by then: the process aborts. There is nothing to
  # clean up, as poolemu's DLL stays loaded until the process ends. mimalloc 2 registers the routine with atexit, which
  # mimalloc_stays.h takes away; mimalloc 3 calls it as a callback of the loader, and collects nothing with the definition.
  if(WIN32)
    target_compile_definitions(poolemu_mimalloc PRIVATE MI_SKIP_COLLECT_ON_EXIT=1)
    set(stays ${CMAKE_CURRENT_LIST_DIR}/mimalloc_stays.h)
    if(MSVC)
      target_compile_options(poolemu_mimalloc PRIVATE /FI${stays})
    else()
      target_compile_options(poolemu_mimalloc PRIVATE -include ${stays})
    endif()
    set_property(SOURCE ${mimalloc_SOURCE_DIR}/src/static.c APPEND PROPERTY OBJECT_DEPENDS ${stays})
  endif()
  if(NOT MSVC)
    target_compile_options(poolemu_mimalloc PRIVATE -O2 -w -fno-builtin-malloc -ftls-model=initial-exec)
  endif()
else()
  message(FATAL_ERROR "POOLEMU_MIMALLOC is '${POOLEMU_MIMALLOC}'; it must be system or source")
endif()
