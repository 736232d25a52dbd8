# What `cmake --install` puts where, and the package that find_package(minitape) finds:
#
#   bin/                 minitape and, for gradcheck, minitape_f64
#   include/minitape/    the headers
#   lib/                 the libraries, with the package in lib/cmake/minitape
#   share/minitape/      the configs and the licence
#
# No file holds the prefix, so the installed folder can be moved.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/minitape)

# The libraries, as minitape::minitape, minitape::data and minitape::experiment.
install(TARGETS minitape minitape_data minitape_experiment EXPORT minitape
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT minitape NAMESPACE minitape:: FILE minitape-targets.cmake
  DESTINATION ${package_folder})
install(DIRECTORY include/minitape TYPE INCLUDE)

# The package. Versions that differ in more than the last number may differ in their functions.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/minitape-config-version.cmake
  COMPATIBILITY SameMinorVersion)
configure_file(apps/minitape-config.cmake ${PROJECT_BINARY_DIR}/minitape-config.cmake @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/minitape-config.cmake
  ${PROJECT_BINARY_DIR}/minitape-config-version.cmake
  DESTINATION ${package_folder})

# The command.
if(MINITAPE_APPS)
  install(TARGETS minitape_command minitape_command_f64)
  install(DIRECTORY apps/configs DESTINATION ${CMAKE_INSTALL_DATADIR}/minitape)
endif()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/minitape)
