#include "subcommands.hpp"

#include <iostream>

#include "minitape/config/build.hpp"
#include "minitape/text/numbers.hpp"
#include "minitape/text/terminal_text.hpp"
#include "stop_signals.hpp"

namespace minitape {

void set_page(CLI::App& app, const Page& page) {
  app.description(page.purpose);
  app.footer(page.text.substr(1) + R"(

Exit codes:
  0                   Done.
  1                   )" +
             page.failure + R"(
  2                   Bad input: the call, the config or a file that it names. The message says what
                      to do.)");
}

CLI::App& add_subcommand(CLI::App& app, Call& call, const std::string& name, const Page& page,
                         const std::function<int()>& run) {
  CLI::App& sub = *app.add_subcommand(name);
  set_page(sub, page);
  sub.callback([&call, name, run] {
    call.subcommand = name;
    call.run = run;
  });
  add_number(sub, "--threads", call.threads, 1, 1024, "Threads");
  sub.get_option("--threads")->default_str("OMP_NUM_THREADS, else one per processor");
  return sub;
}

std::filesystem::path ConfigArguments::out_or(const std::string& suffix) const {
  return out.empty() ? "runs/" + name() + suffix : out;
}

void add_config(CLI::App& sub, ConfigArguments& arguments) {
  sub.add_option("CONFIG", arguments.file,
                 "Config file (TOML). The config.toml in the folder of a run lists\n"
                 "all keys with what they are for")
      ->required();
  sub.add_option("--set", arguments.set,
                 "Replace a key of the config, as in --set train.epochs=3. The value is\n"
                 "TOML; a bare word is taken as a string. Can be repeated")
      ->type_name("KEY=VALUE")
      ->default_str("none")
      ->expected(1)
      ->take_all();
}

TrainTest load_and_tell(const Config& config) {
  TrainTest data = load_data(build_source(config));
  for (const std::string& note : data.notes) {
    std::cerr << "minitape: " << terminal_lines(note) << "\n";
  }
  return data;
}

TrainWatcher watch_with(Progress& progress) {
  const auto on_step = [&](const StepRecord& step, Index images, Index total) {
    progress.step(step.step, total, step.epoch, step.loss, step.accuracy, images);
  };
  const auto on_epoch = [&](const EpochRecord& epoch) {
    progress.message(concat("epoch ", epoch.epoch, ": train loss ", significant(epoch.train.loss),
                            ", test loss ", significant(epoch.test.loss), ", test accuracy ",
                            100 * epoch.test.accuracy, " %"));
  };
  return {on_step, on_epoch, stop_requested};
}

}  // namespace minitape
