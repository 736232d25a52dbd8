#include "command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "minitape/experiment/nearest.hpp"

namespace minitape {
namespace {

// A subcommand that reads a config, and what all of these take.
CLI::App* add_subcommand(CLI::App& app, Call& call, const std::string& name,
                         const std::string& description) {
  CLI::App* const sub = app.add_subcommand(name, description);
  Arguments& arguments = call.arguments;
  sub->add_option("config", arguments.config, "Config file (TOML)")->required();
  sub->add_option("--set", arguments.set,
                  "Replace a key of the config, as in --set train.epochs=3. Can be repeated.")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->take_all();
  sub->add_option("--threads", arguments.threads, "Threads; default: one per processor")
      ->check(CLI::Range(1, 1024));
  sub->callback([&call, name] { call.subcommand = name; });
  return sub;
}

void add_train(CLI::App& app, Call& call) {
  CLI::App* const train =
      add_subcommand(app, call, "train", "Train a model and measure it after every epoch");
  train->add_option("--out", call.arguments.out, "Run folder; default: runs/NAME")
      ->type_name("DIR");
}

void add_compare(CLI::App& app, Call& call) {
  CLI::App* const compare = add_subcommand(
      app, call, "compare", "Train variants that differ in one key and lay them side by side");
  compare
      ->add_option("--vary", call.arguments.vary,
                   "Key and values; default: model.batch_norm=false,true. Can be repeated.")
      ->type_name("KEY=V1,V2")
      ->expected(1)
      ->take_all();
  compare->add_option("--seeds", call.arguments.seeds, "Train each variant with so many seeds")
      ->check(CLI::Range(1, 1000));
  compare->add_option("--out", call.arguments.out, "Folder; default: runs/NAME_compare")
      ->type_name("DIR");
}

void add_gradcheck(CLI::App& app, Call& call) {
  CLI::App* const gradcheck =
      add_subcommand(app, call, "gradcheck",
                     "Check the model's gradients against differences, in double precision");
  ModelCheckOptions& options = call.arguments.check;
  gradcheck->add_option("--batch", options.batch_size, "Images; default: 5")
      ->check(CLI::Range(1, 10000));
  gradcheck
      ->add_option("--entries", options.check.max_entries,
                   "Of larger tensors, check a random sample of this size; default: 20")
      ->check(CLI::Range(1, 1000000));
  gradcheck->add_option("--step", options.check.step, "Step h of the differences; default: 1e-5")
      ->type_name("H")
      ->check([](const std::string& text) {
        double step = 0;
        const bool good = CLI::detail::lexical_cast(text, step) && step >= 1e-7 && step <= 1;
        return good ? "" : "must be a number from 1e-7 to 1: " + text;
      });
  const std::map<std::string, Probe> probes{
      {"random", Probe::random}, {"sum", Probe::sum}, {"squares", Probe::squares}};
  gradcheck
      ->add_option("--probe", options.check.probe,
                   "Loss: random (a randomly weighted sum of the outputs y; default), sum (of y) "
                   "or squares (the sum of y squared); the last two hide mistakes")
      ->type_name("random|sum|squares")
      ->transform([probes](const std::string& text) {
        const auto found = probes.find(text);
        if (found == probes.end()) throw CLI::ValidationError("must be random, sum or squares");
        return std::to_string(static_cast<int>(found->second));
      });
}

void add_bench(CLI::App& app, Call& call) {
  CLI::App* const bench =
      add_subcommand(app, call, "bench", "Time training and prediction on random input");
  bench->add_option("--steps", call.arguments.steps, "Steps to measure; default: 20")
      ->check(CLI::Range(1, 100000));
  CLI::Option* const json = bench->add_flag("--json", call.arguments.json, "Print one JSON object");
  bench
      ->add_flag("--profile", call.arguments.profile,
                 "Show where a training step goes: each layer and direction, against the machine's "
                 "own speed in arithmetic and in memory")
      ->excludes(json);
}

// CLI11 would only say that a subcommand is missing.
void check_subcommand(const CLI::App& app, const std::string& given) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands({})) names.push_back(sub->get_name());
  const bool known = std::find(names.begin(), names.end(), given) != names.end();
  const std::string near = nearest(given, names);
  MINITAPE_CHECK(known, "there is no subcommand \"", given, "\"",
                 near.empty() ? "" : ": did you mean \"" + near + "\"?",
                 " (minitape --help lists all)");
}

}  // namespace

Call parse_command_line(int argc, char** argv) {
  Call call;
  CLI::App app{"minitape: train classifiers with and without batch normalization"};
  app.require_subcommand(1);
  add_train(app, call);
  add_compare(app, call);
  add_subcommand(app, call, "summary", "Show the layers, their shapes and parameters");
  add_gradcheck(app, call);
  add_bench(app, call);

  if (argc > 1 && argv[1][0] != '-') check_subcommand(app, argv[1]);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    call.subcommand.clear();
    call.exit_code = app.exit(error) == 0 ? 0 : static_cast<int>(Fault::bad_input);
  }
  return call;
}

}  // namespace minitape
