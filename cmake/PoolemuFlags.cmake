# Compiler flags: what everybody needs who includes the headers, and what only this project's own code gets.

# Usage requirements: the flags without which driver source does not compile, or means something else.
set(POOLEMU_USAGE_FLAGS)       # every compiler
set(POOLEMU_USAGE_FLAGS_CLANG) # clang only
if(NOT MSVC)
  set(POOLEMU_USAGE_FLAGS
      -fshort-wchar        # WCHAR and L"..." have 16 bits
      -fms-extensions      # unnamed structures with a tag, __declspec and the like
      -Wno-multichar       # a tag is written 'looP'
      -Wno-unknown-pragmas # #pragma alloc_text, #pragma code_seg ...
  )
  if(CMAKE_SIZEOF_VOID_P EQUAL 4)
    list(APPEND POOLEMU_USAGE_FLAGS -malign-double) # 64-bit members of structures are aligned to 8 bytes, as on Windows
  endif()
  set(POOLEMU_USAGE_FLAGS_CLANG -Wno-microsoft) # clang warns of what -fms-extensions has just allowed
endif()

# Warnings: for all of the project's own code, and more for the emulator itself. Driver-like code, as in the tests, puts
# string literals into PWSTR and the like; GCC's -Wpedantic and -Wconversion do not get on with __int128 and bit fields.
if(MSVC)
  set(POOLEMU_WARNINGS /W4)
else()
  set(POOLEMU_WARNINGS -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wvla
                       -Wundef -Wpointer-arith -Wformat-security -Wimplicit-fallthrough)
  set(POOLEMU_EMU_WARNINGS -Wwrite-strings "$<$<C_COMPILER_ID:Clang>:-Wpedantic;-Wconversion;-Wno-sign-conversion>")
endif()
