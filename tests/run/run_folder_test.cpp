#include "minitape/run/run_folder.hpp"

#include <fstream>

#include "minitape/config/build.hpp"
#include "minitape/run/model_file.hpp"
#include "temporary_folder.hpp"
#include "testing.hpp"
#include "tiny_experiment.hpp"

namespace minitape {
namespace {

using Names = std::vector<std::string>;

TEST_CASE("has_diverged: a loss that is not finite says so, an accuracy of NaN does not") {
  CHECK_FALSE(has_diverged(StepRecord{.loss = 1e30}));
  CHECK(has_diverged(StepRecord{.loss = kNaN}));
  CHECK(has_diverged(StepRecord{.loss = kInfinity}));
  // With no epoch done there is no training loss, and nothing wrong with that.
  CHECK_FALSE(has_diverged(EpochRecord{.train = {kNaN, kNaN}}));
  CHECK(has_diverged(EpochRecord{.train_eval = {kNaN, 0}}));
  CHECK(has_diverged(EpochRecord{.test = {kInfinity, 0}}));
}

TEST_CASE("RunFolder: makes the folder with its parents and writes what it is given") {
  const TemporaryFolder temporary;
  const auto path = temporary.path() / "runs" / "first";
  const Config config = config_with(kTinyLayers);
  RunFolder run(path, config);
  run.add(StepRecord{1, 1, 0.5, 0.7, 0.25, 0.125});
  run.add(EpochRecord{1, 2, 3, 0.5, {4, 0.5}, {6, 0.75}, {8, 1}});

  CHECK(run.path() == path);
  CHECK(read_config(path / "config.toml") == config);
  CHECK(file_text(path / "environment.json").find("compiler") != std::string::npos);
  CHECK(file_text(path / "steps.csv") ==
        "step,epoch,learning_rate,loss,accuracy,seconds\n1,1,0.5,0.7,0.25,0.125\n");
  CHECK(file_text(path / "metrics.csv") ==
        "epoch,step,seconds,learning_rate,train_loss,train_accuracy,train_eval_loss,"
        "train_eval_accuracy,test_loss,test_accuracy\n1,2,3,0.5,4,0.5,6,0.75,8,1\n");

  CHECK(RunFolder::holds_run(path));
  CHECK_FALSE(RunFolder::is_complete(path));
  const Sequential model = build_model(config, {4, 4, 1});
  run.write_initial(save_model(model));
  CHECK_FALSE(RunFolder::is_complete(path));
  run.write_model(save_model(model));
  CHECK(RunFolder::is_complete(path));
  Sequential loaded = build_model(config, {4, 4, 1});
  CHECK_NOTHROW(load_model(loaded, read_safetensors(path / "initial.safetensors")));
}

TEST_CASE("RunFolder: files of another run or comparison are never overwritten nor removed") {
  for (const char* file :
       {"config.toml", "environment.json", "steps.csv", "metrics.csv", "initial.safetensors",
        "model.safetensors", "checkpoint.safetensors", "summary.csv"}) {
    for (const Start start : {Start::fresh, Start::resume}) {
      if (start == Start::resume && file == std::string("config.toml")) continue;
      CAPTURE(file);
      CAPTURE(start);
      const TemporaryFolder folder;
      std::ofstream(folder.path() / file) << "precious";
      CHECK(error_lacks({"[run]", "--out", "or remove this one",
                         start == Start::fresh ? "holds another run" : "no config.toml"},
                        [&] { RunFolder(folder.path(), config_with(kTinyLayers), start); }) == "");
      CHECK(folder.file_names() == Names{file});
      CHECK(file_text(folder.path() / file) == "precious");
    }
  }
}

TEST_CASE("RunFolder: a folder that cannot be made is the caller's to mend") {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "file") << "not a folder";
  CHECK(error_lacks({"[run] the output folder", "file/run", "cannot be written"}, [&] {
          RunFolder(folder.path() / "file" / "run", config_with(kTinyLayers));
        }) == "");
  CHECK(folder.file_names() == Names{"file"});
}

TEST_CASE("RunFolder: discarding removes the run, and the folder where nothing else is in it") {
  const TemporaryFolder temporary;
  const auto path = temporary.path() / "run";
  const Config config = config_with(kTinyLayers);
  const RunFolder run(path, config);
  run.write_initial(save_model(build_model(config, {4, 4, 1})));
  run.write_model(save_model(build_model(config, {4, 4, 1})));
  run.discard();
  CHECK_FALSE(std::filesystem::exists(path));

  const RunFolder again(temporary.path(), config);
  std::ofstream(temporary.path() / "notes.txt") << "mine";
  again.discard();
  CHECK(temporary.file_names() == Names{"notes.txt"});
}

}  // namespace
}  // namespace minitape
