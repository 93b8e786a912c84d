#[[
poolemu_add_driver(NAME SOURCES file... [OPTIN | OPTIN_AUTO] [NTDDI version])

Builds a driver as the shared object NAME.so (on Windows NAME.sys, which is a DLL here), target NAME, linked with the shared poolemu library. A routine that poolemu
does not have is an error of the linker. The driver sees the kernel's headers, not poolemu.h. Static libraries of its own link poolemu::km.

OPTIN       defines POOL_NX_OPTIN=1: DriverEntry calls ExInitializeDriverRuntime(DrvRtPoolNxOptIn)
OPTIN_AUTO  defines POOL_NX_OPTIN_AUTO=1: NonPagedPool means NonPagedPoolNx in this driver
NTDDI       defines NTDDI_VERSION: the oldest Windows that the driver runs on, NTDDI_WIN7 or 0x06010000
]]
cmake_policy(VERSION 3.25)

function(poolemu_add_driver name)
  set(usage "poolemu_add_driver(NAME SOURCES file... [OPTIN | OPTIN_AUTO] [NTDDI version])")
  cmake_parse_arguments(PARSE_ARGV 1 driver "OPTIN;OPTIN_AUTO" "NTDDI" "SOURCES")

  if(driver_UNPARSED_ARGUMENTS)
    list(JOIN driver_UNPARSED_ARGUMENTS " " unknown)
    message(FATAL_ERROR "poolemu_add_driver(${name}): unknown argument: ${unknown}\n"
                        "Remove it, or put the keyword SOURCES in front of source files.\nUsage: ${usage}")
  endif()
  if(NOT driver_SOURCES)
    message(FATAL_ERROR "poolemu_add_driver(${name}): no source files. Name them after SOURCES.\nUsage: ${usage}")
  endif()
  if(driver_OPTIN AND driver_OPTIN_AUTO)
    message(FATAL_ERROR "poolemu_add_driver(${name}): OPTIN and OPTIN_AUTO exclude each other. Keep OPTIN for a driver "
                        "that also runs on Windows before 8, OPTIN_AUTO for Windows 8 and later.\nUsage: ${usage}")
  endif()
  if("NTDDI" IN_LIST driver_KEYWORDS_MISSING_VALUES OR (DEFINED driver_NTDDI AND NOT driver_NTDDI MATCHES
                                                        "^(NTDDI_[A-Z0-9_]+|0[xX][0-9a-fA-F]+)$"))
    message(FATAL_ERROR "poolemu_add_driver(${name}): NTDDI needs one version, a name like NTDDI_WIN7 or a number like "
                        "0x06010000, not '${driver_NTDDI}'.\nUsage: ${usage}")
  endif()
  if(TARGET "${name}")
    message(FATAL_ERROR "poolemu_add_driver(${name}): there is a target of that name already. Choose another name.")
  endif()

  add_library(${name} MODULE ${driver_SOURCES})
  # The loader finds DriverEntry by name, so the driver's functions are visible whatever the project's default is.
  set(suffix .so)
  if(WIN32)
    set(suffix .sys)
  endif()
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ${suffix} C_VISIBILITY_PRESET default
                                           CXX_VISIBILITY_PRESET default)
  target_link_libraries(${name} PRIVATE poolemu::driver)
  if(MSVC)
    target_link_options(${name} PRIVATE /EXPORT:DriverEntry)
  elseif(WIN32)
    target_link_options(${name} PRIVATE LINKER:--export-all-symbols)
  else()
    # -Bsymbolic: as in a Windows image, the driver's own names mean its own functions, whatever is in the process.
    # --no-as-needed: poolemu also serves the static libraries that are named after it.
    target_link_options(${name} PRIVATE LINKER:-Bsymbolic LINKER:--no-as-needed)
  endif()
  poolemu_no_undefined(${name})
  target_compile_definitions(
    ${name} PRIVATE $<$<BOOL:${driver_OPTIN}>:POOL_NX_OPTIN=1> $<$<BOOL:${driver_OPTIN_AUTO}>:POOL_NX_OPTIN_AUTO=1>)
  if(DEFINED driver_NTDDI)
    target_compile_definitions(${name} PRIVATE NTDDI_VERSION=${driver_NTDDI})
  endif()
endfunction()

# Makes an undefined symbol in that shared object an error of the linker.
function(poolemu_no_undefined target)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" build_type)
  if(CMAKE_C_COMPILER_ID MATCHES Clang AND "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${build_type}}" MATCHES "-fsanitize=")
    return() # clang leaves the sanitizer's runtime to the executable, so its symbols are always open here
  endif()
  if(NOT WIN32 AND NOT APPLE)
    target_link_options(${target} PRIVATE LINKER:--no-undefined)
  endif()
endfunction()
