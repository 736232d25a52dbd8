#include "stop_signals.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace minitape {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};

// A signal handler is given nothing but the signal's number: what it has to say must be global.
volatile std::sig_atomic_t g_received = 0;

extern "C" void on_signal(int number) {
  if (g_received) _exit(128 + number);
  g_received = number;
  // Only what is allowed in a handler: write, not printf.
  constexpr char kText[] = "\nwill stop after this step or measurement; once more stops at once\n";
  [[maybe_unused]] const auto written = write(STDERR_FILENO, kText, sizeof kText - 1);
}

}  // namespace

StopSignals::StopSignals() {
  g_received = 0;
  // Ctrl-C also ends what this program writes to, as in `minitape train … | tee log`. Then its
  // messages are lost, but not the run.
  std::signal(SIGPIPE, SIG_IGN);
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;  // files that are being written are written to the end
  for (const int number : kSignals) {
    struct sigaction before {};
    sigaction(number, nullptr, &before);
    // Who starts programs in the background may have them ignore signals (nohup): so it stays.
    if (before.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);
  }
}

StopSignals::~StopSignals() {
  for (const int number : kSignals) {
    struct sigaction now {};
    sigaction(number, nullptr, &now);
    if (now.sa_handler == on_signal) std::signal(number, SIG_DFL);
  }
}

bool StopSignals::received() const {
  return g_received != 0;
}

void StopSignals::end_program() const {
  const int number = g_received;
  std::signal(number, SIG_DFL);
  std::raise(number);
  std::_Exit(128 + number);
}

}  // namespace minitape
