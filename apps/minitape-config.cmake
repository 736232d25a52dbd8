# For find_package(minitape): finds what the libraries need when a program is linked with them, then
# defines minitape::minitape (tensors, tape, layers, optimizer), minitape::data (data sets and
# batches) and minitape::experiment (configs, trainer, run folders). Each brings the ones before.
include(CMakeFindDependencyMacro)
if(@MINITAPE_OPENMP@)
  find_dependency(OpenMP COMPONENTS CXX)
endif()
find_dependency(Threads)
find_dependency(ZLIB)
find_dependency(tomlplusplus)

# OpenBLAS has no package of one name everywhere, so it gets a target here.
if("@MINITAPE_BLAS@" STREQUAL "openblas")
  find_library(MINITAPE_OPENBLAS openblas)
endif()
if("@MINITAPE_BLAS@" STREQUAL "openblas" AND NOT MINITAPE_OPENBLAS)
  set(minitape_FOUND FALSE)
  set(minitape_NOT_FOUND_MESSAGE "minitape needs OpenBLAS: install libopenblas-dev")
  return()
endif()
if(MINITAPE_OPENBLAS AND NOT TARGET minitape::openblas)
  add_library(minitape::openblas INTERFACE IMPORTED)
  target_link_libraries(minitape::openblas INTERFACE ${MINITAPE_OPENBLAS})
endif()

include(${CMAKE_CURRENT_LIST_DIR}/minitape-targets.cmake)
