#include "process.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace minitape {

void spin_less(char** argv) {
  // What the user has set stays. And where threads are bound to processors, the first one is bound
  // by now: a program started from here would have that processor alone.
  for (const char* const chosen :
       {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY"}) {
    if (std::getenv(chosen)) return;
  }
  setenv("GOMP_SPINCOUNT", "1000", 1);
  std::error_code unreadable;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", unreadable);
  execv(program.c_str(), argv);  // returns only where it fails; then it goes on as it is
}

void replace_closed_streams() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(number, F_GETFD) < 0) open("/dev/null", O_RDWR);  // takes the lowest free number
  }
}

}  // namespace minitape
