// minitape lab: the ready experiments about batch norm.
#include <iostream>
#include <map>

#include "minitape/lab/results.hpp"
#include "minitape/text/files.hpp"
#include "minitape/text/numbers.hpp"
#include "minitape/text/terminal_text.hpp"
#include "minitape/text/words.hpp"
#include "minitape/tools/benchmark.hpp"
#include "subcommands.hpp"

namespace minitape {
namespace {

namespace fs = std::filesystem;

struct LabArguments {
  ConfigArguments config;  // its file is a name as well, or "all", or "": the list
  Index seeds = 0;         // 0: as the experiment says
  bool predict = false;
};

// Where the experiments are, in the project, seen from here or from the program's own place, or
// installed beside it: all of them, by their names.
std::map<std::string, fs::path> experiment_files() {
  std::error_code ignored;
  std::vector<fs::path> candidates{"apps/configs/lab"};
  fs::path above = fs::read_symlink("/proc/self/exe", ignored).parent_path();
  for (; above.has_relative_path(); above = above.parent_path()) {
    candidates.push_back(above / "apps/configs/lab");
    candidates.push_back(above / "share/minitape/configs/lab");
  }
  std::map<std::string, fs::path> files;
  for (const fs::path& folder : candidates) {
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
      const fs::path& file = entry.path();
      if (file.extension() == ".toml") files[file.stem().string()] = file;
    }
    if (!files.empty()) return files;
  }
  throw Error(
      "[lab] the experiments must be in apps/configs/lab: there is no such folder here or "
      "above the program. Give the path of an experiment's file instead of its name");
}

fs::path file_of(const std::string& name) {
  if (name.ends_with(".toml")) return name;
  std::vector<std::string> names;
  for (const auto& [other, file] : experiment_files()) {
    if (other == name) return file;
    names.push_back(other);
  }
  const std::string near = nearest(name, names);
  throw Error(concat("[lab] there is no experiment \"", terminal_text(name), "\"",
                     near.empty() ? "" : ": did you mean \"" + near + "\"?",
                     ". `minitape lab` lists them"));
}

// How much slower this machine is than the one on which the experiments' minutes were measured: the
// time of a training step of a small network, divided by the time that it took there.
double slowness() {
  constexpr double kMilliseconds = 0.60;
  const Config config = parse_config(R"(
    data = { name = "none", input = [784] }
    train.batch_size = 64
    [model]
    layers = [{ type = "dense", units = 128 }, { type = "batch_norm" }, { type = "relu" },
              { type = "dense", units = 10 }])",
                                     "the reference network");
  return benchmark(config, "", 200).train_ms_per_step / kMilliseconds;
}

std::string minutes_text(const LabExperiment& experiment, Index seeds) {
  static const double slow = slowness();  // measured once
  const auto share = static_cast<double>(seeds) / static_cast<double>(experiment.seeds);
  return "about " + duration_text(60 * experiment.minutes * share * slow);
}

int list_experiments() {
  std::vector<std::vector<std::string>> table{{"experiment", "data", "time here", "question"}};
  for (const auto& [name, file] : experiment_files()) {
    const LabExperiment experiment = read_experiment(file);
    table.push_back({name, read_config(file).data.name, minutes_text(experiment, experiment.seeds),
                     experiment.question});
  }
  std::cout << aligned(table, "llll")
            << "\nminitape lab NAME runs one; docs/lab.md tells what came out.\n";
  return 0;
}

// What the reader expects of each claim.
std::vector<std::string> ask(const LabExperiment& experiment) {
  std::vector<std::string> answers;
  std::cout << experiment.question
            << "\n\nWhat do you expect? Answer y, n or whatever you think.\n";
  for (const Claim& claim : experiment.claims) {
    std::cout << claim.says << " " << std::flush;
    std::string line;
    if (!std::getline(std::cin, line)) break;
    answers.push_back(terminal_text(line));
  }
  return answers;
}

