// minitape train: one config, one run folder.
#include <iostream>

#include "minitape/text/numbers.hpp"
#include "minitape/text/terminal_text.hpp"
#include "minitape/text/words.hpp"
#include "process.hpp"
#include "subcommands.hpp"

namespace minitape {
namespace {

namespace fs = std::filesystem;

struct TrainArguments {
  ConfigArguments config;
  bool resume = false;

  // With --resume, a run's own config.toml stands for the folder that it lies in.
  fs::path run_folder() const {
    const fs::path file(config.file), own = file.parent_path();
    const bool is_own = resume && config.out.empty() && file.filename() == "config.toml" &&
                        fs::exists(own / "environment.json");
    return !is_own ? config.out_or("") : own.empty() ? "." : own;
  }
};

void print_result(const EpochRecord& last, const Config& config, const fs::path& folder) {
  const std::optional<double> several = RunFolder::views_accuracy(folder);
  std::cout << "test accuracy " << 100 * last.test.accuracy << " %, test loss "
            << significant(last.test.loss) << ", " << last.seconds << " s\n";
  if (several) std::cout << "by " << config.train.views << " views " << 100 * *several << " %\n";
  std::cout << "run folder: " << folder.string() << "\n";
}

// The command that goes on with a run that was stopped.
std::string resume_command(const std::string& program, const fs::path& folder) {
  const std::string config = (folder / "config.toml").string();
  // A name that begins with "-" would be an option.
  return shell_line({program, "train", (config.starts_with('-') ? "./" : "") + config, "--resume"});
}

int run_train(const TrainArguments& arguments, const std::string& program) {
  const Config config = arguments.config.read();
  const fs::path out = arguments.run_folder();
  const bool is_done = arguments.resume && RunFolder::is_complete(out);
  if (is_done && !RunFolder::wants_more_epochs(out, config)) {
    RunFolder::check_config(out, config);
    std::cerr << "minitape: the run in " << out << " is complete: nothing is left to do\n";
    print_result(RunFolder::last_epoch(out).value_or(EpochRecord{}), config, out);
    return 0;
  }
  const Start start = arguments.resume ? Start::resume : Start::fresh;
  RunFolder::check_free(out, start);  // before the data are read
  const TrainTest data = load_and_tell(config);
  catch_stop_signals();
  Progress progress(std::cerr, terminal_columns);
  const TrainOutcome outcome = train(config, data, out, watch_with(progress), start);
  progress.finish();
  if (outcome.interrupted) {
    std::cerr << "minitape: stopped after step " << outcome.steps
              << "; go on with: " << resume_command(program, out) << "\n";
    end_as_stopped();
  }
  if (outcome.divergence) {
    const Divergence& d = *outcome.divergence;
    const std::string what =
        concat("[train] the run diverged at step ", d.step, " (learning rate ", d.learning_rate,
               "): the first value that is not finite is in ", d.where,
               ". What was measured is in ", out, ". Try a smaller optimizer.learning_rate");
    if (config.train.stop_on_divergence) throw Error(what, Fault::run_failed);
    std::cerr << "minitape: " << terminal_lines(what) << "\n";
  }
  print_result(outcome.last, config, out);
  return 0;
}

}  // namespace

void add_train(CLI::App& app, Call& call) {
  const auto arguments = std::make_shared<TrainArguments>();
  CLI::App& sub =
      add_subcommand(app, call, "train", "train a model and measure it after every epoch",
                     [arguments, argv = call.argv] { return run_train(*arguments, argv[0]); });
  sub.footer(R"(
Trains the config's model on the config's data. Progress goes to stderr; the last test accuracy, the
time and the run folder's path to stdout.

Reads the config and the data files. Writes a run folder: config.toml (running that file repeats the
run), metrics.csv (a row per epoch), steps.csv (a row per step), initial.safetensors and
model.safetensors (all weights and running statistics), checkpoint.safetensors (where the run
stands), environment.json, and views.csv where train.views is set. It never writes into a folder
that holds another run. A loss that is no longer finite ends the run, unless
train.stop_on_divergence is false; what was measured until then stays in the folder.

Ctrl-C and SIGTERM finish the step, write the checkpoint and end the program by that signal (a shell
shows 130 or 143); a second one ends it at once. With --resume the run goes on from there, to the
same bits as without a stop. A run can get more epochs in the same way, with a larger train.epochs,
where nothing depends on its length (schedule.name = "constant" or "step", no lookahead).

Examples:
  minitape train apps/configs/digits_cnn.toml
  minitape train apps/configs/digits_cnn.toml --set optimizer.learning_rate=0.01 --out runs/slow
  minitape train runs/slow/config.toml --resume
  minitape train runs/slow/config.toml --resume --set train.epochs=20)");
  add_config(sub, arguments->config);
  sub.add_option("--out", arguments->config.out, "Run folder; made if missing")
      ->type_name("DIR")
      ->default_str("runs/NAME, as in NAME.toml");
  sub.add_flag("--resume", arguments->resume,
               "Go on from the last checkpoint in the run folder; where there is none,\n"
               "begin. CONFIG may be the run's own, DIR/config.toml, and --out is not\n"
               "needed then");
}

}  // namespace minitape
