# libelf reads the images that are audited. Only its headers are needed here: the library is loaded when it is.
if(NOT WIN32)
  if(CMAKE_CROSSCOMPILING)
    # This machine's are as good as the other's, without all else that is in their folder.
    find_path(POOLEMU_LIBELF_OF_THIS_MACHINE gelf.h NO_CMAKE_FIND_ROOT_PATH)
    mark_as_advanced(POOLEMU_LIBELF_OF_THIS_MACHINE)
    if(POOLEMU_LIBELF_OF_THIS_MACHINE)
      file(COPY ${POOLEMU_LIBELF_OF_THIS_MACHINE}/gelf.h ${POOLEMU_LIBELF_OF_THIS_MACHINE}/libelf.h
           DESTINATION ${PROJECT_BINARY_DIR}/libelf)
    endif()
    find_path(POOLEMU_LIBELF_INCLUDE_DIR gelf.h PATHS ${PROJECT_BINARY_DIR}/libelf NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
  else()
    find_path(POOLEMU_LIBELF_INCLUDE_DIR gelf.h)
  endif()
  mark_as_advanced(POOLEMU_LIBELF_INCLUDE_DIR)
  if(NOT POOLEMU_LIBELF_INCLUDE_DIR)
    message(FATAL_ERROR "poolemu needs the headers of libelf. On Debian: apt-get install libelf-dev. "
                        "Or say where they are: -DPOOLEMU_LIBELF_INCLUDE_DIR=...")
  endif()
endif()
