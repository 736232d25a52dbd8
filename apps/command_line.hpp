// The command line: what each subcommand can be given.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "minitape/config/config.hpp"
#include "minitape/tools/gradcheck.hpp"

namespace CLI {
class App;
}

namespace minitape {

/// What the subcommands are given.
struct Arguments {
  std::string program = "minitape";  // as it was called
  std::string config;
  std::vector<std::string> set;
  std::vector<std::string> vary{"model.batch_norm=false,true"};
  std::string out;
  int threads = 0;  // 0: one per processor
  Index seeds = 1;
  Index steps = 20;
  bool json = false, profile = false, resume = false;
  ModelCheckOptions check;
  std::string folder;               // predict: of the run
  std::vector<std::string> images;  // predict
  bool as_is = false, fold = false;

  /// The call of compare without --out and --threads, which change no result.
  std::vector<std::string> compare_command() const;
  Config read() const { return read_config(config, set); }
  // runs/NAME unless --out says otherwise; NAME is the config file's.
  std::filesystem::path out_or(const std::string& suffix) const {
    return out.empty() ? std::filesystem::path("runs") /
                             (std::filesystem::path(config).stem().string() + suffix)
                       : std::filesystem::path(out);
  }
  // Of train. A run's own config resumes the run that it lies in.
  std::filesystem::path run_folder() const {
    const std::filesystem::path file(config), own = file.parent_path();
    const bool is_own = resume && out.empty() && file.filename() == "config.toml" &&
                        std::filesystem::exists(own / "environment.json");
    return !is_own ? out_or("") : own.empty() ? "." : own;
  }
};

/// What the call asks for. Without a subcommand all is done (--help, or a message about what was
/// wrong), and the program ends with `exit_code`.
struct Call {
  std::string subcommand;  // "train"
  Arguments arguments;
  int exit_code = 0;
};

Call parse_command_line(int argc, char** argv);

/// All subcommands with their options and manual pages. Parsing with `app` fills `call`.
void add_subcommands(CLI::App& app, Call& call);

}  // namespace minitape
