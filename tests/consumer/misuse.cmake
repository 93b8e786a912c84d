# cmake "-DARGUMENTS=..." -P: calls poolemu_add_driver with arguments that it must refuse.
include(${CMAKE_CURRENT_LIST_DIR}/../../cmake/PoolemuAddDriver.cmake)
poolemu_add_driver(misused ${ARGUMENTS})
