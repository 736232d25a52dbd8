// What a run ran on: the facts without which its figures mean little (environment.json).
#pragma once

#include <string>

namespace minitape {

struct Environment {
  std::string version;           // of minitape
  std::string compiler;          // "GNU 12.2.0"
  std::string flags;             // that the sources were compiled with
  std::string build_type;        // "Release"
  std::string precision;         // of Real: "float" or "double"
  std::string blas;              // "OpenBLAS"
  std::string blas_core;         // the processor whose kernels OpenBLAS uses: "SkylakeX"
  std::string forced_blas_core;  // OPENBLAS_CORETYPE, which can force slow kernels; "" if unset
  int threads = 0;               // that the loops use
  std::string cpu;               // the processor's own name, "" where the system does not tell
  std::string os;                // "Debian GNU/Linux 12 (bookworm), Linux 6.1.0 x86_64"
  std::string date;              // of the call, in UTC: "2026-03-01T12:34:56Z"
  std::string command;           // that started the program, as a line of a shell; "" where unknown
};

/// The facts of this program, this machine and this moment.
Environment environment();

/// As a JSON object, one fact a line, with a newline at the end.
std::string environment_json(const Environment& environment);

/// The same object with the facts of a process that goes on with the run added to the list
/// "resumed": other kernels or threads of another build would show there. Text that is no JSON
/// object is replaced.
std::string with_resumed(const std::string& json, const Environment& environment);

}  // namespace minitape
