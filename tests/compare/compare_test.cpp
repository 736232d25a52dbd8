#include "minitape/compare/results.hpp"

#include <fstream>
#include <limits>

#include "temporary_folder.hpp"
#include "testing.hpp"
#include "tiny_experiment.hpp"

namespace minitape {
namespace {

namespace fs = std::filesystem;

// Made digits, but so few and so small a model that a run takes no time.
Config digits_config() {
  Config config = config_with(R"({ type = "avg_pool", size = 14 }, { type = "batch_norm" },
                                 { type = "flatten" }, { type = "dense", units = 10 })",
                              "[train]\nbatch_size = 10\nepochs = 2");
  config.data = {.name = "digits", .train_limit = 20, .test_limit = 10};
  return config;
}

// Batch norm off and on.
std::vector<Variant> two_variants() {
  Config off = digits_config();
  off.model.batch_norm = false;
  return {{"off", "off", off}, {"on", "on", digits_config()}};
}

// Runs the two variants; `trained` gets a line for each run that was not there already.
std::vector<VariantHistory> run(const fs::path& folder, Index seeds,
                                std::vector<std::string>& trained) {
  trained.clear();
  return run_variants(two_variants(), seeds, folder,
                      {.on_start = [&](const std::string& text) { trained.push_back(text); }});
}

using Texts = std::vector<std::string>;

TEST_CASE("run_variants: trains each variant with each seed, and reads back what the runs wrote") {
  const TemporaryFolder folder;
  Texts trained;
  const auto histories = run(folder.path() / "new", 2, trained);
  CHECK(trained == Texts{"off, seed 1", "on, seed 1", "off, seed 2", "on, seed 2"});
  REQUIRE(histories.size() == 2);
  CHECK(histories[1].name == "on");
  REQUIRE(histories[1].runs.size() == 2);
  const RunHistory& last = histories[1].runs[1];
  CHECK(last.seed == 2);
  CHECK(last.steps == std::vector<double>{1, 2, 3, 4});
  CHECK(last.epoch_steps == std::vector<double>{2, 4});
  CHECK_FALSE(last.diverged_at);
  const fs::path path = folder.path() / "new" / "on_seed-2";
  CHECK(read_config(path / "config.toml").seed == 2);
  CHECK(last.folder == path);
  CHECK(last.train_eval_accuracy == read_csv(path / "metrics.csv").numbers("train_eval_accuracy"));
  CHECK(last.test_loss == read_csv(path / "metrics.csv").numbers("test_loss"));
  CHECK(last.loss == read_csv(path / "steps.csv").numbers("loss"));
}

TEST_CASE("run_variants: the accuracy by several views is read back, of the runs that have it") {
  const TemporaryFolder folder;
  std::vector<Variant> variants = two_variants();
  variants[1].config.train.views = "mirrored";
  const auto histories = run_variants(variants, 1, folder.path());
  CHECK_FALSE(histories[0].runs[0].accuracy_by_views);
  CHECK(histories[1].runs[0].accuracy_by_views ==
        read_csv(folder.path() / "on_seed-1" / "views.csv").numbers("test_accuracy")[1]);
}

TEST_CASE("run_variants: what is done is not done again, what was interrupted is") {
  const TemporaryFolder folder;
  Texts trained;
  const auto first = run(folder.path(), 1, trained);
  run(folder.path(), 1, trained);
  CHECK(trained.empty());
  run(folder.path(), 2, trained);
  CHECK(trained == Texts{"off, seed 2", "on, seed 2"});

  // A killed run has no model yet, and perhaps no checkpoint.
  fs::remove(folder.path() / "on_seed-1" / "model.safetensors");
  fs::remove(folder.path() / "on_seed-1" / "checkpoint.safetensors");
  std::ofstream(folder.path() / "on_seed-1" / "steps.csv") << "step,epo";
  const auto again = run(folder.path(), 1, trained);
  CHECK(trained == Texts{"on, seed 1"});
  CHECK(again[1].runs[0].loss == first[1].runs[0].loss);
}

TEST_CASE("run_variants: a diverged run is a result and is not tried again") {
  const TemporaryFolder folder;
  std::vector<Variant> variants = two_variants();
  variants[0].config.model.init = {.type = "normal", .stddev = 1e9};
  variants[0].config.optimizer.learning_rate = 1e9;
  variants[0].config.optimizer.weight_decay = 1e9;
  std::vector<std::string> trained;
  const CompareWatcher watcher{
      .on_start = [&](const std::string& text) { trained.push_back(text); }};
  const auto histories = run_variants(variants, 1, folder.path(), watcher);
  REQUIRE(histories[0].runs[0].diverged_at);
  CHECK(*histories[0].runs[0].diverged_at > 1);
  CHECK(trained.size() == 2);
  CHECK(run_variants(variants, 1, folder.path(), watcher)[0].runs[0].diverged_at ==
        histories[0].runs[0].diverged_at);
  CHECK(trained.size() == 2);
}

TEST_CASE("run_variants: a run that goes on after it diverged is brought to its end") {
  const TemporaryFolder folder;
  std::vector<Variant> variants = two_variants();
  for (Variant& variant : variants) variant.config.train.stop_on_divergence = false;
  variants[0].config.model.init = {.type = "normal", .stddev = 1e9};
  variants[0].config.optimizer.learning_rate = 1e9;
  variants[0].config.optimizer.weight_decay = 1e9;
  int runs = 0, steps = 0;
  const CompareWatcher watcher{
      .runs = {.on_step = [&](const StepRecord&, Index, Index) { ++steps; },
               .wants_to_stop = [&] { return runs == 1 && steps == 3; }},
      .on_start = [&](const std::string&) { ++runs; }};
  CHECK(run_variants(variants, 1, folder.path(), watcher).empty());
  const auto histories = run_variants(variants, 1, folder.path(), watcher);
  REQUIRE(histories.size() == 2);
  CHECK(histories[0].runs[0].steps.size() == 4);
  CHECK(histories[0].runs[0].diverged_at);
}

TEST_CASE("run_variants: another config's run is refused and stays") {
  const TemporaryFolder folder;
  Texts trained;
  run(folder.path(), 1, trained);
  std::vector<Variant> other = two_variants();
  other[0].config.train.epochs = 3;
  const std::string before = file_text(folder.path() / "off_seed-1" / "steps.csv");
  CHECK(error_lacks({"off_seed-1", "holds a run with another config", "train.epochs", "--out"},
                    [&] { run_variants(other, 1, folder.path()); }) == "");
  CHECK(file_text(folder.path() / "off_seed-1" / "steps.csv") == before);
}

TEST_CASE("run_variants: names a finished run that is damaged, and what to do") {
  const TemporaryFolder folder;
  Texts trained;
  run(folder.path(), 1, trained);
  std::ofstream(folder.path() / "on_seed-1" / "steps.csv", std::ios::app) << "garbage\n";
  CHECK(error_lacks(
            {"[compare] the run in", "on_seed-1", "is damaged", "line 6", "Remove that folder"},
            [&] { run(folder.path(), 1, trained); }) == "");
  CHECK(trained.empty());
}

// Writes other data into a run's environment.json, as if its files had been others.
void set_data(const fs::path& run, const std::string& data) {
  std::ofstream(run / "environment.json") << "{\"data\": \"" << data << "\"}";
}

TEST_CASE("run_variants: runs that should see the same data and do not are refused, untrained") {
  const TemporaryFolder folder;
  Texts trained;
  run(folder.path(), 1, trained);
  const std::string good = RunFolder::data_of(folder.path() / "on_seed-1");
  std::string other = good;  // of the same length: another checksum
  other[other.find("crc32 ") + 6] ^= 1;

  set_data(folder.path() / "on_seed-1", other);
  CHECK(error_lacks({"[compare] all runs must be on the same data", "off_seed-1: " + good,
                     "on_seed-1: " + other, "--out"},
                    [&] { run(folder.path(), 1, trained); }) == "");
  // The runs agree with each other, but the data of today are others. Seed 2 draws its own digits.
  set_data(folder.path() / "off_seed-1", other);
  CHECK(run(folder.path(), 2, trained).size() == 2);
  CHECK(trained == Texts{"off, seed 2", "on, seed 2"});
  fs::remove_all(folder.path() / "on_seed-1");
  CHECK(error_lacks({"off_seed-1: " + other, "Now: " + good},
                    [&] { run(folder.path(), 1, trained); }) == "");
  CHECK(trained.empty());
}

TEST_CASE("run_variants: says how many runs have no checksum of their data") {
  const TemporaryFolder folder;
  Texts trained, notes;
  run(folder.path(), 1, trained);
  set_data(folder.path() / "on_seed-1", "");
  const auto tell = [&](const std::string& note) { notes.push_back(note); };
  const auto histories = run_variants(two_variants(), 1, folder.path(), {.runs = {.tell = tell}});
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].starts_with("1 of 2 runs"));
  CHECK(data_sentence(histories).starts_with("Some runs have no checksum"));
}

