#include "minitape/experiment/run_folder.hpp"

#include "minitape/experiment/atomic_file.hpp"
#include "minitape/experiment/checkpoint.hpp"
#include "minitape/experiment/environment.hpp"

namespace minitape {
namespace {

namespace fs = std::filesystem;

// Makes the folder with what is known before the run. All that can go wrong here is the caller's to
// mend, by naming another folder.
fs::path prepare(const fs::path& folder, const Config& config) {
  MINITAPE_CHECK(!RunFolder::holds_run(folder), "[run] ", folder,
                 " holds another run: name a new folder with --out, or remove this one");
  try {
    fs::create_directories(folder);
    write_atomically(folder / "config.toml", to_toml(config));
    write_atomically(folder / "environment.json", environment_json(environment()));
  } catch (const std::exception& error) {
    throw Error(concat("[run] the output folder ", folder, " cannot be written: ", error.what()));
  }
  return folder;
}

}  // namespace

RunFolder::RunFolder(fs::path folder, const Config& config)
    : folder_(prepare(folder, config)),
      steps_(folder_ / "steps.csv",
             {"step", "epoch", "learning_rate", "loss", "accuracy", "seconds"}),
      metrics_(folder_ / "metrics.csv",
               {"epoch", "step", "seconds", "learning_rate", "train_loss", "train_accuracy",
                "train_eval_loss", "train_eval_accuracy", "test_loss", "test_accuracy"}) {}

void RunFolder::add(const StepRecord& r) {
  steps_.row({std::to_string(r.step), std::to_string(r.epoch), number_text(r.learning_rate),
              number_text(r.loss), number_text(r.accuracy), number_text(r.seconds)});
}

void RunFolder::add(const EpochRecord& r) {
  metrics_.row({std::to_string(r.epoch), std::to_string(r.step), number_text(r.seconds),
                number_text(r.learning_rate), number_text(r.train.loss),
                number_text(r.train.accuracy), number_text(r.train_eval.loss),
                number_text(r.train_eval.accuracy), number_text(r.test.loss),
                number_text(r.test.accuracy)});
}

void RunFolder::write_initial(Sequential& model) const {
  write_safetensors(folder_ / "initial.safetensors", save_model(model));
}

void RunFolder::write_model(Sequential& model) const {
  write_safetensors(folder_ / "model.safetensors", save_model(model));
}

void RunFolder::discard() const {
  std::error_code ignored;
  for (const char* file : {"config.toml", "environment.json", "initial.safetensors", "steps.csv",
                           "metrics.csv", "model.safetensors"}) {
    fs::remove(folder_ / file, ignored);
  }
  fs::remove(folder_, ignored);  // fails where it is not empty
}

bool RunFolder::holds_run(const fs::path& folder) {
  return fs::exists(folder / "config.toml") || fs::exists(folder / "steps.csv") ||
         fs::exists(folder / "summary.csv");
}

bool RunFolder::is_complete(const fs::path& folder) {
  return fs::exists(folder / "model.safetensors");
}

}  // namespace minitape
