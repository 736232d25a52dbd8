#include "command_line.hpp"

#include <algorithm>
#include <iostream>

#include "minitape/config/build.hpp"
#include "minitape/run/environment.hpp"
#include "minitape/text/numbers.hpp"
#include "minitape/text/terminal_text.hpp"
#include "minitape/text/words.hpp"
#include "process.hpp"
#include "subcommands.hpp"

namespace minitape {
namespace {

/// CLI11's pages, but for the first line, what stands after an option's name and text, and the
/// exit codes at the end.
class PageFormatter : public CLI::Formatter {
 public:
  PageFormatter() { column_width(22); }

  std::string make_description(const CLI::App* app) const override {
    const std::string name = (app->get_parent() ? "minitape " : "") + app->get_name();
    return name + ": " + app->get_description() + "\n\n";
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    const bool is_flag = option->get_items_expected_max() == 0;
    return is_flag || option->get_positional() ? "" : " " + option->get_type_name();
  }

  std::string make_option_desc(const CLI::Option* option) const override {
    const std::string otherwise = option->get_default_str();
    return option->get_description() + (option->get_required() ? " (required)" : "") +
           (otherwise.empty() ? "" : " (default: " + otherwise + ")");
  }

  std::string make_footer(const CLI::App* app) const override {
    return app->get_footer().substr(1) + R"(

Exit codes:
  0                   Done.
  1                   The work failed: a run diverged, a gradient is wrong, memory ran out, or
                      something could not be written.
  2                   Bad input: the call, the config or a file that it names. The message says what
                      to do.
)";
  }
};

// Without this, CLI11 says only that a subcommand is missing.
void check_subcommand(const CLI::App& app, const std::string& given) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands({})) names.push_back(sub->get_name());
  const bool known = std::ranges::find(names, given) != names.end();
  const std::string near = nearest(given, names);
  MINITAPE_CHECK(known, "there is no subcommand \"", given, "\"",
                 near.empty() ? "" : ": did you mean \"" + near + "\"?",
                 " (minitape --help lists all)");
}

}  // namespace

// ---- The call ----

void add_subcommands(CLI::App& app, Call& call) {
  app.description("train image classifiers with and without batch normalization");
  app.footer(R"(
What to train is written in a config file. Results go to stdout, messages and progress to stderr.
`minitape SUBCOMMAND --help` tells the rest.

The data sets are looked for in the config's data.dir, else in the folder that MINITAPE_DATA names,
else in ./data.

Examples:
  minitape compare apps/configs/digits_cnn.toml --seeds 3)");
  app.formatter(std::make_shared<PageFormatter>());
  app.get_help_ptr()->description("Print this page and exit");
  app.require_subcommand(1);
  for (const auto add : {add_train, add_compare, add_lab, add_data, add_summary, add_graph,
                         add_gradcheck, add_bench, add_predict}) {
    add(app, call);
  }
}

Call parse_command_line(int argc, char** argv) {
  Call call{.argv = argv};
  CLI::App app("", "minitape");
  add_subcommands(app, call);
  app.set_version_flag(
      "--version", [] { return "minitape " + version(); }, "Print the version");

  if (argc > 1 && argv[1][0] != '-') check_subcommand(app, argv[1]);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const bool is_answered = app.exit(error) == 0;  // --help and --version are such "errors"
    call = {.exit_code = is_answered ? 0 : static_cast<int>(Fault::bad_input)};
  }
  return call;
}

// ---- What subcommands share ----

CLI::App& add_subcommand(CLI::App& app, Call& call, const std::string& name,
                         const std::string& purpose, const std::function<int()>& run) {
  CLI::App& sub = *app.add_subcommand(name, purpose);
  sub.callback([&call, name, run] {
    call.subcommand = name;
    call.run = run;
  });
  add_number(sub, "--threads", call.threads, 1, 1024, "Threads");
  sub.get_option("--threads")->default_str("OMP_NUM_THREADS, else one per processor");
  return sub;
}

void add_config(CLI::App& sub, ConfigArguments& arguments) {
  sub.add_option("CONFIG", arguments.file,
                 "Config file (TOML). The config.toml in the folder of a run lists\n"
                 "all keys with what they are for")
      ->required();
  add_set(sub, arguments);
}

void add_set(CLI::App& sub, ConfigArguments& arguments) {
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
  const auto tell = [&](const std::string& note) { progress.message("minitape: " + note); };
  return {on_step, on_epoch, stop_requested, tell};
}

}  // namespace minitape