TEST_CASE("run_variants: a variant that does not fit the data is refused before the first trains") {
  const TemporaryFolder folder;
  std::vector<Variant> variants = two_variants();
  const auto refused = [&](const std::string& why) {
    const std::string lacks =
        error_lacks({why}, [&] { run_variants(variants, 1, folder.path() / "new"); });
    return lacks + (folder.file_names().empty() ? "" : "; something was trained");
  };
  variants[1].config.optimizer.lookahead_steps = 5;  // of the run's 4
  CHECK(refused("the run's 4 steps (train.epochs, train.max_steps): it is 5 (on)") == "");
  variants[1] = two_variants()[1];
  variants[1].config.data.augment = {"flip", "alternating_flip"};
  CHECK(refused("out of data.augment") == "");
  variants[1] = two_variants()[1];
  variants[1].config.optimizer.nesterov = true;
  variants[1].config.optimizer.momentum = 0;
  CHECK(refused("nesterov needs momentum > 0") == "");
  variants[1] = two_variants()[1];
  variants[1].config.data.train_limit = 1;  // data of its own
  CHECK(refused("must yield a batch") == "");
  variants[1] = two_variants()[1];
  variants[1].config.optimizer.lookahead_steps = 5;  // fits its own data, 6 steps
  variants[1].config.data.train_limit = 30;
  CHECK(run_variants(variants, 1, folder.path() / "new").size() == 2);
}

