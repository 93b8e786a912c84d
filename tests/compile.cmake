# Included by CMakeLists.txt: a test for each tests/compile/must_*.c|cpp with each compiler there is. msvc is clang that
# reads as Microsoft's compiler does, with the declarations of tests/msvc in the C library's place.
# Run as a script (cmake -DCOMPILER=... -DSTANDARD=... -DFLAGS=... -DSOURCE=... -P): one such test.
#
# must_compile_*: the compiler accepts the file. must_fail_*: it rejects it; where the file contains EXPECT_OK, it must
# accept it with -DEXPECT_OK, so that only the line in question is at fault.
# The compiler finds the kernel's headers, as for a driver. One of the first two lines may be "// flags: ..." with more
# flags; a test, which includes poolemu.h, too, has -I@INCLUDE@/poolemu there. C++ files are compiled in every standard.
# A file that includes EACH_HEADER is compiled once for each of the kernel's headers, and for poolemu.h. Where one says
# "// code", the compiler generates code, too: it finds some errors only then. "// without crt": that folder is not on
# the include path.

if(NOT CMAKE_SCRIPT_MODE_FILE)
  file(GLOB sources CONFIGURE_DEPENDS compile/must_*.c compile/must_*.cpp)
  foreach(compiler IN ITEMS gcc clang msvc)
    string(REPLACE msvc clang c ${compiler})
    find_program(POOLEMU_C_${compiler} ${c})
    string(REPLACE gcc g++ cxx ${c})
    string(REPLACE clang clang++ cxx ${cxx})
    find_program(POOLEMU_CXX_${compiler} ${cxx})
    mark_as_advanced(POOLEMU_C_${compiler} POOLEMU_CXX_${compiler})
    set(flags ${POOLEMU_USAGE_FLAGS})
    if(compiler STREQUAL "clang")
      list(APPEND flags ${POOLEMU_USAGE_FLAGS_CLANG})
    elseif(compiler STREQUAL "msvc")
      set(flags --target=x86_64-pc-windows-msvc -fms-compatibility -fms-extensions -fms-compatibility-version=19.30
                -Wno-multichar -isystem ${CMAKE_CURRENT_SOURCE_DIR}/msvc -I${PROJECT_SOURCE_DIR}/include/km)
    endif()
    if(NOT compiler STREQUAL "msvc")
      list(APPEND flags -I${PROJECT_SOURCE_DIR}/include/km -I${PROJECT_SOURCE_DIR}/include/km/crt)
    endif()
    foreach(source IN LISTS sources)
      cmake_path(GET source STEM name)
      set(language_flags)
      if(source MATCHES "\\.c$")
        set(program ${POOLEMU_C_${compiler}})
        if(NOT compiler STREQUAL "msvc")
          set(language_flags ${POOLEMU_USAGE_FLAGS_C})
        endif()
        set(standards c11)
      else()
        set(program ${POOLEMU_CXX_${compiler}})
        set(standards c++17 c++20)
      endif()
      file(STRINGS ${source} library REGEX "#include <([a-z]+|(limits|stdlib|wchar).h)>")
      if(compiler STREQUAL "msvc" AND library)
        message(STATUS "compile.${name}.msvc is left out: it needs a C or C++ library")
      elseif(program)
        foreach(standard IN LISTS standards)
          add_test(NAME compile.${name}.${standard}.${compiler}
                   COMMAND ${CMAKE_COMMAND} -DCOMPILER=${program} -DSTANDARD=${standard} "-DFLAGS=${flags};${language_flags}"
                           -DINCLUDE=${PROJECT_SOURCE_DIR}/include -DSOURCE=${source} -P ${CMAKE_CURRENT_LIST_FILE})
          set_tests_properties(compile.${name}.${standard}.${compiler} PROPERTIES LABELS compile TIMEOUT 120)
        endforeach()
      endif()
    endforeach()
  endforeach()
  return()
endif()

file(READ ${SOURCE} text)
set(what -fsyntax-only)
if(text MATCHES "\n// code\n")
  set(what -S -o /dev/null)
endif()
set(variants "-DEMU_THIS_FILE=1")
if(text MATCHES "\n// without crt\n")
  list(FILTER FLAGS EXCLUDE REGEX "/crt$")
endif()
if(text MATCHES "#include EACH_HEADER")
  file(GLOB headers RELATIVE ${INCLUDE}/km ${INCLUDE}/km/*.h)
  list(FILTER headers EXCLUDE REGEX "^(pshpack[1248]|poppack)\\.h$") # two halves of a pair
  list(TRANSFORM headers PREPEND "-DEACH_HEADER=<")
  list(TRANSFORM headers APPEND ">")
  set(variants ${headers} -DEACH_HEADER=<poolemu.h>)
  list(APPEND FLAGS -I${INCLUDE}/poolemu)
endif()

# compiles(RESULT [FLAG...]): runs the compiler over SOURCE; RESULT is 0 when it accepts it.
function(compiles result)
  set(${result} 0 PARENT_SCOPE)
  foreach(variant IN LISTS variants)
    execute_process(COMMAND ${COMPILER} -std=gnu${standard} ${what} ${FLAGS} ${variant} ${ARGN} ${SOURCE}
                    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
    message("${output}")
    if(NOT status EQUAL 0)
      message("${variant}")
      set(${result} ${status} PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

string(REGEX REPLACE "^c" "" standard ${STANDARD}) # gnu11, gnu++17: -fms-extensions builds on the GNU dialects
file(STRINGS ${SOURCE} lines LIMIT_COUNT 2)
if(lines MATCHES "// flags: ([^;]*)")
  string(CONFIGURE "${CMAKE_MATCH_1}" more @ONLY)
  separate_arguments(more UNIX_COMMAND "${more}")
  list(APPEND FLAGS ${more})
endif()

compiles(status)
if(SOURCE MATCHES "/must_compile_")
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "must compile, and does not")
  endif()
else()
  if(status EQUAL 0)
    message(FATAL_ERROR "must not compile, and does")
  endif()
  file(STRINGS ${SOURCE} lines REGEX EXPECT_OK)
  if(lines)
    compiles(status -DEXPECT_OK)
    if(NOT status EQUAL 0)
      message(FATAL_ERROR "must compile with -DEXPECT_OK, and does not")
    endif()
  endif()
endif()
