// The command: minitape train | compare | summary | gradcheck | bench.
//
// Results go to stdout, messages and progress to stderr. Exit codes: 0 done; 1 the run failed (it
// diverged, or the disk did); 2 bad input (the call, the config, the data).
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <new>

#include "minitape/core/parallel.hpp"
#include "minitape/experiment/benchmark.hpp"
#include "minitape/experiment/build.hpp"
#include "minitape/experiment/compare.hpp"
#include "minitape/experiment/gradcheck.hpp"
#include "minitape/experiment/nearest.hpp"
#include "minitape/experiment/profile.hpp"
#include "minitape/experiment/progress.hpp"
#include "minitape/experiment/report.hpp"
#include "minitape/experiment/trainer.hpp"
#include "minitape/nn/summary.hpp"

namespace fs = std::filesystem;
using namespace minitape;

namespace {

// What the subcommands are given.
struct Arguments {
  std::string config;
  std::vector<std::string> set;
  std::vector<std::string> vary{"model.batch_norm=false,true"};
  std::string out;
  int threads = 0;  // 0: one per processor
  Index seeds = 1;
  Index steps = 20;
  bool json = false, profile = false;
  ModelCheckOptions check;

  Config read() const { return read_config(config, set); }
  // runs/NAME unless --out says otherwise; NAME is the config file's.
  fs::path out_or(const std::string& suffix) const {
    return out.empty() ? fs::path("runs") / (fs::path(config).stem().string() + suffix)
                       : fs::path(out);
  }
};

// ---- train ----

// Shows a run on stderr while it goes on.
TrainWatcher watch_with(Progress& progress) {
  return {.on_step =
              [&](const StepRecord& step, Index images, Index total) {
                progress.step(step.step, total, step.epoch, step.loss, step.accuracy, images);
              },
          .on_epoch =
              [&](const EpochRecord& epoch) {
                progress.message(concat("epoch ", epoch.epoch, ": train loss ", epoch.train.loss,
                                        ", test loss ", epoch.test.loss, ", test accuracy ",
                                        100 * epoch.test.accuracy, " %"));
              }};
}

int run_train(const Arguments& arguments) {
  const Config config = arguments.read();
  const fs::path out = arguments.out_or("");
  MINITAPE_CHECK(!RunFolder::holds_run(out), "[train] ", out,
                 " holds another run: name a new folder with --out, or remove this one");
  const TrainTest data = load_data(build_source(config));
  Progress progress(std::cerr, isatty(STDERR_FILENO) != 0);
  const TrainOutcome outcome = train(config, data, out, watch_with(progress));
  progress.finish();
  if (outcome.divergence) {
    const Divergence& d = *outcome.divergence;
    const std::string what =
        concat("[train] the run diverged at step ", d.step, " (learning rate ", d.learning_rate,
               "): the first value that is not finite is in ", d.where,
               ". What was measured is in ", out, ". Try a smaller optimizer.learning_rate");
    if (config.train.stop_on_divergence) throw Error(what, Fault::run_failed);
    std::cerr << "minitape: " << what << "\n";
  }
  std::cout << "test accuracy " << 100 * outcome.last.test.accuracy << " %, test loss "
            << outcome.last.test.loss << ", " << outcome.seconds << " s\n"
            << "run folder: " << out.string() << "\n";
  return 0;
}

// ---- compare ----

int run_compare(const Arguments& arguments) {
  std::vector<Variation> variations;
  for (const std::string& text : arguments.vary) variations.push_back(parse_variation(text));
  const auto variants = make_variants(arguments.config, arguments.set, variations);
  const Fairness fairness = check_fair(variants, variations, arguments.seeds);
  std::cout << fairness.sentence << "\n" << std::flush;

  const CompareOptions options{.seeds = arguments.seeds, .out = arguments.out_or("_compare")};
  Progress progress(std::cerr, isatty(STDERR_FILENO) != 0);
  const auto histories = run_variants(variants, options, [&](const std::string& announcement) {
    progress.start(announcement);
    return watch_with(progress);
  });
  progress.finish();
  report(histories, fairness, options.out, std::cout);
  return 0;
}

// ---- summary and bench ----

int run_summary(const Arguments& arguments) {
  const Config config = arguments.read();
  const Shape input = input_shape(config);
  std::cout << summarize(build_model(config, input), input).to_string();
  return 0;
}

int run_bench(const Arguments& arguments) {
  if (arguments.profile) {
    std::cout << profile(arguments.read(), arguments.config, arguments.steps).to_text();
    return 0;
  }
  const BenchmarkResult result = benchmark(arguments.read(), arguments.config, arguments.steps);
  std::cout << (arguments.json ? result.to_json() : result.to_text());
  return 0;
}

// ---- gradcheck ----

// Differences need double precision. The same command built with it lies beside this one under the
// name minitape_f64 and takes over, with the same arguments.
[[noreturn]] void continue_in_double(char** argv) {
  const fs::path program = fs::read_symlink("/proc/self/exe").parent_path() / "minitape_f64";
  execv(program.c_str(), argv);
  throw Error(concat("[gradcheck] needs the command in double precision: cannot start ", program,
                     ". Build all targets"),
              Fault::run_failed);
}

int run_gradcheck(const Arguments& arguments) {
  const ModelCheck check = check_model(arguments.config, arguments.read(), arguments.check);
  std::cout << check.to_string();
  return check.passed() ? 0 : static_cast<int>(Fault::run_failed);
}

// ---- The command line ----

void add_config(CLI::App& command, Arguments& arguments) {
  command.add_option("config", arguments.config, "Config file (TOML)")->required();
  command
      .add_option("--set", arguments.set,
                  "Replace a key of the config, as in --set train.epochs=3. Can be repeated.")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->take_all();
  command.add_option("--threads", arguments.threads, "Threads; default: one per processor")
      ->check(CLI::Range(1, 1024));
}

int run(int argc, char** argv) {
  Arguments arguments;
  int (*command)(const Arguments&) = nullptr;
  CLI::App app{"minitape: train classifiers with and without batch normalization"};
  app.require_subcommand(1);

  CLI::App* train = app.add_subcommand("train", "Train a model and measure it after every epoch");
  add_config(*train, arguments);
  train->add_option("--out", arguments.out, "Run folder; default: runs/NAME")->type_name("DIR");
  train->callback([&] { command = run_train; });

  CLI::App* compare = app.add_subcommand(
      "compare", "Train variants that differ in one key and lay them side by side");
  add_config(*compare, arguments);
  compare
      ->add_option("--vary", arguments.vary,
                   "Key and values; default: model.batch_norm=false,true. Can be repeated.")
      ->type_name("KEY=V1,V2")
      ->expected(1)
      ->take_all();
  compare->add_option("--seeds", arguments.seeds, "Train each variant with so many seeds")
      ->check(CLI::Range(1, 1000));
  compare->add_option("--out", arguments.out, "Folder; default: runs/NAME_compare")
      ->type_name("DIR");
  compare->callback([&] { command = run_compare; });

  CLI::App* summary = app.add_subcommand("summary", "Show the layers, their shapes and parameters");
  add_config(*summary, arguments);
  summary->callback([&] { command = run_summary; });

  CLI::App* gradcheck = app.add_subcommand(
      "gradcheck", "Check the model's gradients against differences, in double precision");
  add_config(*gradcheck, arguments);
  const std::map<std::string, Probe> probes{
      {"random", Probe::random}, {"sum", Probe::sum}, {"squares", Probe::squares}};
  ModelCheckOptions& check = arguments.check;
  gradcheck->add_option("--batch", check.batch_size, "Images; default: 5")
      ->check(CLI::Range(1, 10000));
  gradcheck
      ->add_option("--entries", check.check.max_entries,
                   "Of larger tensors, check a random sample of this size; default: 20")
      ->check(CLI::Range(1, 1000000));
  gradcheck->add_option("--step", check.check.step, "Step h of the differences; default: 1e-5")
      ->check(CLI::Range(1e-12, 1.0));
  gradcheck
      ->add_option("--probe", check.check.probe,
                   "Loss: random (a randomly weighted sum of the outputs y; default), sum (of y) "
                   "or squares (the sum of y squared); the last two hide mistakes")
      ->transform(CLI::CheckedTransformer(probes).description(""))
      ->type_name("random|sum|squares");
  gradcheck->callback([&] { command = run_gradcheck; });

  CLI::App* bench = app.add_subcommand("bench", "Time training and prediction on random input");
  add_config(*bench, arguments);
  bench->add_option("--steps", arguments.steps, "Steps to measure; default: 20")
      ->check(CLI::Range(1, 100000));
  CLI::Option* json = bench->add_flag("--json", arguments.json, "Print one JSON object");
  bench
      ->add_flag("--profile", arguments.profile,
                 "Show where a training step goes: each layer and direction, against the machine's "
                 "own speed in arithmetic and in memory")
      ->excludes(json);
  bench->callback([&] { command = run_bench; });

  // CLI11 would only say that a subcommand is missing.
  if (argc > 1 && argv[1][0] != '-') {
    const std::vector<std::string> names{"train", "compare", "summary", "gradcheck", "bench"};
    const bool known = std::find(names.begin(), names.end(), argv[1]) != names.end();
    const std::string near = nearest(argv[1], names);
    MINITAPE_CHECK(known, "there is no subcommand \"", argv[1], "\"",
                   near.empty() ? "" : ": did you mean \"" + near + "\"?",
                   " (minitape --help lists all)");
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(Fault::bad_input);
  }
  if (gradcheck->parsed() && sizeof(Real) != sizeof(double)) continue_in_double(argv);
  // Also what OMP_NUM_THREADS asks for is checked: too many threads would crash the program.
  set_thread_count(arguments.threads > 0 ? arguments.threads : thread_count());
  return command(arguments);
}

// A standard stream that the caller has closed would give its number to the next file that is
// opened, and messages would end up between the rows of steps.csv.
void replace_closed_streams() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(number, F_GETFD) < 0) open("/dev/null", O_RDWR);  // takes the lowest free number
  }
}

}  // namespace

int main(int argc, char** argv) {
  replace_closed_streams();
  try {
    const int code = run(argc, argv);
    if (!std::cout.flush()) throw Error("cannot write the results to stdout", Fault::run_failed);
    return code;
  } catch (const Error& error) {
    std::cerr << "minitape: " << error.what() << "\n";
    return static_cast<int>(error.fault());
  } catch (const std::bad_alloc&) {
    std::cerr << "minitape: out of memory: try a smaller train.batch_size or a smaller model\n";
  } catch (const std::exception& error) {
    std::cerr << "minitape: " << error.what() << "\n";
  }
  return static_cast<int>(Fault::run_failed);
}