constexpr unsigned char kDot[] = {  // a PNG of one grey pixel
    137, 80, 78,  71,  13, 10,  26, 10, 0,  0,  0,   13,  73,  72,  68, 82, 0, 0,
    0,   1,  0,   0,   0,  1,   8,  0,  0,  0,  0,   58,  126, 155, 85, 0,  0, 0,
    13,  73, 68,  65,  84, 120, 1,  1,  2,  0,  253, 255, 0,   9,   0,  11, 0, 10,
    235, 22, 141, 164, 0,  0,   0,  0,  73, 69, 78,  68,  174, 66,  96, 130};

TEST_CASE("run_variants: images that are too small for a variant's views are told before a run") {
  const TemporaryFolder folder;
  for (const char* name : {"train/a", "train/b", "test/a", "test/b"}) {
    fs::create_directories(folder.path() / name);
    std::ofstream file(folder.path() / name / "dot.png", std::ios::binary);
    file.write(reinterpret_cast<const char*>(kDot), sizeof kDot);
  }
  Config config = config_with(R"({ type = "flatten" }, { type = "dense", units = 2 })",
                              "[train]\nbatch_size = 2");
  config.data = {.name = "folder", .dir = folder.path().string(), .image_size = 1, .channels = 1};
  std::vector<Variant> variants{{"one", "one", config}, {"six", "six", config}};
  variants[1].config.train.views = "shifted";
  CHECK(error_lacks({"to be shifted by 1 with a mirrored border", "(1, 1, 1) (six)"},
                    [&] { run_variants(variants, 1, folder.path() / "new"); }) == "");
  CHECK_FALSE(fs::exists(folder.path() / "new"));
}

TEST_CASE("run_variants: data that is missing leaves no folder behind") {
  const TemporaryFolder folder;
  std::vector<Variant> variants = two_variants();
  variants[0].config.data = {.name = "mnist", .dir = (folder.path() / "nowhere").string()};
  CHECK(error_lacks({"train-images"}, [&] { run_variants(variants, 1, folder.path() / "new"); }) ==
        "");
  CHECK(folder.file_names().empty());
}

}  // namespace
}  // namespace minitape
