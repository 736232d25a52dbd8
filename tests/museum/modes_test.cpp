// Exhibits 11 to 13: training and inference mixed up. Here the mode is an argument of forward, and
// what is recorded keeps to it; a const model can only predict.

#include "minitape/nn/batch_norm.hpp"
#include "museum/planted.hpp"
#include "nn/layer_testing.hpp"

namespace minitape {
namespace {

// Running statistics unlike those of any batch here.
const BatchStatistics kRunning{Tensor({3}, {4, 6, 5}), Tensor({3}, {4, 12, 8})};

Var library_inference(const Inputs& v) {
  return batch_norm_inference(v[0], v[1], v[2], kRunning, kEpsilon);
}

}  // namespace

TEST_SUITE_BEGIN("museum");

TEST_CASE("museum 11: inference mode goes back by the training formula") {
  // The mistake: forward asks for the mode, backward does not.
  const auto wrong = [](bool training) -> Function {
    return [=](const Inputs& v) {
      return planted(v, training ? batch_statistics(v[0].value()) : kRunning, kEpsilon, right_dx);
    };
  };
  // Weak: gradients are checked in training mode alone.
  CHECK(wrong_gradients(wrong(true), telling_inputs()) == "");

  // Strong: in inference mode too.
  CHECK(wrong_gradients(wrong(false), telling_inputs()) != "");
  CHECK(wrong_gradients(library_inference, telling_inputs()) == "");
  const Tensor right = dx_of(library_inference, telling_inputs());
  CHECK(relative_error(dx_of(wrong(false), telling_inputs()), right) == about(2.6));
}

TEST_CASE("museum 12: the mode is read when backward runs") {
  // The mistake: a flag of the network decides, and not the forward pass that was recorded.
  bool training = true;
  const Function wrong = [&](const Inputs& v) {
    return planted(v, [&](double dy, double x_hat, const Channel& at) {
      return training ? right_dx(dy, x_hat, at) : at.gamma * at.inv_std * dy;
    });
  };
  // Weak: the flag stays as it is.
  CHECK(wrong_gradients(wrong, telling_inputs()) == "");

  // Strong: between forward and backward somebody measures the accuracy, in inference mode.
  const Function evaluated_meanwhile = [&](const Inputs& v) {
    training = true;
    const Var y = wrong(v);
    training = false;
    return y;
  };
  CHECK(wrong_gradients(evaluated_meanwhile, telling_inputs()) != "");
  CHECK(error_of_dx(evaluated_meanwhile, telling_inputs()) == about(0.996));

  BatchNorm layer(3);
  const Function library_meanwhile = [&](const Inputs& v) {
    const Var y = layer.forward(v[0], Mode::training);
    layer.predict(v[0].value());
    layer.forward(v[0], Mode::inference);
    return y;
  };
  CHECK(wrong_gradients(library_meanwhile, {random_tensor("x", {7, 3}, 5, 3)}) == "");
}

TEST_CASE("museum 13: the batch's size tells training from inference") {
  BatchNorm layer(3);
  randomize(layer);
  // The mistake: one row, so it must be inference.
  const auto wrong_predict = [&](const Tensor& x) {
    Tape tape;
    const Mode guess = x.rows() == 1 ? Mode::inference : Mode::training;
    return layer.forward(tape.constant(x), guess).value();
  };
  // Weak: prediction is tried with one example.
  const Tensor one = random_tensor("x", {1, 3}, 5, 3);
  CHECK(different_bits(wrong_predict(one), layer.predict(one)) == "");

  // Strong: with two examples. Their outputs must be those that they have alone.
  const Tensor two({2, 3}, {one[0], one[1], one[2], 1, 2, 3});
  const auto first_row = [](const Tensor& y) { return Tensor({1, 3}, {y[0], y[1], y[2]}); };
  const Tensor alone = layer.predict(one);
  CHECK(different_bits(first_row(layer.predict(two)), alone) == "");
  CHECK(mismatch(first_row(wrong_predict(two)), alone, 0.5) != "");
  // And one image of 5×4 pixels has 20 rows.
  const Tensor image = random_tensor("x", {1, 5, 4, 3}, 5, 3);
  CHECK(mismatch(wrong_predict(image), layer.predict(image), 0.5) != "");
}

TEST_SUITE_END();

}  // namespace minitape
