#include "minitape/experiment/run_folder.hpp"

#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>

#include "minitape/experiment/atomic_file.hpp"
#include "minitape/experiment/checkpoint.hpp"
#include "minitape/experiment/environment.hpp"

namespace minitape {
namespace {

namespace fs = std::filesystem;

// What can go wrong in these two the caller can mend, by naming another folder.

fs::path create(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  MINITAPE_CHECK(!error, "[run] the output folder ", folder,
                 " cannot be written: ", error.message());
  return folder;
}

const fs::path& check_free(const fs::path& folder) {
  MINITAPE_CHECK(!RunFolder::holds_run(folder), "[run] ", folder,
                 " holds another run: name a new folder with --out, or remove this one");
  MINITAPE_CHECK(::access(folder.c_str(), W_OK | X_OK) == 0, "[run] the output folder ", folder,
                 " cannot be written: ", std::strerror(errno));
  return folder;
}

}  // namespace

bool has_diverged(const StepRecord& record) {
  return !std::isfinite(record.loss);
}

bool has_diverged(const EpochRecord& record) {
  return !std::isfinite(record.train_eval.loss) || !std::isfinite(record.test.loss);
}

RunFolder::RunFolder(fs::path folder, const Config& config)
    : folder_(create(folder)),
      lock_(folder_),
      steps_(check_free(folder_) / "steps.csv",
             {"step", "epoch", "learning_rate", "loss", "accuracy", "seconds"}),
      metrics_(folder_ / "metrics.csv",
               {"epoch", "step", "seconds", "learning_rate", "train_loss", "train_accuracy",
                "train_eval_loss", "train_eval_accuracy", "test_loss", "test_accuracy"}) {
  // The config comes last: a folder that has one holds a run.
  try {
    write_atomically(folder_ / "environment.json", environment_json(environment()));
    write_atomically(folder_ / "config.toml", to_toml(config));
  } catch (const Error& error) {
    discard();
    throw Error(concat("[run] the output folder ", folder_, " cannot be written: ", error.what()));
  }
}

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

void RunFolder::write_initial(const Sequential& model) const {
  write_safetensors(folder_ / "initial.safetensors", save_model(model));
}

void RunFolder::write_model(const Sequential& model) const {
  write_safetensors(folder_ / "model.safetensors", save_model(model));
}

void RunFolder::remove_run(const fs::path& folder) {
  std::error_code ignored;
  for (const char* file : {"config.toml", "environment.json", "initial.safetensors", "steps.csv",
                           "metrics.csv", "model.safetensors"}) {
    fs::remove(folder / file, ignored);
  }
  fs::remove(folder, ignored);  // fails where something else is in it
}

bool RunFolder::holds_run(const fs::path& folder) {
  std::error_code unreadable;  // then nothing is known, and writing will say what is wrong
  return fs::exists(folder / "config.toml", unreadable) ||
         fs::exists(folder / "summary.csv", unreadable);
}

bool RunFolder::is_complete(const fs::path& folder) {
  return fs::exists(folder / "model.safetensors");
}

}  // namespace minitape
