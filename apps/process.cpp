#include "process.hpp"

#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <latch>
#include <system_error>
#include <thread>
#include <vector>

namespace minitape {

void spin_less(char** argv) {
  // The user's settings stay. Where threads are bound to processors, the first one is bound by now,
  // and a program started from here would have that processor alone.
  for (const char* const chosen :
       {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY"}) {
    if (std::getenv(chosen)) return;
  }
  // Without a loader's address this process is the loader itself (ld.so PROGRAM): started again, it
  // would take the first argument for a program.
  if (getauxval(AT_BASE) == 0) return;
  setenv("GOMP_SPINCOUNT", "1000", 1);
  std::error_code unreadable;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", unreadable);
  execv(program.c_str(), argv);  // returns only where it fails; then it goes on as it is
}

int startable_threads(int wanted) {
  std::latch all_tried(1);
  std::vector<std::jthread> threads;
  try {
    while (std::ssize(threads) < wanted - 1) threads.emplace_back([&] { all_tried.wait(); });
  } catch (const std::system_error&) {
    // The system gives no more than these.
  }
  all_tried.count_down();
  return static_cast<int>(threads.size()) + 1;
}

bool has_room_for_blas(int threads) {
  // 128 MB a thread, and as much once more for the threads' stacks and their parts of the heap.
  const auto bytes = static_cast<std::size_t>(threads + 1) << 27;
  void* const room =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return room != MAP_FAILED && munmap(room, bytes) == 0;
}

std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void replace_closed_streams() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(number, F_GETFD) < 0) open("/dev/null", O_RDWR);  // takes the lowest free number
  }
}

// ---- Signals ----

namespace {

// Global, because a signal handler gets nothing but the signal's number.
volatile std::sig_atomic_t g_received = 0;

extern "C" void on_signal(int number) {
  if (g_received) _exit(128 + number);
  g_received = number;
  // Only what is allowed in a handler: write, not printf.
  constexpr char kText[] = "\nwill stop after this step or measurement; once more stops at once\n";
  [[maybe_unused]] const auto written = write(STDERR_FILENO, kText, sizeof kText - 1);
}

}  // namespace

void catch_stop_signals() {
  // Ctrl-C also ends what this program writes to, as in `minitape train … | tee log`. Then its
  // messages are lost, but not the run.
  std::signal(SIGPIPE, SIG_IGN);
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;  // files that are being written are written to the end
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    sigaction(number, nullptr, &before);
    // A signal that the caller has us ignore (nohup) stays ignored.
    if (before.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);
  }
}

bool stop_requested() { return g_received != 0; }

void end_as_stopped() {
  const int number = g_received;
  std::signal(number, SIG_DFL);
  std::raise(number);
  std::_Exit(128 + number);
}

}  // namespace minitape
