#include "minitape/tools/summary.hpp"

#include "minitape/nn/conv2d.hpp"
#include "minitape/nn/simple_layers.hpp"
#include "minitape/norms/layers.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

// Two models whose parameters are known from Keras: 30-50-5 with batch norm after the first dense
// layer, and a convolution of 100×200 images with batch norm and a dense layer.
Sequential dense_model() {
  Sequential model;
  model.add<Dense>(30, 50);
  model.add<BatchNorm>(50);
  model.add<Dense>(50, 5);
  return model;
}
Sequential conv_model() {
  Sequential model;
  model.add<Conv2D>(3, 30, 4, Conv2DOptions{1, Padding::same()});
  model.add<BatchNorm>(30);
  model.add<Flatten>();
  model.add<Dense>(600'000, 10);
  return model;
}

// Rows as "name shape trainable+not".
std::vector<std::string> rows(const Summary& summary) {
  std::vector<std::string> lines;
  for (const SummaryRow& row : summary.rows) {
    lines.push_back(concat(row.layer, " ", row.output, " ", row.trainable, "+", row.not_trainable));
  }
  return lines;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE("the dense model has 2,005 parameters, 1,905 of them trainable") {
  const Summary summary = summarize(dense_model(), {30});
  CHECK(rows(summary) == std::vector<std::string>{"0.dense (50) 1550+0",
                                                  "1.batch_norm (50) 100+100",
                                                  "2.dense (5) 255+0"});
  CHECK(summary.trainable == 1905);
  CHECK(summary.not_trainable == 100);
  CHECK(summary.input == Shape{30});
  const std::string text = summary.to_string();
  CHECK(contains(text, "Total parameters: 2,005\n"));
  CHECK(contains(text, "Trainable:        1,905\n"));
  CHECK(contains(text, "Not trainable:    100\n"));
}

TEST_CASE("the convolution model has 6,001,600 parameters, 6,001,540 of them trainable") {
  const Summary summary = summarize(conv_model(), {100, 200, 3});
  CHECK(rows(summary) == std::vector<std::string>{
                             "0.conv2d (100, 200, 30) 1470+0", "1.batch_norm (100, 200, 30) 60+60",
                             "2.flatten (600000) 0+0", "3.dense (10) 6000010+0"});
  CHECK(summary.trainable == 6'001'540);
  CHECK(summary.not_trainable == 60);
  const std::string text = summary.to_string();
  CHECK(contains(text, "Total parameters: 6,001,600\n"));
  CHECK(contains(text, "Trainable:        6,001,540\n"));
  CHECK(contains(text, "Not trainable:    60\n"));
}

TEST_CASE("the table names layers, shapes and parameters in aligned columns") {
  const std::string expected =
      "layer          output shape   parameters\n"
      "input          (None, 30)              0\n"
      "0.dense        (None, 50)          1,550   its 50 biases have no effect: 1.batch_norm "
      "subtracts them again\n"
      "1.batch_norm   (None, 50)            200   epsilon 1e-05; running statistics keep 90 % of "
      "the old value (PyTorch momentum 0.1, Keras 0.9)\n"
      "2.dense        (None, 5)             255\n"
      "\n"
      "Total parameters: 2,005\n"
      "Trainable:        1,905\n"
      "Not trainable:    100\n";
  CHECK(summarize(dense_model(), {30}).to_string() == expected);
}

TEST_CASE("biases in front of batch norm are marked, others are not") {
  const Summary summary = summarize(conv_model(), {100, 200, 3});
  CHECK(summary.rows[0].note == "its 30 biases have no effect: 1.batch_norm subtracts them again");
  CHECK(summary.rows[3].note == "");

  Sequential model;
  model.add<Dense>(30, 50, KernelOptions{.bias = false});
  model.add<BatchNorm>(50);
  model.add<Dense>(50, 50);
  model.add<Activation>(Activation::relu);  // between: the bias counts
  model.add<BatchNorm>(50);
  const Summary marked = summarize(model, {30});
  CHECK(marked.rows[0].note == "");
  CHECK(marked.rows[2].note == "");

  // Given statistics know nothing of a bias; those of the batch do, also where they are constants.
  for (const auto from : {StatisticsFrom::running, StatisticsFrom::batch_as_constant}) {
    Sequential other;
    other.add<Dense>(30, 50);
    other.add<BatchNormVariant>(50, BatchNormOptions{}, BatchNormVariation{.statistics = from});
    const bool is_marked = contains(summarize(other, {30}).rows[0].note, "have no effect");
    CHECK(is_marked == (from != StatisticsFrom::running));
  }
}

TEST_CASE("batch norm's note says how the running statistics are kept") {
  Sequential model;
  model.add<BatchNorm>(5, BatchNormOptions{.epsilon = 1e-3, .ema_decay = 0.99});
  model.add<BatchNorm>(5, BatchNormOptions{.running = RunningStatistics::cumulative});
  const Summary summary = summarize(model, {5});
  CHECK(summary.rows[0].note ==
        "epsilon 0.001; running statistics keep 99 % of the old value (PyTorch momentum 0.01, "
        "Keras 0.99)");
  CHECK(summary.rows[1].note == "epsilon 1e-05; running statistics average all batches");
}

TEST_CASE("layers inside of a residual block have rows of their own") {
  Sequential body;
  body.add<Conv2D>(2, 2, 3, Conv2DOptions{1, Padding::same()});
  body.add<BatchNorm>(2);
  Sequential model;
  model.add<Activation>(Activation::relu);
  model.add<Residual>(std::move(body));
  const Summary summary = summarize(model, {5, 4, 2});
  CHECK(rows(summary) == std::vector<std::string>{
                             "0.relu (5, 4, 2) 0+0", "1.residual.0.conv2d (5, 4, 2) 38+0",
                             "1.residual.1.batch_norm (5, 4, 2) 4+4", "1.residual (5, 4, 2) 0+0"});
  CHECK(contains(summary.rows[1].note, "its 2 biases have no effect: 1.residual.1.batch_norm"));
  CHECK(summary.rows[3].note == "adds its input");
}

TEST_CASE("parameters that are not trained count as not trainable") {
  Sequential model = dense_model();
  for (Parameter* parameter : model.state().parameters) {
    parameter->trainable = parameter->role == Role::gamma || parameter->role == Role::bias;
  }
  const Summary summary = summarize(model, {30});
  CHECK(rows(summary) == std::vector<std::string>{"0.dense (50) 50+1500",
                                                  "1.batch_norm (50) 50+150", "2.dense (5) 5+250"});
  CHECK(summary.trainable == 105);
  CHECK(summary.not_trainable == 1900);
}

TEST_CASE("a summary allocates no activations") {
  const Sequential model = conv_model();
  const std::size_t before = allocator_stats().system_requests;
  summarize(model, {100, 200, 3});
  CHECK(allocator_stats().system_requests == before);
}

TEST_CASE("a model that does not fit together has no summary") {
  CHECK(error_lacks({"layer 0.dense does not fit after the input, which gives (31)"},
                    [] { summarize(dense_model(), {31}); }) == "");
}

}  // namespace minitape
