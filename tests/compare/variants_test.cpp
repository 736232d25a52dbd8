#include "minitape/compare/variants.hpp"

#include <fstream>
#include <set>

#include "temporary_folder.hpp"
#include "testing.hpp"
#include "tiny_experiment.hpp"

namespace minitape {
namespace {

using Texts = std::vector<std::string>;

// ---- Variations ----

TEST_CASE("parse_variation: commas separate, except in brackets, braces and quotes") {
  CHECK(parse_variation("model.batch_norm=false,true").key == "model.batch_norm");
  CHECK(parse_variation("model.batch_norm=false,true").values == Texts{"false", "true"});
  CHECK(parse_variation("data.augment=[],[\"flip\",\"crop\"]").values ==
        Texts{"[]", "[\"flip\",\"crop\"]"});
  CHECK(parse_variation("model.init={type=\"zeros\"},{type=\"normal\",stddev=1}").values ==
        Texts{"{type=\"zeros\"}", "{type=\"normal\",stddev=1}"});
  CHECK(parse_variation("data.dir=\"a,b\",'c],\"',d=e").values ==
        Texts{"\"a,b\"", "'c],\"'", "d=e"});
  // A bracket within quotes opens nothing, and a bracket within a bracket closes its own.
  CHECK(parse_variation("k=\"[\",[[1,2],[3]],4").values == Texts{"\"[\"", "[[1,2],[3]]", "4"});
}

TEST_CASE("parse_variation: refuses what varies nothing") {
  for (const char* text : {"", "seed", "=1,2"}) {
    CAPTURE(text);
    CHECK(error_lacks({"[vary] expected key=value1,value2", text},
                      [&] { parse_variation(text); }) == "");
  }
  for (const char* text : {"seed=", "seed=1", "seed=1,", "seed=,1", "seed=1,,2", "seed=[1,2"}) {
    CAPTURE(text);
    CHECK(error_lacks({"[vary] needs at least two values", text}, [&] { parse_variation(text); }) ==
          "");
  }
  CHECK(error_lacks({"[vary] the values must differ", "1,2,1"},
                    [] { parse_variation("seed=1,2,1"); }) == "");
}

// ---- Variants ----

// The variants of the tiny config under these variations, written "key=v1,v2".
struct Made {
  explicit Made(const Texts& texts, const Texts& assignments = {}) {
    const TemporaryFolder folder;
    const auto file = folder.path() / "tiny.toml";
    std::ofstream(file) << to_toml(config_with(kTinyLayers));
    for (const std::string& text : texts) variations.push_back(parse_variation(text));
    variants = make_variants(file, assignments, variations);
  }
  Fairness fairness(Index seeds = 1) const { return check_fair(variants, variations, seeds); }

