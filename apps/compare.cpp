// minitape compare: variants that differ in one key, side by side.
#include "minitape/compare/compare.hpp"

#include <iostream>

#include "minitape/compare/report.hpp"
#include "process.hpp"
#include "subcommands.hpp"

namespace minitape {
namespace {

struct CompareArguments {
  ConfigArguments config;
  std::vector<std::string> vary{"model.batch_norm=false,true"};
  Index seeds = 1;

  // The call without --out and --threads, which change no result.
  std::vector<std::string> command() const {
    std::vector<std::string> words{"minitape", "compare", config.file};
    for (const std::string& text : config.set) words.insert(words.end(), {"--set", text});
    for (const std::string& text : vary) words.insert(words.end(), {"--vary", text});
    words.insert(words.end(), {"--seeds", std::to_string(seeds)});
    return words;
  }
};

int run_compare(const CompareArguments& arguments) {
  std::vector<Variation> variations;
  for (const std::string& text : arguments.vary) variations.push_back(parse_variation(text));
  const auto variants = make_variants(arguments.config.file, arguments.config.set, variations);
  const Fairness fairness = check_fair(variants, variations, arguments.seeds);
  std::cout << fairness.sentence << "\n" << std::flush;

  const std::filesystem::path out = arguments.config.out_or("_compare");
  const auto histories = train_variants(variants, arguments.seeds, out);
  const Experiment experiment{.name = arguments.config.name(),
                              .variations = variations,
                              .config = variants.front().config,
                              .fairness = fairness,
                              .command = arguments.command()};
  report(experiment, histories, out, std::cout);
  return 0;
}

}  // namespace

std::vector<VariantHistory> train_variants(const std::vector<Variant>& variants, Index seeds,
                                           const std::filesystem::path& out) {
  catch_stop_signals();
  Progress progress(std::cerr, terminal_columns);
  const auto on_start = [&](const std::string& announcement) { progress.start(announcement); };
  auto histories = run_variants(variants, seeds, out, {watch_with(progress), on_start});
  progress.finish();
  if (stop_requested()) {
    std::cerr << "minitape: stopped; the same command goes on from here\n";
    end_as_stopped();
  }
  return histories;
}

void add_compare(CLI::App& app, Call& call) {
  const auto arguments = std::make_shared<CompareArguments>();
  CLI::App& sub = add_subcommand(app, call, "compare",
                                 "train variants that differ in one key and lay them side by side",
                                 [arguments] { return run_compare(*arguments); });
  sub.footer(R"(
Trains the config once for each value of the varied key and each seed. Before that it proves that
the comparison is fair: variants of one seed start from the same weights and see the same batches.
The table shows means and standard deviations over the seeds; a variant that diverges is a result,
not a failure. Called again, it trains only what is missing.

Reads the config and the data files. Writes a run folder for each variant and seed, and on top
report.html (one page with all of it), summary.csv and the curves (curves.svg, curves.png and
gnuplot's scripts). The table goes to stdout, progress to stderr.

Examples:
  minitape compare apps/configs/digits_cnn.toml --seeds 3
  minitape compare apps/configs/digits_cnn.toml --vary optimizer.learning_rate=0.01,0.1,1)");
  add_config(sub, arguments->config);
  sub.add_option("--vary", arguments->vary,
                 "The key that differs and its values. Repeated, all combinations are\n"
                 "trained")
      ->type_name("KEY=V1,V2")
      ->default_str("model.batch_norm=false,true")
      ->expected(1)
      ->take_all();
  add_number(sub, "--seeds", arguments->seeds, Index{1}, Index{1000},
             "Seeds per variant, the config's and the next");
  sub.add_option("--out", arguments->config.out, "Folder of the comparison; made if missing")
      ->type_name("DIR")
      ->default_str("runs/NAME_compare");
}

}  // namespace minitape
