// What a run ran on: the facts without which its figures mean little (environment.json).
#pragma once

#include <string>

namespace minitape {

/// The version of minitape.
std::string version();

/// The facts of this program, this machine and this moment as a JSON object, one fact a line:
///
///   version, compiler, flags, build_type   of the program
///   precision                              of Real: "float" or "double"
///   blas, blas_core                        the processor whose kernels OpenBLAS uses: "SkylakeX"
///   threads                                that the loops use
///   cpu, os, date, command                 date in UTC; command as a line of a shell
///   data                                   what the run began with: see data_checksum
///   OPENBLAS_CORETYPE                      where it is set: it can force slow kernels
std::string environment_json(const std::string& data);

/// The object `before` with the facts of a process that goes on with its run, added to its list
/// "resumed": other kernels or threads of another build would show there. Text that is no JSON
/// object is replaced by the new facts, but for the data that the run began with.
std::string with_resumed(const std::string& before, const std::string& data);

/// The data in such an object; "" where it is damaged or was written before data had a checksum.
std::string data_in_environment(const std::string& json);

}  // namespace minitape
