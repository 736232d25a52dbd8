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
  RunFolder run(path, config, "data");
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
  write_safetensors(run.path() / "initial.safetensors", save_model(model));
  CHECK_FALSE(RunFolder::is_complete(path));
  write_safetensors(run.path() / "model.safetensors", save_model(model));
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
      CHECK(error_lacks(
                {"[run]", "--out", "or remove this one",
                 start == Start::fresh ? "holds another run" : "no config.toml"},
                [&] { RunFolder(folder.path(), config_with(kTinyLayers), "data", start); }) == "");
      CHECK(folder.file_names() == Names{file});
      CHECK(file_text(folder.path() / file) == "precious");
    }
  }
}

TEST_CASE("RunFolder: a folder that cannot be made is the caller's to mend") {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "file") << "not a folder";
  CHECK(error_lacks({"[run] the output folder", "file/run", "cannot be written"}, [&] {
          RunFolder(folder.path() / "file" / "run", config_with(kTinyLayers), "data");
        }) == "");
  CHECK(folder.file_names() == Names{"file"});
}

TEST_CASE("RunFolder: a run goes on with the data that it began with, and only with these") {
  const TemporaryFolder folder;
  const auto environment = folder.path() / "environment.json";
  const Config config = config_with(kTinyLayers);
  const auto go_on = [&](const std::string& data) {
    return RunFolder(folder.path(), config, data, Start::resume).notes();
  };
  { const RunFolder first(folder.path(), config, "60 images"); }
  CHECK(RunFolder::data_of(folder.path()) == "60 images");
  CHECK(go_on("60 images").empty());
  const std::string before = file_text(environment);
  CHECK(error_lacks(
            {"[run]", "other data", "began with 60 images", "now there are 61 images", "--out"},
            [&] { go_on("61 images"); }) == "");
  CHECK(file_text(environment) == before);
  // A run of an older version has no checksum, and does not get one that may be wrong.
  for (const char* text : {"{\"cpu\": \"x\"}", "{\"data\": 7}", "{", "", "[]"}) {
    CAPTURE(text);
    std::ofstream(environment) << text;
    CHECK(RunFolder::data_of(folder.path()) == "");
    REQUIRE(go_on("61 images").size() == 1);
    CHECK(go_on("61 images")[0].find("no checksum of its data") != std::string::npos);
  }
}

TEST_CASE("RunFolder: a complete run can get more epochs where its schedule allows that") {
  const TemporaryFolder folder;
  Config config = config_with(kTinyLayers);
  const auto longer = [&](Index epochs) {
    Config other = config;
    other.train.epochs += epochs;
    return other;
  };
  {
    const RunFolder first(folder.path(), config, "data");
    write_safetensors(first.path() / "model.safetensors",
                      save_model(build_model(config, {4, 4, 1})));
  }
  CHECK_FALSE(RunFolder::wants_more_epochs(folder.path(), config));
  CHECK_FALSE(RunFolder::wants_more_epochs(folder.path(), longer(-1)));
  Config other_seed = longer(1);
  other_seed.seed = 2;
  CHECK_FALSE(RunFolder::wants_more_epochs(folder.path(), other_seed));
  CHECK(RunFolder::wants_more_epochs(folder.path(), longer(1)));

  // Other data: nothing changes.
  std::ofstream(folder.path() / "views.csv") << "of the shorter run";
  CHECK_THROWS_AS(RunFolder(folder.path(), longer(1), "others", Start::resume), Error);
  CHECK(RunFolder::is_complete(folder.path()));
  { const RunFolder again(folder.path(), longer(1), "data", Start::resume); }
  CHECK_FALSE(RunFolder::is_complete(folder.path()));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "views.csv"));
  CHECK(read_config(folder.path() / "config.toml") == longer(1));
}

TEST_CASE("RunFolder: more epochs are refused with lookahead, whose weights depend on the length") {
  const TemporaryFolder folder;
  Config config = config_with(kTinyLayers);
  config.optimizer.lookahead_steps = 2;
  { const RunFolder first(folder.path(), config, "data"); }
  config.train.epochs += 1;
  CHECK(error_lacks({"[run] a run with lookahead cannot get more epochs: its slow weights"},
                    [&] { RunFolder::wants_more_epochs(folder.path(), config); }) == "");
}

TEST_CASE("RunFolder: more epochs are refused where the learning rates depend on the length") {
  for (const char* name : {"constant", "step", "cosine", "one_cycle"}) {
    for (const Index max_steps : {0, 3}) {
      const TemporaryFolder folder;
      Config config = config_with(kTinyLayers);
      config.schedule.name = name;
      config.train.max_steps = max_steps;
      { const RunFolder first(folder.path(), config, "data"); }
      config.train.epochs += 1;
      CAPTURE(name);
      CAPTURE(max_steps);
      const std::string schedule = name;
      if (schedule == "cosine" || schedule == "one_cycle") {
        CHECK(error_lacks({"[run]", "schedule.name = " + schedule, "whole length", "--out"},
                          [&] { RunFolder::wants_more_epochs(folder.path(), config); }) == "");
      } else if (max_steps > 0) {
        CHECK(error_lacks({"[run]", "train.max_steps = 3", "--out"},
                          [&] { RunFolder::wants_more_epochs(folder.path(), config); }) == "");
      } else {
        CHECK(RunFolder::wants_more_epochs(folder.path(), config));
      }
    }
  }
}

TEST_CASE("RunFolder: discarding removes the run, and the folder where nothing else is in it") {
  const TemporaryFolder temporary;
  const auto path = temporary.path() / "run";
  const Config config = config_with(kTinyLayers);
  const RunFolder run(path, config, "data");
  write_safetensors(run.path() / "initial.safetensors", save_model(build_model(config, {4, 4, 1})));
  write_safetensors(run.path() / "model.safetensors", save_model(build_model(config, {4, 4, 1})));
  run.discard();
  CHECK_FALSE(std::filesystem::exists(path));

  const RunFolder again(temporary.path(), config, "data");
  std::ofstream(temporary.path() / "notes.txt") << "mine";
  again.discard();
  CHECK(temporary.file_names() == Names{"notes.txt"});
}

}  // namespace
}  // namespace minitape
