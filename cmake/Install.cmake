# cmake --install: headers, both libraries, the command, the CMake package and the pkg-config file.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/poolemu)

# In a folder of their own: /usr/include/ntdef.h could well be somebody else's.
install(DIRECTORY include/poolemu/ include/km DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/poolemu)
install(TARGETS poolemu_static poolemu_shared poolemu_usage poolemu_km poolemu_driver EXPORT poolemu)
file(RELATIVE_PATH bin_to_lib ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
set_target_properties(poolemu_tool PROPERTIES INSTALL_RPATH "$ORIGIN/${bin_to_lib}")
install(TARGETS poolemu_tool)
install(FILES docs/poolemu.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)

install(EXPORT poolemu NAMESPACE poolemu:: FILE poolemuTargets.cmake DESTINATION ${package_dir})
configure_package_config_file(cmake/poolemuConfig.cmake.in poolemuConfig.cmake INSTALL_DESTINATION ${package_dir})
# As the soname: see emu/CMakeLists.txt.
set(compatibility SameMajorVersion)
if(PROJECT_VERSION_MAJOR EQUAL 0)
  set(compatibility SameMinorVersion)
endif()
write_basic_package_version_file(poolemuConfigVersion.cmake COMPATIBILITY ${compatibility})
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/poolemuConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/poolemuConfigVersion.cmake
              cmake/PoolemuAddDriver.cmake DESTINATION ${package_dir})

# Relative to its own place where it can be, so that the tree may be moved.
list(JOIN POOLEMU_USAGE_FLAGS " " POOLEMU_PC_CFLAGS)
file(RELATIVE_PATH PC_PREFIX ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
foreach(dir IN ITEMS INCLUDEDIR LIBDIR)
  cmake_path(IS_ABSOLUTE CMAKE_INSTALL_${dir} absolute)
  set(PC_${dir} ${CMAKE_INSTALL_${dir}})
  if(NOT absolute)
    string(PREPEND PC_${dir} "\${prefix}/")
  endif()
endforeach()
string(APPEND PC_INCLUDEDIR /poolemu)
configure_file(cmake/poolemu.pc.in poolemu.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/poolemu.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
