# libelf reads the images that are audited, libdw the lines of source behind their code. Only their headers are needed
# here: the libraries are loaded when they are.
if(NOT WIN32)
  if(CMAKE_CROSSCOMPILING)
    # This machine's are as good as the other's, without all else that is in their folder.
    find_path(POOLEMU_LIBELF_OF_THIS_MACHINE gelf.h NO_CMAKE_FIND_ROOT_PATH)
    mark_as_advanced(POOLEMU_LIBELF_OF_THIS_MACHINE)
    if(POOLEMU_LIBELF_OF_THIS_MACHINE)
      file(COPY ${POOLEMU_LIBELF_OF_THIS_MACHINE}/gelf.h ${POOLEMU_LIBELF_OF_THIS_MACHINE}/libelf.h
           DESTINATION ${PROJECT_BINARY_DIR}/libelf)
      if(EXISTS ${POOLEMU_LIBELF_OF_THIS_MACHINE}/elfutils)
        file(COPY ${POOLEMU_LIBELF_OF_THIS_MACHINE}/dwarf.h ${POOLEMU_LIBELF_OF_THIS_MACHINE}/elfutils
             DESTINATION ${PROJECT_BINARY_DIR}/libelf)
      endif()
    endif()
    find_path(POOLEMU_LIBELF_INCLUDE_DIR gelf.h PATHS ${PROJECT_BINARY_DIR}/libelf NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
    find_path(POOLEMU_LIBDW_INCLUDE_DIR elfutils/libdwfl.h PATHS ${PROJECT_BINARY_DIR}/libelf
              NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
  else()
    find_path(POOLEMU_LIBELF_INCLUDE_DIR gelf.h)
    find_path(POOLEMU_LIBDW_INCLUDE_DIR elfutils/libdwfl.h)
  endif()
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
