// The command line: parses the words of a call into what is to be done.
//
// The room apps/ is the command: it parses, calls the library and prints. minitape.cpp is the
// program. train.cpp, compare.cpp, predict.cpp, gradcheck.cpp and inspect.cpp (summary, data,
// bench) hold the subcommands: what each does, its options and its page of help. subcommands.hpp is
// what they share, process.hpp is about this program as a process. The room may include everything,
// and nothing includes it. (configs/ are configs to start from, examples/ programs without any.)
#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace minitape {

/// What a call asks for.
struct Call {
  char** argv = nullptr;     // the call itself, ended by a null pointer
  std::string subcommand;    // "train"
  std::function<int()> run;  // does it; returns the exit code
  int threads = 0;           // 0: OMP_NUM_THREADS, else one per processor
  int exit_code = 0;         // where there is nothing to run: --help, or a message about an error
};

Call parse_command_line(int argc, char** argv);

/// All subcommands with their options and pages of help. Parsing with `app` fills `call`.
void add_subcommands(CLI::App& app, Call& call);

}  // namespace minitape
