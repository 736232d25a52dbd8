#include "minitape/compare/compare.hpp"

namespace minitape {
namespace {

namespace fs = std::filesystem;

RunHistory parse_history(const fs::path& folder) {
  const CsvTable steps = read_csv(folder / "steps.csv");
  const CsvTable metrics = read_csv(folder / "metrics.csv");
  RunHistory run{.folder = folder,
                 .steps = steps.numbers("step"),
                 .step_seconds = steps.numbers("seconds"),
                 .loss = steps.numbers("loss"),
                 .accuracy = steps.numbers("accuracy"),
                 .epochs = metrics.numbers("epoch"),
                 .epoch_steps = metrics.numbers("step"),
                 .test_accuracy = metrics.numbers("test_accuracy"),
                 .test_loss = metrics.numbers("test_loss"),
                 .seconds = metrics.numbers("seconds"),
                 .train_accuracy = metrics.numbers("train_accuracy"),
                 .train_eval_accuracy = metrics.numbers("train_eval_accuracy")};
  for (std::size_t i = 0; i < run.loss.size() && !run.diverged_at; ++i) {
    if (has_diverged(StepRecord{.loss = run.loss[i]})) {
      run.diverged_at = static_cast<Index>(run.steps[i]);
    }
  }
  const std::vector<double> train_eval_loss = metrics.numbers("train_eval_loss");
  for (std::size_t i = 0; i < run.test_loss.size() && !run.diverged_at; ++i) {
    const EpochRecord epoch{.train_eval = {train_eval_loss[i], 0}, .test = {run.test_loss[i], 0}};
    if (has_diverged(epoch)) run.diverged_at = static_cast<Index>(run.epoch_steps[i]);
  }
  return run;
}

// Whether the folder holds this very run, complete or diverged: then nothing is left to do. Throws
// where it holds another config's run.
bool already_done(const fs::path& folder, const Config& config) {
  if (!RunFolder::holds_run(folder)) return false;
  RunFolder::check_config(folder, config);
  if (RunFolder::is_complete(folder)) return true;
  if (!config.train.stop_on_divergence) return false;
  try {
    return read_history(folder).diverged_at.has_value();
  } catch (const Error&) {
    return false;  // damaged, perhaps by a power cut: train it again
  }
}

std::vector<VariantHistory> run_missing(const std::vector<Variant>& variants,
                                        const CompareOptions& options, const WatchRun& watch) {
  std::vector<VariantHistory> histories;
  for (const Variant& variant : variants) histories.push_back({variant.name, {}});

  std::optional<TrainTest> data;  // loaded when a run needs it
  DataSource loaded;              // where it came from
  for (Index seed = 0; seed < options.seeds; ++seed) {
    for (std::size_t v = 0; v < variants.size(); ++v) {
      const Config config = with_seed(variants[v].config, seed);
      const fs::path folder =
          options.out / (variants[v].folder + "_seed-" + std::to_string(config.seed));
      if (!already_done(folder, config)) {
        const DataSource source = build_source(config);
        if (!data || !(source == loaded)) {
          data = load_data(loaded = source);
          for (const std::string& note : data->notes) options.tell(note);
        }
        // An interrupted comparison may have left the beginning of this run.
        const std::string announcement = concat(variants[v].name, ", seed ", config.seed);
        if (train(config, *data, folder, watch(announcement), Start::resume).interrupted) return {};
      }
      RunHistory history = read_history(folder);
      history.seed = config.seed;
      histories[v].runs.push_back(std::move(history));
    }
  }
  return histories;
}

}  // namespace

RunHistory read_history(const fs::path& folder) {
  try {
    return parse_history(folder);
  } catch (const Error& error) {
    throw Error(concat("[compare] the run in ", folder, " is damaged: ", error.what(),
                       ". Remove that folder, and it is trained again"));
  }
}

std::vector<VariantHistory> run_variants(const std::vector<Variant>& variants,
                                         const CompareOptions& options, const WatchRun& watch) {
  std::error_code error;
  fs::create_directories(options.out, error);
  MINITAPE_CHECK(!error, "[compare] the output folder ", options.out,
                 " cannot be written: ", error.message());
  const FolderLock lock(options.out);  // no other comparison may remove or finish these runs
  try {
    return run_missing(variants, options, watch);
  } catch (...) {
    fs::remove(options.out, error);  // fails where something is in it
    throw;
  }
}

}  // namespace minitape
