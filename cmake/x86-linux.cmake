# Toolchain: Linux on 32-bit x86, built with Debian's gcc-i686-linux-gnu. Most x86-64 kernels run such programs; where one
# does not, they run under qemu-user. Their libraries are not among this machine's own: the C library is that of the cross
# packages, and ./dev unpacks libdw with what it needs into build/i386.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR i686)
set(CMAKE_C_COMPILER i686-linux-gnu-gcc)
set(libc /usr/i686-linux-gnu/lib)
cmake_path(SET i386 NORMALIZE ${CMAKE_CURRENT_LIST_DIR}/../build/i386)
set(path ${libc}:${i386}/usr/lib/i386-linux-gnu:${i386}/lib/i386-linux-gnu)
foreach(kind IN ITEMS EXE SHARED MODULE)
  # The old tags: the path serves the libraries' own libraries, too.
  set(CMAKE_${kind}_LINKER_FLAGS_INIT
      "-Wl,--dynamic-linker=${libc}/ld-linux.so.2 -Wl,--disable-new-dtags -Wl,-rpath,${path}")
endforeach()
set(CMAKE_FIND_ROOT_PATH /usr/i686-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# A kernel without CONFIG_IA32_EMULATION answers "Exec format error".
execute_process(COMMAND ${libc}/ld-linux.so.2 --version RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET)
if(NOT result EQUAL 0)
  find_program(qemu qemu-i386 REQUIRED)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${qemu})
endif()
