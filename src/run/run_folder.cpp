#include "minitape/run/run_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "minitape/run/environment.hpp"
#include "minitape/text/files.hpp"
#include "minitape/text/numbers.hpp"
#include "minitape/text/words.hpp"

namespace minitape {
namespace {

namespace fs = std::filesystem;

// The folder, which exists now and can be written.
fs::path create(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  const bool writable = !error && ::access(folder.c_str(), W_OK | X_OK) == 0;
  MINITAPE_CHECK(writable, "[run] the output folder ", folder,
                 " cannot be written: ", error ? error.message() : std::strerror(errno));
  return folder;
}

constexpr const char* kFiles[] = {"config.toml",       "environment.json", "initial.safetensors",
                                  "steps.csv",         "metrics.csv",      "checkpoint.safetensors",
                                  "model.safetensors", "layers.csv",       "probes.csv",
                                  "views.csv"};
constexpr const char* kStepColumns = "step,epoch,learning_rate,loss,accuracy,seconds";
constexpr const char* kEpochColumns =
    "epoch,step,seconds,learning_rate,train_loss,train_accuracy,train_eval_loss,"
    "train_eval_accuracy,test_loss,test_accuracy";

}  // namespace

FolderLock::FolderLock(const fs::path& folder)
    : file_(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  MINITAPE_CHECK(file_ >= 0, "[run] the output folder ", folder,
                 " cannot be opened: ", std::strerror(errno));
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(file_);
    throw Error(concat("[run] another process is writing into ", folder,
                       ": wait until it has ended, or name another folder with --out"));
  }
}

FolderLock::~FolderLock() { ::close(file_); }

RunFolder::RunFolder(fs::path folder, const Config& config, const std::string& data, Start start)
    : folder_(create(folder)), lock_(folder_) {
  if (start == Start::resume && fs::exists(folder_ / "config.toml")) {
    go_on(config, data);
    return;
  }
  check_free(folder_, start);
  // The config comes first, so that wherever this is cut off, the rest is known to be a run's.
  try {
    if (!write_atomically(folder_ / "config.toml", to_toml(config))) {
      notes_.push_back("the output folder cannot be synced: a power cut could lose the last file");
    }
    write_atomically(folder_ / "environment.json", environment_json(data));
    continue_after(0, 0);
  } catch (const Error& error) {
    discard();
    throw Error(concat("[run] the output folder ", folder_, " cannot be written: ", error.what()),
                error.fault());
  }
}

void RunFolder::go_on(const Config& config, const std::string& data) {
  const bool longer = wants_more_epochs(folder_, config);
  if (!longer) check_config(folder_, config);
  const std::string before = data_of(folder_);
  if (before.empty()) {
    notes_.push_back(concat("the run in ", folder_, " has no checksum of its data: only their ",
                            "number, shape, classes and means are compared"));
  }
  MINITAPE_CHECK(before.empty() || before == data, "[run] ", folder_,
                 " holds a run on other data. It began with ", before, "; now there are ", data,
                 ". Bring those data back, or name a new folder with --out");
  if (longer) {  // in this order: what is cut off in between can be resumed as the old run
    for (const char* name : {"model.safetensors", "views.csv"}) fs::remove(folder_ / name);
    write_atomically(folder_ / "config.toml", to_toml(config));
  }
  const fs::path environment = folder_ / "environment.json";
  write_atomically(environment, with_resumed(file_contents(environment).value_or(""), data));
}

// ---- Rows ----

void RunFolder::continue_after(Index steps, Index epochs) {
  steps_.emplace(folder_ / "steps.csv", kStepColumns, steps);
  metrics_.emplace(folder_ / "metrics.csv", kEpochColumns, epochs);
}

void RunFolder::add(const StepRecord& r) {
  steps_->row({std::to_string(r.step), std::to_string(r.epoch), number_text(r.learning_rate),
               number_text(r.loss), number_text(r.accuracy), number_text(r.seconds)});
}

void RunFolder::add(const EpochRecord& r) {
  metrics_->row({std::to_string(r.epoch), std::to_string(r.step), number_text(r.seconds),
                 number_text(r.learning_rate), number_text(r.train.loss),
                 number_text(r.train.accuracy), number_text(r.train_eval.loss),
                 number_text(r.train_eval.accuracy), number_text(r.test.loss),
                 number_text(r.test.accuracy)});
}

