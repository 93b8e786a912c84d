# Toolchain: as mingw-w64.cmake, but the compiler is clang. Its thread variables are Windows' own, where gcc's are a call
# each, so this is the one to build a poolemu.dll for use with; and it has __try, __except and __finally.
include(${CMAKE_CURRENT_LIST_DIR}/mingw-w64.cmake)
set(CMAKE_C_COMPILER clang)
set(CMAKE_C_COMPILER_TARGET x86_64-w64-mingw32)
set(CMAKE_AR x86_64-w64-mingw32-ar)
set(CMAKE_RANLIB x86_64-w64-mingw32-ranlib)
file(GLOB libgcc /usr/lib/gcc/x86_64-w64-mingw32/*-win32)
foreach(kind IN ITEMS EXE SHARED MODULE)
  string(APPEND CMAKE_${kind}_LINKER_FLAGS_INIT " -L${libgcc}")
endforeach()
