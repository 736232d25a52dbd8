// A stand-in for OpenMP, for machines and compilers that do not have it: -DMINITAPE_OPENMP=OFF puts
// this folder in front of the includes. All loops then run on the thread that calls them.
#pragma once

inline int omp_in_parallel() { return 1; }
inline int omp_get_max_threads() { return 1; }
inline void omp_set_num_threads(int) {}
