// Text 0, C. Patil: input normalization and batch norm side by side, 0.4 and 0.11 … 0.19.

#include "ledger/ledger.hpp"
#include "ledger/training.hpp"
#include "minitape/config/build.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/tools/summary.hpp"

namespace minitape {
namespace {

// Images [n, 8, 8, 1] of two classes with texture of deviation 0.1. Either the class is the
// brightness, 0.4 or 0.6; or brightness varies with deviation 1 and the class is which half of the
// image is a little brighter, by 0.04.
Examples textured(std::uint64_t seed, const std::string& name, bool class_is_brightness) {
  Random random = stream(seed, name);
  Examples examples{Tensor::uninitialized({200, 8, 8, 1}), {}};
  for (Index i = 0; i < 200; ++i) {
    const bool second = i % 2 == 1;
    const double brightness =
        class_is_brightness ? (second ? 0.6 : 0.4) + 0.03 * random.normal() : 0.5 + random.normal();
    for (Index p = 0; p < 64; ++p) {
      const bool bright_side = (p % 8 < 4) == second;
      const double side = class_is_brightness ? 0 : bright_side ? 0.02 : -0.02;
      examples.x[i * 64 + p] = brightness + side + 0.1 * random.normal();
    }
    examples.labels.push_back(second ? 1 : 0);
  }
  return examples;
}

// Every image minus its own mean, divided by its own deviation.
Examples normalized_by_image(Examples examples) {
  for (Index i = 0; i < examples.size(); ++i) {
    const Tensor image = normalized(rows_of(examples.x, i, 1), 0);
    std::copy_n(image.data(), image.size(), examples.x.data() + i * image.size());
  }
  return examples;
}

// The same with one mean and one deviation for all.
Examples normalized_by(const BatchStatistics& set, Examples examples) {
  examples.x =
      batch_norm_inference(std::move(examples.x), Tensor::full({1}, 1), Tensor::zeros({1}), set, 0);
  return examples;
}

// Test accuracy of a linear classifier.
double linear_accuracy(const Examples& training, const Examples& test) {
  Sequential model;
  model.add<Flatten>();
  model.add<Dense>(64, 2);
  model.initialize(1);
  train(model, training, {.batch_size = 20, .rate = 0.01, .epochs = 10});
  return accuracy(model, test);
}

}  // namespace

TEST_SUITE_BEGIN("ledger");

TEST_CASE("0.4: whether an image's own statistics make sense depends on what is to be told") {
  // Measured with seeds 1 to 6: where brightness is the class, 0.47 to 0.55 by image and 0.985 to
  // 0.995 by set; where it is a nuisance, 0.77 to 0.82 by image and 0.51 to 0.60 by set.
  for (const bool class_is_brightness : {true, false}) {
    const Examples training = textured(1, "train", class_is_brightness);
    const Examples test = textured(1, "test", class_is_brightness);
    const BatchStatistics set = batch_statistics(training.x);
    const double by_image =
        linear_accuracy(normalized_by_image(training), normalized_by_image(test));
    const double by_set = linear_accuracy(normalized_by(set, training), normalized_by(set, test));
    CAPTURE(by_image);
    CAPTURE(by_set);
    if (class_is_brightness) {
      CHECK(std::abs(by_image - 0.5) < 0.1);
      CHECK(by_set > 0.98);
    } else {
      CHECK(by_image > by_set + 0.1);
    }
  }
}

TEST_CASE("0.11: channels outnumber the pixels of a side only in a network's later layers") {
  const Config config = read_config(source_file("apps/configs/cifar_cnn.toml"));
  const Summary summary = summarize(build_model(config, {32, 32, 3}), {32, 32, 3});
  std::vector<Shape> normalized_maps;
  for (const SummaryRow& row : summary.rows) {
    if (row.layer.find("batch_norm") != row.layer.npos) normalized_maps.push_back(row.output);
  }
  REQUIRE(normalized_maps.size() >= 2);
  const Shape& first = normalized_maps.front();  // (H, W, C): (32, 32, 32) as shipped
  const Shape& last = normalized_maps.back();    // (8, 8, 128)
  CHECK(first.channels() <= first[1]);
  CHECK(last.channels() > 10 * last[1]);
}

TEST_CASE("0.12: the same image comes out differently in two batches, but not in inference") {
  BatchNorm layer(2);
  const Tensor image = random_tensor("image", {1, 3, 3, 2});
  const auto first_of = [&](const std::string& others, Mode mode) {
    Tensor batch = random_tensor(others, {4, 3, 3, 2}, 2);
    std::copy_n(image.data(), image.size(), batch.data());
    Tape tape;
    return rows_of(layer.forward(tape.constant(batch), mode).value(), 0, 1);
  };
  CHECK(mismatch(first_of("a", Mode::training), first_of("b", Mode::training), 0.1) != "");
  CHECK(different_bits(first_of("a", Mode::inference), first_of("b", Mode::inference)) == "");
}

TEST_CASE("0.13: beta is the output's mean, gamma its deviation up to the share of epsilon") {
  const Tensor x = random_tensor("x", {50, 3}, 4, 0.1);
  const Tensor gamma = gamma_of(3), beta = beta_of(3);
  for (const double epsilon : {0.0, 1e-5, 1e-2}) {
    const Tensor y = normalized(x, gamma, beta, epsilon);
    for (Index c = 0; c < 3; ++c) {
      const double v = exact_moments(x, c).second;
      const auto [mean, variance] = exact_moments(y, c);
      CHECK(std::abs(mean - beta[c]) < kExact);
      const double expected = std::abs(gamma[c]) * std::sqrt(v / (v + epsilon));
      CHECK(std::abs(std::sqrt(variance) - expected) < 1e-11);
    }
  }
  // With v near 0.01 and ε = 0.01 the deviation is only 0.7 of gamma.
  const Tensor y = normalized(x, gamma, beta, 1e-2);
  CHECK(std::sqrt(exact_moments(y, 0).second) / std::abs(gamma[0]) == about(0.7, 0.1));
}

TEST_CASE("0.14, 3.3: with epsilon a constant channel gives exactly beta, not 0 / 0") {
  Tensor x = random_tensor("x", {6, 2});
  for (Index i = 0; i < x.size(); i += 2) x[i] = 0.25;  // channel 0 is constant
  const Tensor gamma = gamma_of(2), beta = beta_of(2);
  Tape tape;
  const Var input = tape.variable(x), vgamma = tape.variable(gamma);
  const Var y = batch_norm_training(input, vgamma, tape.constant(beta), 1e-5).y;
  const Tensor output = y.value();
  tape.backward(sum(y * tape.constant(random_tensor("r", x.shape()))));
  for (Index i = 0; i < x.size(); i += 2) CHECK(output[i] == beta[0]);
  CHECK(vgamma.gradient()[0] == 0);
  CHECK(std::abs(vgamma.gradient()[1]) > 0.01);
  for (const Real dx : input.gradient().values()) CHECK(std::isfinite(dx));
  // Without it, 0 / 0.
  const Tensor broken = normalized(x, 0);
  CHECK(std::isnan(broken[0]));
}

TEST_CASE("0.19: forward alone is input normalization: backward has two terms more") {
  const Tensor x = random_tensor("x", {40, 1}, 5, 3), dy = random_tensor("dy", {40, 1}, 1);
  const BatchStatistics statistics = batch_statistics(x);
  const auto gradient = [&](bool batch_norm) {
    Tape tape;
    const Var input = tape.variable(x), one = tape.constant(Tensor::full({1}, 1));
    const Var zero = tape.constant(Tensor::zeros({1}));
    const Var y = batch_norm ? batch_norm_training(input, one, zero, 0).y
                             : batch_norm_inference(input, one, zero, statistics, 0);
    const Tensor output = y.value();
    tape.backward(sum(y * tape.constant(dy)));
    return std::pair{output, input.gradient()};
  };
  const auto [y, dx] = gradient(true);
  const auto [fixed_y, fixed_dx] = gradient(false);
  CHECK(mismatch(y, fixed_y) == "");
  double along_one = 0, along_y = 0, fixed_along_one = 0, fixed_along_y = 0;
  for (Index i = 0; i < 40; ++i) {
    along_one += dx[i];
    along_y += dx[i] * y[i];
    fixed_along_one += fixed_dx[i];
    fixed_along_y += fixed_dx[i] * y[i];
  }
  CHECK(std::abs(along_one) < kExact);
  CHECK(std::abs(along_y) < kExact);
  CHECK(std::abs(fixed_along_one) > 1);
  CHECK(std::abs(fixed_along_y) > 0.1);
}

TEST_SUITE_END();

}  // namespace minitape