// Runs what is missing of an experiment and reports on it.
void run_experiment(const LabArguments& arguments, const LabExperiment& experiment) {
  const Index seeds = arguments.seeds > 0 ? arguments.seeds : experiment.seeds;
  std::vector<Variation> variations;
  const std::vector<Variant> variants = make_variants(experiment, arguments.config.set, variations);
  const Fairness fairness = check_fair(variants, variations, seeds);
  // Judge runs without a result first: a claim about a variant that there is not throws now.
  std::vector<VariantHistory> untrained;
  for (const Variant& variant : variants) untrained.push_back({variant.name, {{.diverged_at = 0}}});
  for (const Claim& claim : experiment.claims) judge(claim, experiment, untrained);
  const auto expected = arguments.predict ? ask(experiment) : std::vector<std::string>{};
  std::cerr << experiment.name << ": " << variants.size() << " variants, " << seeds << " seeds, "
            << minutes_text(experiment, seeds) << "\n";

  const fs::path folder = fs::path(arguments.config.out) / experiment.name;
  const auto histories = train_variants(variants, seeds, folder);
  lab_report(experiment, histories, fairness.sentence, expected, folder, std::cout);
}

// All of them, and one page. Tells which cannot run, because data are missing, and goes on.
int run_all(const LabArguments& arguments) {
  const fs::path out = arguments.config.out;
  std::string page = "# The laboratory\n";
  int code = 0;
  for (const auto& [name, file] : experiment_files()) {
    try {
      run_experiment(arguments, read_experiment(file));
      page += "\n" + file_contents(out / name / "section.md").value_or("");
    } catch (const Error& error) {
      if (error.fault() != Fault::bad_input) throw;
      std::cerr << "minitape: " << name << ": " << terminal_lines(error.what()) << "\n";
      code = static_cast<int>(error.fault());
    }
  }
  write_atomically(out / "lab.md", page);
  std::cout << (out / "lab.md").string() << "\n";
  return code;
}

int run_lab(const LabArguments& arguments) {
  const std::string& name = arguments.config.file;
  if (name.empty()) return list_experiments();
  if (name == "all") return run_all(arguments);
  run_experiment(arguments, read_experiment(file_of(name)));
  return 0;
}

}  // namespace

void add_lab(CLI::App& app, Call& call) {
  const auto arguments = std::make_shared<LabArguments>();
  CLI::App& sub = add_subcommand(app, call, "lab", "run a ready experiment about batch norm",
                                 [arguments] { return run_lab(*arguments); });
  sub.footer(R"(
Without a name it lists the experiments, with the time that each takes here. With one it trains what
the experiment varies, over its seeds, and holds the numbers against the published ones: each claim
holds, does not hold here, or cannot be told from this run. A run that diverges is a result.

An experiment is a file in apps/configs/lab: a config with a table [lab]. Copy one, change it, and
give its path instead of a name. Experiments on mnist and cifar10 need these data (data/README.md);
--set data.name=digits or shapes runs many of them without.

Writes DIR/NAME: a run folder for each variant and seed, table.csv, the figure (curves.svg,
curves.png and gnuplot's files) and section.md; all also writes DIR/lab.md. Stopped and called again
it goes on. The results go to stdout, progress to stderr.

Examples:
  minitape lab
  minitape lab learning_rates --predict
  minitape lab one_step --set data.name=digits --out runs/digits_lab)");
  sub.add_option("NAME", arguments->config.file, "An experiment, a path to one (.toml), or all")
      ->default_str("a list of them");
  add_set(sub, arguments->config);
  arguments->config.out = "runs/lab";
  sub.add_option("--out", arguments->config.out, "Folder of all experiments; made if missing")
      ->type_name("DIR")
      ->capture_default_str();
  add_number(sub, "--seeds", arguments->seeds, Index{0}, Index{1000},
             "Seeds per variant; 0: as the experiment says");
  sub.add_flag("--predict", arguments->predict, "Ask first what you expect, and show it beside");
}

}  // namespace minitape
