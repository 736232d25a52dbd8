// The run folder: everything that one training run leaves behind.
//
//   config.toml            the resolved config; `minitape train DIR/config.toml` repeats the run
//   environment.json       where it ran (version, compiler, BLAS, processor …) and on which data
//   initial.safetensors    the model before the first step
//   steps.csv              a row per step, before its update:
//                          step,epoch,learning_rate,loss,accuracy,seconds (of this step)
//   metrics.csv            a row per epoch:
//                          epoch,step,seconds,learning_rate,train_loss,train_accuracy,
//                          train_eval_loss,train_eval_accuracy,test_loss,test_accuracy
//                          (seconds since the start, evaluations included)
//   checkpoint.safetensors where the run stood last, to go on from there (model_file.hpp)
//   views.csv              with train.views: the test images by one view and by several, at the
//                          end: epoch,views,test_loss,test_accuracy
//   layers.csv, probes.csv  with diagnostics = true (diagnostics.hpp)
//   model.safetensors      the trained model; its presence says that the run was completed
//
// Steps and epochs count from 1, accuracies are parts of 1. Losses are nats per example, loss and
// train_loss with label smoothing.
#pragma once

#include <cmath>
#include <filesystem>
#include <optional>
#include <string>

#include "minitape/config/config.hpp"
#include "minitape/run/csv.hpp"
#include "minitape/run/model_file.hpp"

namespace minitape {

struct StepRecord {  // a row of steps.csv
  Index step = 0, epoch = 0;
  double learning_rate = 0, loss = 0, accuracy = 0, seconds = 0;
};

struct EpochRecord {  // a row of metrics.csv
  Index epoch = 0, step = 0;
  double seconds = 0, learning_rate = 0;
  Score train;       // as seen while training: each batch before its update, batch statistics
  Score train_eval;  // a fixed part of the training set, evaluated like the test set
  Score test;
};

/// Whether a loss is no longer finite: the run has diverged at this step or in this epoch.
inline bool has_diverged(const StepRecord& record) { return !std::isfinite(record.loss); }
inline bool has_diverged(const EpochRecord& record) {
  return !std::isfinite(record.train_eval.loss) || !std::isfinite(record.test.loss);
}

/// One process at a time in a folder: two would mix their rows, or remove each other's files. The
/// lock is the system's (flock on the folder itself): no file is left, however the process ends.
class FolderLock {
 public:
  /// Throws at once when the folder is locked already or cannot be opened. On a file system without
  /// locks it does nothing.
  explicit FolderLock(const std::filesystem::path& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int file_;  // the open folder
};

/// Begin a run, or go on with the one in the folder where there is one.
enum class Start { fresh, resume };

class RunFolder {
 public:
  /// Creates the folder with its config.toml and environment.json. `data` is the data_checksum of
  /// what is trained on. Throws, leaving everything as it is, when the folder is being written by
  /// another process or cannot be written, when it holds any file of a run already (fresh), or a
  /// run with another config or none or on other data (resume). A run that is to have more epochs
  /// gets its new config, and is no longer complete.
  RunFolder(std::filesystem::path folder, const Config& config, const std::string& data,
            Start start = Start::fresh);

  const std::filesystem::path& path() const { return folder_; }  // as given
  /// What the user should know of the folder, in a sentence each.
  const std::vector<std::string>& notes() const { return notes_; }
  /// Each row is on its way to the disk when the call returns; throws when it cannot be written.
  void add(const StepRecord& record);
  void add(const EpochRecord& record);
  /// The rows so far are safe on the disk before the checkpoint is.
  void write_checkpoint(const SafetensorsFile& checkpoint);
  /// Keeps so many rows of steps.csv and metrics.csv, those that the checkpoint knows of, and cuts
  /// off the rest.
  void continue_after(Index steps, Index epochs);

  /// Removes the files of a fresh run, and the folder if nothing else is in it.
  void discard() const;

  /// Whether any of the files above is there, or a comparison's.
  static bool holds_run(const std::filesystem::path& folder);
  /// Throws where a run cannot be started, or gone on with, because of what the folder holds.
  static void check_free(const std::filesystem::path& folder, Start start);
  static bool is_complete(const std::filesystem::path& folder);  // holds a run, trained to its end
  /// Throws, with the keys that differ, unless the run in the folder has this config.
  static void check_config(const std::filesystem::path& folder, const Config& config);
  /// Whether the config is that of the run in the folder, but for a larger train.epochs. Throws
  /// where such a run cannot go on as if it had been meant to be longer from the start.
  static bool wants_more_epochs(const std::filesystem::path& folder, const Config& config);
  /// The data_checksum of the run in the folder; "" where it has none.
  static std::string data_of(const std::filesystem::path& folder);
  /// The last row of metrics.csv; nothing where there is none.
  static std::optional<EpochRecord> last_epoch(const std::filesystem::path& folder);
  /// The accuracy by several views, from views.csv; nothing where there is none.
  static std::optional<double> views_accuracy(const std::filesystem::path& folder);

 private:
  void go_on(const Config& config, const std::string& data);

  std::filesystem::path folder_;
  FolderLock lock_;
  std::vector<std::string> notes_;
  std::optional<CsvWriter> steps_, metrics_;
};

}  // namespace minitape
