# libelf reads the images that are audited. Only its headers are needed here: the library is loaded when it is.
if(NOT WIN32)
  find_path(POOLEMU_LIBELF_INCLUDE_DIR gelf.h)
  mark_as_advanced(POOLEMU_LIBELF_INCLUDE_DIR)
  if(NOT POOLEMU_LIBELF_INCLUDE_DIR)
    message(FATAL_ERROR "poolemu needs the headers of libelf. On Debian: apt-get install libelf-dev. "
                        "Or say where they are: -DPOOLEMU_LIBELF_INCLUDE_DIR=...")
  endif()
endif()
