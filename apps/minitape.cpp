// The program: does what a call asks for, and turns what goes wrong into a message and an exit code
// (Fault in core/check.hpp). Results go to stdout, messages and progress to stderr. A run that a
// signal stopped ends by that signal, which shells show as 130 (Ctrl-C) or 143.
#include <csignal>
#include <iostream>
#include <new>

#include "command_line.hpp"
#include "minitape/core/check.hpp"
#include "minitape/core/parallel.hpp"
#include "minitape/text/terminal_text.hpp"
#include "process.hpp"

using namespace minitape;

namespace {

// Sets the number of threads: what the call, else OMP_NUM_THREADS, asks for and the system allows.
void set_threads(const Call& call) {
  set_thread_count(call.threads > 0 ? call.threads : thread_count());  // too many would crash it
  const int threads = startable_threads(thread_count());
  if (threads < thread_count()) {
    std::cerr << "minitape: the system lets this program start " << threads << " of "
              << thread_count() << " threads (ulimit -u, or a container's limit): it goes on with "
              << threads << "\n";
    set_thread_count(threads);
  }
  const bool multiplies = call.subcommand != "summary" && call.subcommand != "data";
  if (multiplies && !has_room_for_blas(threads)) {
    throw Error(concat("[memory] the matrix products need ", 128 * (threads + 1),
                       " MB of address space: the system does not give that much. Raise the limit ",
                       "(ulimit -v)", threads > 1 ? ", or use --threads 1" : ""),
                Fault::run_failed);
  }
}

}  // namespace

int main(int argc, char** argv) {
  spin_less(argv);
  replace_closed_streams();
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error with a message, no crash
  try {
    const Call call = parse_command_line(argc, argv);
    int code = call.exit_code;
    if (call.run) {
      set_threads(call);
      code = call.run();
    }
    if (!std::cout.flush()) throw Error("cannot write the results to stdout", Fault::run_failed);
    return code;
  } catch (const Error& error) {
    std::cerr << "minitape: " << terminal_lines(error.what()) << "\n";
    return static_cast<int>(error.fault());
  } catch (const std::bad_alloc&) {
    std::cerr << "minitape: out of memory: use a smaller train.batch_size, model or data set\n";
  } catch (const std::exception& error) {
    std::cerr << "minitape: " << terminal_lines(error.what()) << "\n";
  }
  return static_cast<int>(Fault::run_failed);
}
