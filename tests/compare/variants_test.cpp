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
struct MadeVariants {
  explicit MadeVariants(const Texts& texts, const Texts& assignments = {}) {
    const TemporaryFolder folder;
    const auto file = folder.path() / "tiny.toml";
    std::ofstream(file) << to_toml(config_with(kTinyLayers));
    for (const std::string& text : texts) variations.push_back(parse_variation(text));
    variants = make_variants(file, assignments, variations);
  }

  std::vector<Variation> variations;
  std::vector<Variant> variants;
};

Texts names(const std::vector<Variant>& variants) {
  Texts result;
  for (const Variant& variant : variants) result.push_back(variant.name);
  return result;
}

TEST_CASE("make_variants: one config for each value, on top of the assignments") {
  const MadeVariants made({"model.batch_norm=false,true"}, {"seed=7"});
  REQUIRE(made.variants.size() == 2);
  CHECK(names(made.variants) == Texts{"batch_norm = false", "batch_norm = true"});
  CHECK(made.variants[0].folder == "batch_norm-false");
  CHECK_FALSE(made.variants[0].config.model.batch_norm);
  CHECK(made.variants[1].config.model.batch_norm);
  CHECK(made.variants[0].config.seed == 7);
}

TEST_CASE("make_variants: all combinations, the last variation running fastest") {
  const MadeVariants made(
      {"train.epochs=1,2", "model.batch_norm=false,true", "train.batch_size=8,4,2"});
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
  const MadeVariants odd({"data.dir=\"../ä b\",\"x\""});
  CHECK(odd.variants[0].folder == "dir-_..____b_");
  // After making names safe the first two are alike; the third is what the second would become.
  const MadeVariants same({"data.dir=a/b,a:b,a_b_1"});
  std::set<std::string> folders;
  for (const Variant& variant : same.variants) folders.insert(variant.folder);
  CHECK(folders.size() == 3);
}

TEST_CASE("make_variants: a long value makes no folder name that a file system refuses") {
  const std::string layer = R"({type="dense",units=2})";
  std::string layers = R"([{type="flatten"})";
  for (int i = 0; i < 20; ++i) layers += "," + layer;
  const MadeVariants made({"model.layers=" + layers + "]," + layers + "," + layer + "]"});
  CHECK(made.variants[0].folder != made.variants[1].folder);
  for (const Variant& variant : made.variants) CHECK(variant.folder.size() <= 100);
}

TEST_CASE("make_variants: refuses a key that is varied twice, and names a key that is wrong") {
  CHECK(error_lacks({"[vary] train.epochs is varied twice"}, [] {
          MadeVariants({"train.epochs=1,2", "train.epochs=3,4"});
        }) == "");
  CHECK(error_lacks({"[vary] \"learning_rate = 0.1\" and \"learning_rate = 0.10\" are the same"},
                    [] { MadeVariants({"optimizer.learning_rate=0.1,0.10"}); }) == "");
  CHECK(error_lacks({"train.epoch", "did you mean"}, [] { MadeVariants({"train.epoch=1,2"}); }) ==
        "");
  CHECK(error_lacks({"train.epochs"}, [] { MadeVariants({"train.epochs=1,two"}); }) == "");
  CHECK(error_lacks({"[compare] needs a key to vary"}, [] { MadeVariants({}); }) == "");
}

TEST_CASE("make_variants: refuses more combinations than anyone can want before it makes them") {
  std::string values = "1";
  for (int i = 2; i <= 200; ++i) values += "," + std::to_string(i);
  CHECK(error_lacks({"[vary] at most 1000 variants can be compared: got 40000 combinations"}, [&] {
          MadeVariants({"seed=" + values, "train.epochs=" + values, "train.batch_size=" + values});
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

}  // namespace
}  // namespace minitape
