// The command: minitape train | compare | data | summary | gradcheck | bench | predict.
//
// Results go to stdout, messages and progress to stderr. Exit codes: 0 done; 1 the run failed (it
// diverged, or the disk did); 2 bad input (the call, the config, the data). A run that a signal
// stopped ends by that signal, which shells show as 130 (Ctrl-C) or 143.
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <iostream>
#include <map>
#include <new>

#include "command_line.hpp"
#include "minitape/compare/compare.hpp"
#include "minitape/compare/report.hpp"
#include "minitape/config/build.hpp"
#include "minitape/core/parallel.hpp"
#include "minitape/run/progress.hpp"
#include "minitape/run/trainer.hpp"
#include "minitape/text/files.hpp"
#include "minitape/text/numbers.hpp"
#include "minitape/text/shell.hpp"
#include "minitape/text/terminal_text.hpp"
#include "minitape/tools/benchmark.hpp"
#include "minitape/tools/contact_sheet.hpp"
#include "minitape/tools/memory.hpp"
#include "minitape/tools/profile.hpp"
#include "minitape/tools/summary.hpp"
#include "predict.hpp"
#include "process.hpp"
#include "stop_signals.hpp"

namespace fs = std::filesystem;
using namespace minitape;

namespace {

// What a user should know about the data goes to stderr.
TrainTest load_and_tell(const Config& config) {
  TrainTest data = load_data(build_source(config));
  for (const std::string& note : data.notes)
    std::cerr << "minitape: " << terminal_lines(note) << "\n";
  return data;
}

// ---- train ----

// The config in a run folder, as an argument: a name that begins with "-" would be an option.
std::string own_config(const fs::path& folder) {
  const std::string path = (folder / "config.toml").string();
  return path.starts_with('-') ? "./" + path : path;
}

// Shows a run on stderr while it goes on, and ends it where a signal asks for that.
TrainWatcher watch_with(Progress& progress, const StopSignals& signals) {
  return {.on_step =
              [&](const StepRecord& step, Index images, Index total) {
                progress.step(step.step, total, step.epoch, step.loss, step.accuracy, images);
              },
          .on_epoch =
              [&](const EpochRecord& epoch) {
                progress.message(concat("epoch ", epoch.epoch, ": train loss ",
                                        significant(epoch.train.loss), ", test loss ",
                                        significant(epoch.test.loss), ", test accuracy ",
                                        100 * epoch.test.accuracy, " %"));
              },
          .wants_to_stop = [&] { return signals.received(); }};
}

void print_result(const EpochRecord& last, const fs::path& folder) {
  std::cout << "test accuracy " << 100 * last.test.accuracy << " %, test loss "
            << significant(last.test.loss) << ", " << last.seconds << " s\n"
            << "run folder: " << folder.string() << "\n";
}

int run_train(const Arguments& arguments) {
  const Config config = arguments.read();
  const fs::path out = arguments.run_folder();
  if (arguments.resume && RunFolder::is_complete(out)) {
    RunFolder::check_config(out, config);
    std::cerr << "minitape: the run in " << out << " is complete: nothing is left to do\n";
    print_result(RunFolder::last_epoch(out).value_or(EpochRecord{}), out);
    return 0;
  }
  const Start start = arguments.resume ? Start::resume : Start::fresh;
  RunFolder::check_free(out, start);  // before the data are read
  const TrainTest data = load_and_tell(config);
  const StopSignals signals;
  Progress progress(std::cerr, isatty(STDERR_FILENO) != 0);
  const TrainOutcome outcome = train(config, data, out, watch_with(progress, signals), start);
  progress.finish();
  if (outcome.interrupted) {
    std::cerr << "minitape: stopped after step " << outcome.steps << "; go on with: "
              << shell_line({arguments.program, "train", own_config(out), "--resume"}) << "\n";
    signals.end_program();
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
  print_result(outcome.last, out);
  return 0;
}

// ---- compare ----

int run_compare(const Arguments& arguments) {
  std::vector<Variation> variations;
  for (const std::string& text : arguments.vary) variations.push_back(parse_variation(text));
  const auto variants = make_variants(arguments.config, arguments.set, variations);
  const Fairness fairness = check_fair(variants, variations, arguments.seeds);
  std::cout << fairness.sentence << "\n" << std::flush;

  const StopSignals signals;
  Progress progress(std::cerr, isatty(STDERR_FILENO) != 0);
  const CompareOptions options{
      .seeds = arguments.seeds,
      .out = arguments.out_or("_compare"),
      .tell = [&progress](const std::string& note) { progress.message("minitape: " + note); }};
  const auto histories = run_variants(variants, options, [&](const std::string& announcement) {
    progress.start(announcement);
    return watch_with(progress, signals);
  });
  progress.finish();
  if (signals.received()) {
    std::cerr << "minitape: stopped; the same command goes on from here\n";
    signals.end_program();
  }
  const Experiment experiment{.name = fs::path(arguments.config).stem().string(),
                              .variations = variations,
                              .config = variants.front().config,
                              .fairness = fairness,
                              .command = arguments.compare_command()};
  report(experiment, histories, options.out, std::cout);
  return 0;
}

// ---- data ----

int run_data(const Arguments& arguments) {
  const Config config = arguments.read();
  const fs::path out = arguments.out_or("_data.png");
  MINITAPE_CHECK(out.extension() == ".png", "[data] --out must end in .png: got ", out);
  const TrainTest data = load_and_tell(config);
  std::cout << describe_data(config, data);
  const std::string sheet = encode_png(contact_sheet(config, data.train));
  std::error_code ignored;  // writing says what is wrong
  if (out.has_parent_path()) fs::create_directories(out.parent_path(), ignored);
  write_atomically(out, sheet);
  std::cout << "\ncontact sheet: " << out.string() << "\n";
  return 0;
}

// ---- summary and bench ----

int run_summary(const Arguments& arguments) {
  const Config config = arguments.read();
  const Shape input = input_shape(config);
  const Summary summary = summarize(build_model(config, input), input);
  std::cout << summary.to_string() << "\n" << estimate_memory(summary, config).to_text();
  return 0;
}

int run_bench(const Arguments& arguments) {
  const Config config = arguments.read();
  if (arguments.profile) {
    std::cout << profile(config, arguments.config, arguments.steps).to_text();
    return 0;
  }
  const BenchmarkResult result = benchmark(config, arguments.config, arguments.steps);
  std::cout << (arguments.json ? result.to_json() : result.to_text());
  return 0;
}

// ---- gradcheck ----

// Differences need double precision. The same command built with it lies beside this one under the
// name minitape_f64 and takes over, with the same arguments.
[[noreturn]] void continue_in_double(char** argv) {
  const fs::path folder = fs::read_symlink("/proc/self/exe").parent_path();
  const fs::path program = folder / "minitape_f64";
  execv(program.c_str(), argv);
  throw Error(
      concat("[gradcheck] needs the command in double precision, and cannot start ", program,
             ": build it with cmake --build ", folder, " --target minitape_command_f64"),
      Fault::run_failed);
}

int run_gradcheck(const Arguments& arguments) {
  const Config config = arguments.read();
  const ModelCheck check = check_model(arguments.config, config, arguments.check);
  std::cout << check.to_string();
  return check.passed() ? 0 : static_cast<int>(Fault::run_failed);
}

// ---- The program ----

int run(const Call& call, char** argv) {
  if (call.subcommand.empty()) return call.exit_code;
  if (call.subcommand == "gradcheck" && sizeof(Real) != sizeof(double)) continue_in_double(argv);
  // Also what OMP_NUM_THREADS asks for is checked: too many threads would crash the program.
  const int threads = call.arguments.threads;
  set_thread_count(threads > 0 ? threads : thread_count());
  const std::map<std::string, int (*)(const Arguments&)> subcommands{
      {"train", run_train},     {"compare", run_compare},     {"data", run_data},
      {"summary", run_summary}, {"gradcheck", run_gradcheck}, {"bench", run_bench},
      {"predict", run_predict}};
  return subcommands.at(call.subcommand)(call.arguments);
}

}  // namespace

int main(int argc, char** argv) {
  spin_less(argv);
  replace_closed_streams();
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error with a message, no crash
  try {
    const int code = run(parse_command_line(argc, argv), argv);
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
