#include "minitape/compare/variants.hpp"

#include <fstream>

#include "temporary_folder.hpp"
#include "testing.hpp"
#include "tiny_experiment.hpp"

namespace minitape {
namespace {

using Texts = std::vector<std::string>;

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

TEST_CASE("check_fair: says nothing of a kernel that comes from the images") {
  const auto of = [](const char* init) {
    return concat("[{type=\"conv2d\",filters=8,kernel=2,init={type=\"", init,
                  "\"}},{type=\"flatten\"},{type=\"dense\",units=2}]");
  };
  const Texts varied{"model.layers=" + of("whitening") + "," + of("he_normal")};
  // The convolution's bias, the dense kernel and its bias.
  CHECK(Made(varied).fairness().sentence.find("3 initial tensors that they share") !=
        std::string::npos);
  CHECK(Made(varied).fairness().sentence.find("differ as") == std::string::npos);
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
