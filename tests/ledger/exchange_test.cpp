// Text 1, a question on StackExchange: what exactly is normalized, by which index, how many
// variables. The two Keras models of the answer are configs of this repository.

#include "ledger/ledger.hpp"
#include "minitape/config/build.hpp"
#include "minitape/nn/batch_norm.hpp"
#include "minitape/nn/conv2d.hpp"
#include "minitape/nn/dense.hpp"
#include "minitape/nn/simple_layers.hpp"
#include "minitape/ops/activation.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/tools/summary.hpp"

namespace minitape {
namespace {

Sequential seed_model(const std::string& name, const Shape& input) {
  return build_model(read_config(source_file("apps/configs/" + name + ".toml")), input);
}

// What operation computed the input of the first batch norm on the tape.
std::string input_of_batch_norm(Sequential& model, const Tensor& x) {
  Tape tape;
  model.forward(tape.constant(x), Mode::training);
  for (const Tape::Node& node : tape.nodes()) {
    if (node.operation != "batch_norm") continue;
    return tape.nodes()[static_cast<std::size_t>(node.inputs[0])].operation;
  }
  return "no batch norm";
}

Index numbers_in(const SummaryRow& row) { return row.trainable + row.not_trainable; }

}  // namespace

TEST_SUITE_BEGIN("ledger");

TEST_CASE("1.1, 1.2, 1.3: each column of Y = H W + theta is normalized, with its own gamma") {
  const Tensor h = random_tensor("H", {20, 4}), gamma = gamma_of(3), beta = beta_of(3);
  Dense dense(4, 3);
  dense.initialize(1);
  const Tensor y = dense.predict(h);  // [20, 3]
  const Tensor y_hat = normalized(y, gamma, beta, 0);
  for (Index j = 0; j < 3; ++j) {
    double mean = 0, variance = 0;
    for (Index i = 0; i < 20; ++i) mean += y[i * 3 + j] / 20;
    for (Index i = 0; i < 20; ++i) variance += squared(y[i * 3 + j] - mean) / 20;
    for (Index i = 0; i < 20; ++i) {
      const double expected = gamma[j] * (y[i * 3 + j] - mean) / std::sqrt(variance) + beta[j];
      CHECK(std::abs(y_hat[i * 3 + j] - expected) < kExact);
    }
    CHECK(std::sqrt(exact_moments(y_hat, j).second) == about(std::abs(gamma[j]), kExact));
  }
  CHECK(std::abs(gamma[0]) != std::abs(gamma[1]));
}

TEST_CASE("1.4: the index of the mean is the column, not the batch") {
  BatchNorm layer(3);
  for (const Index rows : {7, 20, 11}) {  // after three batches still three means
    Tape tape;
    layer.forward(tape.constant(random_tensor("x", {rows, 3})), Mode::training);
    CHECK(layer.state().buffers[0]->value.shape() == Shape{3});
  }
}

TEST_CASE("1.5, 1.7: dense(30 to 50) is followed by 50-vectors, two trained and two not") {
  Sequential model = seed_model("seed_dense", {30});
  std::vector<const Parameter*> trained;
  for (const Parameter* parameter : model.state().parameters) {
    if (parameter->name.find("batch_norm") != std::string::npos) trained.push_back(parameter);
  }
  REQUIRE(trained.size() == 2);
  CHECK(trained[0]->role == Role::gamma);
  CHECK(trained[1]->role == Role::beta);
  for (const Parameter* parameter : trained) CHECK(parameter->value.shape() == Shape{50});
  const std::vector<Buffer*> kept = model.state().buffers;
  REQUIRE(kept.size() == 2);
  for (const Buffer* buffer : kept) CHECK(buffer->value.shape() == Shape{50});
}

TEST_CASE("1.6: after a convolution there are C entries of each, whatever the image's size") {
  for (const Index side : {2, 9}) {
    const Tensor x = random_tensor("x", {4, side, side, 30}, 3);
    const BatchStatistics batch = batch_statistics(x);
    CHECK(batch.mean.shape() == Shape{30});
    for (Index c = 0; c < 30; ++c) {
      double sum = 0;  // over N·H·W
      for (Index i = c; i < x.size(); i += 30) sum += x[i];
      CHECK(batch.mean[c] == about(sum / static_cast<double>(4 * side * side), kExact));
    }
  }
}

TEST_CASE("1.8: the dense table: 1550, 200, 255, in all 2005, 1905 trainable and 100 not") {
  const Summary summary = summarize(seed_model("seed_dense", {30}), {30});
  REQUIRE(summary.rows.size() == 3);
  CHECK(numbers_in(summary.rows[0]) == 1550);
  CHECK(numbers_in(summary.rows[1]) == 200);
  CHECK(numbers_in(summary.rows[2]) == 255);
  CHECK(summary.trainable + summary.not_trainable == 2005);
  CHECK(summary.trainable == 1905);
  CHECK(summary.not_trainable == 100);
}

TEST_CASE("1.9: the convolution table: 1470, 120, 6000010, in all 6001600, 60 not trainable") {
  const Summary summary = summarize(seed_model("seed_conv", {100, 200, 3}), {100, 200, 3});
  REQUIRE(summary.rows.size() == 4);
  CHECK(numbers_in(summary.rows[0]) == 1470);
  CHECK(numbers_in(summary.rows[1]) == 120);
  CHECK(summary.rows[0].output == Shape{100, 200, 30});
  CHECK(summary.rows[2].output == Shape{600'000});
  CHECK(numbers_in(summary.rows[3]) == 6'000'010);
  CHECK(summary.trainable + summary.not_trainable == 6'001'600);
  CHECK(summary.trainable == 6'001'540);
  CHECK(summary.not_trainable == 60);
}

TEST_CASE("1.10: a 4 x 4 kernel keeps the size only by padding one before and two after") {
  Tensor image = Tensor::zeros({1, 6, 7, 1});
  image[0] = 1;
  const Tensor kernel = random_tensor("kernel", {4, 4, 1, 1});
  const Tensor y = conv2d(image, kernel, nullptr, {1, Padding::same()});
  CHECK(y.shape() == image.shape());
  // Output (i, j) sees pixel (0, 0) through kernel entry (1 − i, 1 − j), if there is one.
  for (Index i = 0; i < 6; ++i) {
    for (Index j = 0; j < 7; ++j) {
      const double expected = i <= 1 && j <= 1 ? at(kernel, {1 - i, 1 - j, 0, 0}) : 0;
      CHECK(at(y, {0, i, j, 0}) == expected);
    }
  }
  const Tensor symmetric = conv2d(image, kernel, nullptr, {1, Padding::of(1)});
  CHECK(symmetric.shape() == Shape{1, 5, 6, 1});  // one on all sides is too little
}

TEST_CASE("1.11: the 50 and 30 biases in front of batch norm get no gradient") {
  const auto gradients = [](Sequential& model, const Tensor& x) {
    Tape tape;
    const Var y = model.forward(tape.constant(x), Mode::training);
    tape.backward(sum(y * tape.constant(random_tensor("r", y.shape()))));
    double largest_bias = 0, largest_kernel = 0;
    const std::vector<Parameter*> first = model.state().parameters;
    for (const Real g : first[0]->gradient.values()) {
      largest_kernel = std::max(largest_kernel, std::abs(g));
    }
    for (const Real g : first[1]->gradient.values()) {
      largest_bias = std::max(largest_bias, std::abs(g));
    }
    CHECK(first[1]->role == Role::bias);
    CHECK(largest_bias < 1e-11);
    CHECK(largest_kernel > 0.1);
  };
  Sequential dense = seed_model("seed_dense", {30});
  gradients(dense, random_tensor("x", {20, 30}));
  Sequential conv;
  conv.add<Conv2D>(3, 30, 4, Conv2DOptions{1, Padding::same()});
  conv.add<BatchNorm>(30);
  conv.initialize(1);
  gradients(conv, random_tensor("x", {2, 5, 6, 3}));

  const Summary summary = summarize(dense, {30});
  CHECK(summary.rows[0].note.find("its 50 biases have no effect") != std::string::npos);
}

TEST_CASE("1.13: in the answer's own model batch norm sees Y, not sigma(Y)") {
  Sequential answer = seed_model("seed_dense", {30});
  CHECK(input_of_batch_norm(answer, random_tensor("x", {20, 30})) == "dense");

  // The statistics tell the two apart.
  const Tensor x = random_tensor("x", {20, 4});
  Sequential model;
  model.add<Dense>(4, 3, KernelOptions{.bias = false});
  model.add<BatchNorm>(3, BatchNormOptions{.ema_decay = 0});
  model.add<Activation>(Activation::sigmoid);
  model.initialize(1);
  Tape tape;
  model.forward(tape.constant(x), Mode::training);
  const Tensor y = model.layer(0).predict(x), activated = sigmoid(y);
  for (Index c = 0; c < 3; ++c) {
    const double seen = model.state().buffers[0]->value[c];
    CHECK(std::abs(seen - exact_moments(y, c).first) < kExact);
    CHECK(std::abs(seen - exact_moments(activated, c).first) > 0.1);
  }
}

TEST_CASE("1.14: images stored channel by channel have the same means and variances") {
  const Index n = 3, height = 4, width = 5, channels = 2;
  const Tensor nhwc = random_tensor("x", {n, height, width, channels}, 2);
  const Index pixels = height * width;
  std::vector<double> nchw(static_cast<std::size_t>(nhwc.size()));
  for (Index i = 0; i < nhwc.size(); ++i) {
    const Index c = i % channels, pixel = i / channels % pixels, image = i / channels / pixels;
    nchw[static_cast<std::size_t>((image * channels + c) * pixels + pixel)] = nhwc[i];
  }
  const BatchStatistics batch = batch_statistics(nhwc);
  for (Index c = 0; c < channels; ++c) {
    std::vector<double> values;
    for (Index image = 0; image < n; ++image) {
      const auto first = nchw.begin() + (image * channels + c) * pixels;
      values.insert(values.end(), first, first + pixels);
    }
    CHECK(batch.mean[c] == about(mean_of(values), kExact));
    CHECK(batch.variance[c] == about(squared(deviation_of(values)), kExact));
  }
}

TEST_SUITE_END();

}  // namespace minitape
