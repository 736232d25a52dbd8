#include "minitape/compare/compare.hpp"

#include <algorithm>

namespace minitape {
namespace {

namespace fs = std::filesystem;

RunHistory parse_history(const fs::path& folder) {
  const CsvTable steps = read_csv(folder / "steps.csv");
  const CsvTable metrics = read_csv(folder / "metrics.csv");
  RunHistory run{.folder = folder,
                 .data = RunFolder::data_of(folder),
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
                 .train_eval_accuracy = metrics.numbers("train_eval_accuracy"),
                 .accuracy_by_views = RunFolder::views_accuracy(folder)};
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

// One run of the comparison.
struct Run {
  std::size_t variant = 0;
  Config config;
  fs::path folder;
  bool is_done = false;
  DataSource source = {};
  std::string data = {};  // what it was made with; "" where that is not known
};

std::vector<Run> plan_runs(const std::vector<Variant>& variants, Index seeds, const fs::path& out) {
  std::vector<Run> runs;
  for (Index seed = 0; seed < seeds; ++seed) {
    for (std::size_t v = 0; v < variants.size(); ++v) {
      const Config config = with_seed(variants[v].config, seed);
      const fs::path folder = out / (variants[v].folder + "_seed-" + std::to_string(config.seed));
      runs.push_back({v, config, folder, already_done(folder, config), build_source(config),
                      RunFolder::data_of(folder)});
    }
  }
  return runs;
}

// Throws where a run from this source saw other data: files may change between two calls.
void check_data(const std::vector<Run>& runs, const DataSource& source, const std::string& data,
                const std::string& who) {
  for (const Run& run : runs) {
    const bool differs = !data.empty() && !run.data.empty() && run.data != data;
    MINITAPE_CHECK(!differs || !(run.source == source), "[compare] all runs must be on the same ",
                   "data. ", run.folder.string(), ": ", run.data, ". ", who, ": ", data,
                   ". Bring the old data back, or name a new folder with --out");
  }
}

// Throws where a run that is to come does not fit these data: now, and not when its turn comes.
void check_to_come(const std::vector<Run>& runs, const std::vector<Variant>& variants,
                   const DataSource& source, const TrainTest& data) {
  const auto standardization = Standardization::none(data.train.image_shape.channels());
  for (const Run& run : runs) {
    if (run.is_done || !(run.source == source)) continue;
    try {
      const Batches batches(data.train, standardization, build_batch_options(run.config));
      total_steps(run.config, batches.batches_per_epoch());  // throws as well
      Sgd({}, build_sgd_options(run.config));                // so does this
      for (const WeightedView& seen : views_named(run.config.train.views))
        make_batch(data.test, standardization, 0, 1, seen.view);  // and images that are too small
    } catch (const Error& error) {
      throw Error(concat(error.what(), " (", variants[run.variant].name, ")"), error.fault());
    }
  }
}

std::vector<VariantHistory> run_missing(const std::vector<Variant>& variants, Index seeds,
                                        const fs::path& out, const CompareWatcher& watcher) {
  const std::vector<Run> runs = plan_runs(variants, seeds, out);
  for (const Run& run : runs) check_data(runs, run.source, run.data, run.folder.string());
  const auto unknown =
      std::ranges::count_if(runs, [](const Run& run) { return run.is_done && run.data.empty(); });
  if (unknown > 0) {
    watcher.runs.tell(concat(unknown, " of ", runs.size(), " runs in ", out, " have no checksum ",
                             "of their data: whether they saw the same images is not known"));
  }

  std::vector<VariantHistory> histories;
  for (const Variant& variant : variants) histories.push_back({variant.name, {}});
  std::optional<TrainTest> data;  // what `load` read last
  DataSource loaded;              // where it came from
  const auto load = [&](const Run& run) {
    if (run.is_done || (data && run.source == loaded)) return;
    data = load_data(loaded = run.source);
    for (const std::string& note : data->notes) watcher.runs.tell(note);
    check_data(runs, run.source, data_checksum(*data), "Now");
    check_to_come(runs, variants, run.source, *data);
  };
  // The first seed's run of every variant, before anything is trained: some have data of their own.
  for (std::size_t v = 0; v < variants.size(); ++v) load(runs[v]);
  for (const Run& run : runs) {
    if (!run.is_done) {
      load(run);
      // An interrupted comparison may have left the beginning of this run.
      watcher.on_start(concat(variants[run.variant].name, ", seed ", run.config.seed));
      if (train(run.config, *data, run.folder, watcher.runs, Start::resume).interrupted) return {};
    }
    RunHistory history = read_history(run.folder);
    history.seed = run.config.seed;
    histories[run.variant].runs.push_back(std::move(history));
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

std::vector<VariantHistory> run_variants(const std::vector<Variant>& variants, Index seeds,
                                         const fs::path& out, const CompareWatcher& watcher) {
  std::error_code error;
  fs::create_directories(out, error);
  MINITAPE_CHECK(!error, "[compare] the output folder ", out,
                 " cannot be written: ", error.message());
  const FolderLock lock(out);  // no other comparison may remove or finish these runs
  try {
    return run_missing(variants, seeds, out, watcher);
  } catch (...) {
    fs::remove(out, error);  // fails where something is in it
    throw;
  }
}

}  // namespace minitape