std::optional<EpochRecord> RunFolder::last_epoch(const fs::path& folder) {
  const CsvTable metrics = read_csv(folder / "metrics.csv");
  if (metrics.rows.empty()) return std::nullopt;
  const auto last = [&](const char* column) { return metrics.numbers(column).back(); };
  return EpochRecord{.epoch = static_cast<Index>(last("epoch")),
                     .step = static_cast<Index>(last("step")),
                     .seconds = last("seconds"),
                     .learning_rate = last("learning_rate"),
                     .train = {last("train_loss"), last("train_accuracy")},
                     .train_eval = {last("train_eval_loss"), last("train_eval_accuracy")},
                     .test = {last("test_loss"), last("test_accuracy")}};
}

std::optional<double> RunFolder::views_accuracy(const fs::path& folder) {
  const fs::path file = folder / "views.csv";
  if (!fs::exists(file)) return {};
  const std::vector<double> accuracies = read_csv(file).numbers("test_accuracy");
  MINITAPE_CHECK(accuracies.size() == 2, "[csv] ", file,
                 " must have two rows, as training wrote them: it has ", accuracies.size());
  return accuracies[1];
}

// ---- Models and checkpoints ----

void RunFolder::write_checkpoint(const SafetensorsFile& checkpoint) {
  steps_->sync();
  metrics_->sync();
  write_safetensors(folder_ / "checkpoint.safetensors", checkpoint);
}

// ---- What a folder holds ----

void RunFolder::discard() const {
  std::error_code ignored;
  for (const char* file : kFiles) fs::remove(folder_ / file, ignored);
  fs::remove(folder_, ignored);  // fails where something else is in it
}

bool RunFolder::holds_run(const fs::path& folder) {
  std::error_code unreadable;  // then nothing is known, and writing will say what is wrong
  const auto is_there = [&](const char* file) { return fs::exists(folder / file, unreadable); };
  return std::any_of(std::begin(kFiles), std::end(kFiles), is_there) || is_there("summary.csv");
}

void RunFolder::check_free(const fs::path& folder, Start start) {
  MINITAPE_CHECK(start == Start::resume || !holds_run(folder), "[run] ", folder, " holds another ",
                 "run: name a new folder with --out, go on with --resume, or remove this one");
  MINITAPE_CHECK(start == Start::fresh || fs::exists(folder / "config.toml") || !holds_run(folder),
                 "[run] ", folder, " holds files of a run, but no config.toml to go on with: name ",
                 "a new folder with --out, or remove this one");
}

bool RunFolder::is_complete(const fs::path& folder) {
  std::error_code unreadable;
  return fs::exists(folder / "model.safetensors", unreadable);
}

void RunFolder::check_config(const fs::path& folder, const Config& config) {
  const std::string keys = joined(differing_keys(read_config(folder / "config.toml"), config));
  MINITAPE_CHECK(keys.empty(), "[run] ", folder,
                 " holds a run with another config. Different are: ", keys,
                 ". Name a new folder with --out, or go back to that config");
}

bool RunFolder::wants_more_epochs(const fs::path& folder, const Config& config) {
  const Config before = read_config(folder / "config.toml");
  const bool longer = differing_keys(before, config) == std::vector<std::string>{"train.epochs"} &&
                      config.train.epochs > before.train.epochs;
  if (!longer) return false;
  const std::string& schedule = config.schedule.name;
  const bool looks_ahead = config.optimizer.lookahead_steps > 0;
  MINITAPE_CHECK(!looks_ahead && (schedule == "constant" || schedule == "step"),
                 "[run] a run with ", looks_ahead ? "lookahead" : "schedule.name = " + schedule,
                 " cannot get more epochs: its ", looks_ahead ? "slow weights" : "learning rates",
                 " depend on the whole length of the run. Name a new folder with --out");
  MINITAPE_CHECK(
      config.train.max_steps == 0, "[run] a run with train.max_steps = ", config.train.max_steps,
      " cannot get more epochs: it ends after that many steps. ", "Name a new folder with --out");
  return true;
}

std::string RunFolder::data_of(const fs::path& folder) {
  return data_in_environment(file_contents(folder / "environment.json").value_or(""));
}

}  // namespace minitape
