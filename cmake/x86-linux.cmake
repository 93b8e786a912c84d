# Toolchain: Linux on 32-bit x86, built with Debian's gcc-i686-linux-gnu. An x86-64 Linux runs such programs by itself;
# only their libraries have to be found, which are not among this machine's own: the C library, and libdw with what it
# needs, which ./dev unpacks into build/i386.
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
