// What subcommands share: how one is added, the options that several take, how a run is watched.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "minitape/compare/compare.hpp"
#include "minitape/config/config.hpp"
#include "minitape/core/check.hpp"
#include "minitape/run/progress.hpp"
#include "minitape/run/trainer.hpp"

namespace minitape {

// Each adds itself, with its options.
void add_train(CLI::App& app, Call& call);
void add_compare(CLI::App& app, Call& call);
void add_lab(CLI::App& app, Call& call);
void add_predict(CLI::App& app, Call& call);
void add_gradcheck(CLI::App& app, Call& call);
void add_summary(CLI::App& app, Call& call);  // these four in inspect.cpp
void add_graph(CLI::App& app, Call& call);
void add_data(CLI::App& app, Call& call);
void add_bench(CLI::App& app, Call& call);

/// A subcommand that does `run` and has --threads. The caller adds further options and the footer
/// of its page: what it does, reads and writes, then "Examples:", which a test parses. The footer
/// begins with a line end.
CLI::App& add_subcommand(CLI::App& app, Call& call, const std::string& name,
                         const std::string& purpose, const std::function<int()>& run);

/// The arguments that all subcommands with a config take.
struct ConfigArguments {
  std::string file;
  std::vector<std::string> set;
  std::string out;  // for those that write

  Config read() const { return read_config(file, set); }
  std::string name() const { return std::filesystem::path(file).stem().string(); }
  /// --out, else runs/NAME with the suffix.
  std::filesystem::path out_or(const std::string& suffix) const {
    return out.empty() ? "runs/" + name() + suffix : out;
  }
};
/// CONFIG and --set; --set alone.
void add_config(CLI::App& sub, ConfigArguments& arguments);
void add_set(CLI::App& sub, ConfigArguments& arguments);

/// --name N: a whole number in a range, which the help states.
template <class Number>
void add_number(CLI::App& sub, const std::string& name, Number& field, Number least, Number most,
                const std::string& help) {
  sub.add_option(name, field, concat(help, ", from ", least, " to ", most))
      ->type_name("N")
      ->check(CLI::Range(least, most).description(""))
      ->capture_default_str();
}

/// The data of a config. Notes about them, such as images that were left out, go to stderr.
TrainTest load_and_tell(const Config& config);

/// Shows a run on stderr while it goes on, and ends it when a signal asks for that.
TrainWatcher watch_with(Progress& progress);

/// run_variants, shown on stderr. A signal that asks for the end ends the program, once the run in
/// progress has a checkpoint.
std::vector<VariantHistory> train_variants(const std::vector<Variant>& variants, Index seeds,
                                           const std::filesystem::path& out);

}  // namespace minitape
