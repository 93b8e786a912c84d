# libelf reads the images that are audited, libdw the lines of source behind their code. Only their headers are needed
# here: the libraries are loaded when they are.
if(NOT WIN32)
  find_path(POOLEMU_LIBELF_INCLUDE_DIR gelf.h)
  find_path(POOLEMU_LIBDW_INCLUDE_DIR elfutils/libdwfl.h)
  mark_as_advanced(POOLEMU_LIBELF_INCLUDE_DIR POOLEMU_LIBDW_INCLUDE_DIR)
  if(NOT POOLEMU_LIBELF_INCLUDE_DIR)
    message(FATAL_ERROR "poolemu needs the headers of libelf. On Debian: apt-get install libelf-dev. "
                        "Or say where they are: -DPOOLEMU_LIBELF_INCLUDE_DIR=...")
  endif()
  if(NOT POOLEMU_LIBDW_INCLUDE_DIR)
    message(FATAL_ERROR "poolemu needs the headers of libdw. On Debian: apt-get install libdw-dev. "
                        "Or say where they are: -DPOOLEMU_LIBDW_INCLUDE_DIR=...")
  endif()
endif()