  std::vector<Variation> variations;
  std::vector<Variant> variants;
};

Texts names(const std::vector<Variant>& variants) {
  Texts result;
  for (const Variant& variant : variants) result.push_back(variant.name);
  return result;
}

TEST_CASE("make_variants: one config for each value, on top of the assignments") {
  const Made made({"model.batch_norm=false,true"}, {"seed=7"});
  REQUIRE(made.variants.size() == 2);
  CHECK(names(made.variants) == Texts{"batch_norm = false", "batch_norm = true"});
  CHECK(made.variants[0].folder == "batch_norm-false");
  CHECK_FALSE(made.variants[0].config.model.batch_norm);
  CHECK(made.variants[1].config.model.batch_norm);
  CHECK(made.variants[0].config.seed == 7);
}

TEST_CASE("make_variants: all combinations, the last variation running fastest") {
  const Made made({"train.epochs=1,2", "model.batch_norm=false,true", "train.batch_size=8,4,2"});
  const Texts all = names(made.variants);
  REQUIRE(all.size() == 12);
  CHECK(all[0] == "epochs = 1, batch_norm = false, batch_size = 8");
  CHECK(all[2] == "epochs = 1, batch_norm = false, batch_size = 2");
  CHECK(all[3] == "epochs = 1, batch_norm = true, batch_size = 8");
  CHECK(all[11] == "epochs = 2, batch_norm = true, batch_size = 2");
  CHECK(made.variants[11].folder == "epochs-2_batch_norm-true_batch_size-2");
  CHECK(made.variants[11].config.train.epochs == 2);
  CHECK(made.variants[11].config.train.batch_size == 2);
}

TEST_CASE("make_variants: folders are safe file names, and no two variants share one") {
  const Made odd({"data.dir=\"../ä b\",\"x\""});
  CHECK(odd.variants[0].folder == "dir-_..____b_");
  // After making names safe the first two are alike; the third is what the second would become.
  const Made same({"data.dir=a/b,a:b,a_b_1"});
  std::set<std::string> folders;
  for (const Variant& variant : same.variants) folders.insert(variant.folder);
  CHECK(folders.size() == 3);
}

TEST_CASE("make_variants: a long value makes no folder name that a file system refuses") {
  const std::string layer = R"({type="dense",units=2})";
  std::string layers = R"([{type="flatten"})";
  for (int i = 0; i < 20; ++i) layers += "," + layer;
  const Made made({"model.layers=" + layers + "]," + layers + "," + layer + "]"});
  CHECK(made.variants[0].folder != made.variants[1].folder);
  for (const Variant& variant : made.variants) CHECK(variant.folder.size() <= 100);
}

TEST_CASE("make_variants: refuses a key that is varied twice, and names a key that is wrong") {
  CHECK(error_lacks({"[vary] train.epochs is varied twice"}, [] {
          Made({"train.epochs=1,2", "train.epochs=3,4"});
        }) == "");
  CHECK(error_lacks({"[vary] \"learning_rate = 0.1\" and \"learning_rate = 0.10\" are the same"},
                    [] { Made({"optimizer.learning_rate=0.1,0.10"}); }) == "");
  CHECK(error_lacks({"train.epoch", "did you mean"}, [] { Made({"train.epoch=1,2"}); }) == "");
  CHECK(error_lacks({"train.epochs"}, [] { Made({"train.epochs=1,two"}); }) == "");
  CHECK(error_lacks({"[compare] needs a key to vary"}, [] { Made({}); }) == "");
}

TEST_CASE("make_variants: refuses more combinations than anyone can want before it makes them") {
  std::string values = "1";
  for (int i = 2; i <= 200; ++i) values += "," + std::to_string(i);
  CHECK(error_lacks({"[vary] at most 1000 variants can be compared: got 40000 combinations"}, [&] {
          Made({"seed=" + values, "train.epochs=" + values, "train.batch_size=" + values});
        }) == "");
}

TEST_CASE("with_seed: counts on from the config's own seed") {
  const Config config = config_with(kTinyLayers, "");
  CHECK(with_seed(config, 0) == config);
  CHECK(with_seed(config, 3).seed == 4);
  // Beyond 2^63 - 1 no config file could say it.
  Config last = config;
  last.seed = 9223372036854775806u;
  CHECK(with_seed(last, 1).seed == 9223372036854775807u);
  CHECK(error_lacks({"[compare] seeds must be below 2^63", "9223372036854775806 + 2"},
                    [&] { with_seed(last, 2); }) == "");
}

// ---- Fairness ----

TEST_CASE("check_fair: batch norm on and off share weights and batches") {
  const Fairness fairness = Made({"model.batch_norm=false,true"}).fairness();
  CHECK(fairness.same_weights);
  CHECK(fairness.same_batches);
  // The kernels 3·3·1·2 and 32·2 and the dense bias 2; the convolution's bias is in one alone.
  CHECK(fairness.sentence ==
        "Fair: the variants differ in model.batch_norm alone. 3 initial tensors that they share "
        "(84 numbers) are bit-equal. They see the same batches.");
}

TEST_CASE("check_fair: looks at every seed, and counts numbers of one") {
  const std::string sentence = Made({"model.batch_norm=false,true"}).fairness(3).sentence;
  CHECK(sentence.find("(84 numbers) are bit-equal for each of 3 seeds.") != std::string::npos);
}

TEST_CASE("check_fair: says so where batches differ") {
  const Fairness size = Made({"train.batch_size=4,8"}).fairness();
  CHECK(size.same_weights);
  CHECK_FALSE(size.same_batches);
  CHECK(size.sentence.find("Their batches differ.") != std::string::npos);
  CHECK_FALSE(Made({"train.shuffle=true,false"}).fairness().same_batches);
  CHECK_FALSE(Made({"data.standardize=true,false"}).fairness().same_batches);
  CHECK_FALSE(Made({"data.augment=[],[\"flip\"]"}).fairness().same_batches);
  CHECK(Made({"optimizer.learning_rate=0.1,0.2"}).fairness().same_batches);
}

TEST_CASE("check_fair: weights may differ where the varied key sets them") {
  const Fairness init = Made({"model.init={type=\"he_normal\"},{type=\"he_uniform\"}"}).fairness();
  CHECK_FALSE(init.same_weights);
  CHECK(init.same_batches);
  // Biases, gamma and beta and the running statistics start alike nevertheless.
  CHECK(init.sentence.find("5 initial tensors") != std::string::npos);
  CHECK(init.sentence.find("; 2 others differ as the varied key says") != std::string::npos);
  // A kernel that only two of three variants share is no shared kernel.
  const Made three({"model.init={type=\"zeros\"},{type=\"normal\",stddev=0},{type=\"he_normal\"}"});
  CHECK(three.fairness().sentence.find("5 initial tensors") != std::string::npos);
  CHECK_FALSE(Made({"model.init.type=he_normal,he_uniform"}).fairness().same_weights);
  CHECK_FALSE(Made({"seed=1,2"}).fairness().same_weights);
  CHECK_FALSE(Made({"seed=1,2"}).fairness().same_batches);
}

TEST_CASE("check_fair: refuses variants that differ in anything else") {
  Made made({"model.batch_norm=false,true"});
  made.variants[1].config.train.batch_size = 4;
  CHECK(error_lacks({"[compare] \"batch_norm = true\" differs from \"batch_norm = false\"",
                     "train.batch_size, which is not varied"},
                    [&] { made.fairness(); }) == "");
}

TEST_CASE("check_fair: refuses a switch that switches nothing") {
  const Texts both{"model.batch_norm=false,true"};
  const std::string dense = R"({type="flatten"},{type="dense",units=2})";
  CHECK(
      error_lacks({"[compare] model.batch_norm must change something", "no entry of model.layers"},
                  [&] { Made(both, {"model.layers=[" + dense + "]"}).fairness(); }) == "");
  // A batch_norm layer inside of a residual block is one.
  const std::string block = R"({type="residual",layers=[{type="batch_norm"}]},)";
  CHECK_NOTHROW(Made(both, {"model.layers=[" + block + dense + "]"}).fairness());
}

TEST_CASE("check_fair: refuses other initial weights, though the keys would allow it") {
  // The size of the images is no key about weights, but changes the dense kernel all the same.
  Made made({"data.input=[4,4,1],[8,8,1]"});
  CHECK(error_lacks({"different 4.dense.kernel", "no varied key sets initial weights"},
                    [&] { made.fairness(); }) == "");
}

}  // namespace
}  // namespace minitape
