# Compiler flags: what everybody needs who includes the headers, and what only this project's own code gets.

# Usage requirements: the flags without which driver source does not compile, or means something else.
set(POOLEMU_USAGE_FLAGS)       # every compiler
set(POOLEMU_USAGE_FLAGS_C)     # C only
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
  # What source tests before its first #include, as Microsoft's compiler and the WDK's projects define it. The values are
  # Microsoft's, and emu_compiler.h's. _MSC_VER is not among them: headers, emu_compiler.h too, take it for Microsoft's
  # compiler and use what GCC does not have.
  if(CMAKE_SIZEOF_VOID_P EQUAL 4)
    list(APPEND POOLEMU_USAGE_FLAGS -D_X86_=1 -D_M_IX86=600)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|ARM64|arm64)$")
    list(APPEND POOLEMU_USAGE_FLAGS -D_ARM64_=1 -D_M_ARM64=1)
  else()
    list(APPEND POOLEMU_USAGE_FLAGS -D_AMD64_=1 -D_M_AMD64=100 -D_M_X64=100)
  endif()
  list(APPEND POOLEMU_USAGE_FLAGS -D_KERNEL_MODE=1)
  if(CMAKE_SIZEOF_VOID_P EQUAL 8)
    list(APPEND POOLEMU_USAGE_FLAGS -D_WIN64=1)
  endif()
  # A routine that no header declares would return an int, which cuts a pointer to 32 bits. A driver's long is no LONG.
  set(POOLEMU_USAGE_FLAGS_C -Werror=implicit-function-declaration -Werror=int-conversion -Werror=implicit-int
                            -Werror=incompatible-pointer-types)
  set(POOLEMU_USAGE_FLAGS_CLANG
      -fno-builtin-wcslen # a loop that looks for the end of a string is no call of the host's wcslen, with 32 bits
      -Wno-microsoft # clang warns of what -fms-extensions has just allowed
      -Wno-error=incompatible-pointer-types-discards-qualifiers # a warning of Microsoft's compiler, too
  )
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
