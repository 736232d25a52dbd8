// Exhibits 7 to 10, 17 and 18: formulas that are almost right, and the inputs on which it shows.

#include "museum/planted.hpp"

namespace minitape {
namespace {

const Shape kImages{3, 5, 4, 2};

// ---- 7 ----

// The sums of the gradient run over the images of the batch, each pixel by itself.
Var without_spatial_sums(const Inputs& v) {
  const BatchStatistics statistics = batch_statistics(v[0].value());
  const Tensor x = v[0].value();
  const Index images = x.shape()[0], in_image = x.size() / images, channels = x.channels();
  const Var y = planted(v, right_dx);
  return v[0].tape().record("wrong", v, y.value(), [=](const Tensor&, const Tensor& dy) {
    Tensor dx = dy;
    for (Index i = 0; i < dx.size(); ++i) {
      const Index c = i % channels;
      const double inv_std = 1 / std::sqrt(statistics.variance[c] + kEpsilon);
      const auto x_hat = [&](Index j) { return (x[j] - statistics.mean[c]) * inv_std; };
      Channel at{static_cast<double>(x.rows()), 0, inv_std, v[1].value()[c], 0, 0};
      for (Index j = i % in_image; j < dx.size(); j += in_image) {  // and not += channels
        at.dgamma += dy[j] * x_hat(j);
        at.dbeta += dy[j];
      }
      dx[i] = right_dx(dy[i], x_hat(i), at);
    }
    v[0].add_gradient(std::move(dx));
  });
}

// ---- 17 ----

// Batch norm with a gamma and a beta for every channel of every pixel, as if the image were a row.
Var per_activation(const Inputs& v) {
  const Shape& shape = v[0].shape();
  return reshape(library({flatten(v[0]), v[1], v[2]}), shape);
}

// ---- 18 ----

// (N, H, W, C) -> (N, C, W, H)
Var swap_axes(Var x) {
  const Shape s = x.shape();
  const auto swapped = [](const Tensor& from, const Shape& f) {
    Tensor to = Tensor::uninitialized({f[0], f[3], f[2], f[1]});
    for (Index i = 0; i < from.size(); ++i) {
      const Index c = i % f[3], w = i / f[3] % f[2], h = i / (f[3] * f[2]) % f[1];
      const Index n = i / (f[3] * f[2] * f[1]);
      to[((n * f[3] + c) * f[2] + w) * f[1] + h] = from[i];
    }
    return to;
  };
  Tensor y = swapped(x.value(), s);
  const Shape y_shape = y.shape();
  return x.tape().record("swap_axes", {x}, std::move(y), [=](const Tensor&, const Tensor& dy) {
    x.add_gradient(swapped(dy, y_shape));
  });
}

// Axis 1 is taken for the channels, where they would be in NCHW.
Var along_axis_1(const Inputs& v) { return swap_axes(library({swap_axes(v[0]), v[1], v[2]})); }

// How far the means of y's channels lie from beta, at most (identity 11: they are beta).
double mean_minus_beta(const Function& f, const std::vector<Tensor>& inputs) {
  Tape tape;
  Inputs v;
  for (const Tensor& input : inputs) v.push_back(tape.variable(input));
  const Tensor mean = batch_statistics(f(v).value()).mean;
  double largest = 0;
  for (Index c = 0; c < mean.size(); ++c) {
    largest = std::max(largest, std::abs(mean[c] - inputs[2][c]));
  }
  return largest;
}

}  // namespace

TEST_SUITE_BEGIN("museum");

TEST_CASE("museum 07: direct term divided by N; spatial axis not summed") {
  // The first mistake: dy is divided by the number of images, as if it belonged to a mean.
  const Function divided = [](const Inputs& v) {
    const auto images = static_cast<double>(v[0].shape()[0]);
    return planted(v, [=](double dy, double x_hat, const Channel& at) {
      return at.gamma * at.inv_std * (dy / images - at.dbeta / at.m - x_hat * at.dgamma / at.m);
    });
  };
  // Weak: a tolerance of 0.4, and inputs that spread by 30, so that gradients are small anyway.
  const std::vector<Tensor> wide{random_tensor("x", kImages, 5, 30), gamma_of(2), beta_of(2)};
  CHECK(passes(divided, wide, 0.4));
  // Strong: the usual tolerance, and even here.
  CHECK_FALSE(passes(divided, wide, 1e-6));
  CHECK(passes(library, wide, 1e-6));
  CHECK(error_of_dx(divided, wide) == about(0.78));

  // The second mistake. Weak: rows without pixels, where there is nothing to forget.
  CHECK(passes(without_spatial_sums, telling_inputs({7, 3}), 1e-6));
  CHECK(passes(without_spatial_sums, telling_inputs({7, 1, 1, 3}), 1e-6));
  // Strong: images of 5×4 pixels.
  CHECK_FALSE(passes(without_spatial_sums, telling_inputs(kImages), 1e-6));
  CHECK(passes(library, telling_inputs(kImages), 1e-6));
  CHECK(error_of_dx(without_spatial_sums, telling_inputs(kImages)) == about(0.57));
}

TEST_CASE("museum 08: statistics computed without gradient") {
  // The mistake: mean and variance are taken for constants, as in inference.
  const Function wrong = [](const Inputs& v) {
    return planted(v,
                   [](double dy, double, const Channel& at) { return at.gamma * at.inv_std * dy; });
  };
  // Weak: "it trains". The loss falls as far as it does along the right gradient.
  const auto loss_after = [&](const Function& f, int steps) {
    Tensor x = telling_inputs()[0];
    double loss = 0;
    for (int step = 0; step <= steps; ++step) {
      Tape tape;
      const Var vx = tape.variable(x);
      const Var y = f({vx, tape.constant(gamma_of(3)), tape.constant(beta_of(3))});
      const Var error = y - tape.constant(random_tensor("target", {7, 3}));
      const Var total = mean(error * error);
      loss = total.value().item();
      tape.backward(total);
      for (Index i = 0; i < x.size(); ++i) x[i] -= vx.gradient()[i];
    }
    return loss;
  };
  CHECK(loss_after(wrong, 200) / loss_after(wrong, 0) == about(0.31));
  CHECK(loss_after(library, 200) / loss_after(library, 0) == about(0.31));

  // Strong: the gradient. Almost all of what was left in is what should have been removed.
  CHECK(wrong_gradients(wrong, telling_inputs()) != "");
  CHECK(wrong_gradients(library, telling_inputs()) == "");
  CHECK(error_of_dx(wrong, telling_inputs()) == about(0.996));
  // A plain sum would have caught this one: its gradient is 0 and this dx is not.
  CHECK(probe(wrong, telling_inputs(), sum).error > 0.1);
}

TEST_CASE("museum 09: n-1 in forward, n in backward") {
  const auto bessel = [](const InputGradient& dx_formula) -> Function {
    return [=](const Inputs& v) {
      const auto m = static_cast<double>(v[0].value().rows());
      BatchStatistics unbiased = batch_statistics(v[0].value());
      for (Real& variance : unbiased.variance.values()) variance *= m / (m - 1);
      return planted(v, unbiased, kEpsilon, dx_formula);
    };
  };
  // The mistake: dgamma/m belongs to the biased variance; to this one, dgamma/(m − 1).
  const Function wrong = bessel(right_dx);
  const Function right = bessel([](double dy, double x_hat, const Channel& at) {
    return at.gamma * at.inv_std * (dy - at.dbeta / at.m - x_hat * at.dgamma / (at.m - 1));
  });
  const auto error = [&](Index rows) {
    const std::vector<Tensor> inputs = telling_inputs({rows, 3});
    return relative_error(dx_of(wrong, inputs), dx_of(right, inputs));
  };
  // Weak: a usual batch and a tolerance for float.
  CHECK(passes(wrong, telling_inputs({32, 3}), 1e-2));

  // Strong: a small batch in double precision.
  CHECK(wrong_gradients(wrong, telling_inputs({5, 3})) != "");
  CHECK(wrong_gradients(right, telling_inputs({5, 3})) == "");
  CHECK(wrong_gradients(library, telling_inputs({5, 3})) == "");
  CHECK(error(5) == about(0.16));
  CHECK(error(32) == about(0.0026));  // the error falls with the batch's size
}

TEST_CASE("museum 10: epsilon differs between forward and backward, or stands outside the root") {
  // The mistake: x_hat = (x − mean)/(√v + 1e-6) forward, 1/√(v + 1e-5) backward.
  const Function wrong = [](const Inputs& v) {
    BatchStatistics outside = batch_statistics(v[0].value());
    for (Real& variance : outside.variance.values()) {
      variance = std::pow(std::sqrt(variance) + 1e-6, 2);
    }
    return planted(v, outside, 0, [](double dy, double x_hat, const Channel& at) {
      Channel other = at;
      other.inv_std = 1 / std::sqrt(at.variance + 1e-5);
      return right_dx(dy, x_hat, other);
    });
  };
  const auto inputs = [](double deviation) {
    return std::vector<Tensor>{random_tensor("x", {7, 3}, 5, deviation), gamma_of(3), beta_of(3)};
  };
  const auto error = [&](double deviation) { return error_of_dx(wrong, inputs(deviation)); };
  // Weak: inputs of deviation 10, where no ε matters.
  CHECK(wrong_gradients(wrong, inputs(10)) == "");
  CHECK(error(10) < 1e-6);

  // Strong: inputs that hardly vary.
  CHECK(wrong_gradients(wrong, inputs(0.01)) != "");
  CHECK(wrong_gradients(library, inputs(0.01)) == "");
  CHECK(error(0.01) == about(0.062));
}

TEST_CASE("museum 17: per activation instead of per channel on images") {
  // The mistake: see per_activation. Its gamma has H·W·C = 40 values instead of C = 2.
  const std::vector<Tensor> inputs{random_tensor("x", kImages, 5, 3), gamma_of(40), beta_of(40)};
  // Weak: gradients are right, every column has mean beta, and on rows it is batch norm indeed.
  CHECK(wrong_gradients(per_activation, inputs) == "");
  CHECK(wrong_gradients(per_activation, telling_inputs({7, 3})) == "");

  // Strong: the shape of gamma. The library takes (C) and says so.
  CHECK(error_lacks({"gamma", "(40)", "(2)"}, [&] { wrong_gradients(library, inputs); }) == "");
  CHECK(error_lacks({"gamma", "(40)", "(2)"},
                    [] { wrong_gradients(per_activation, telling_inputs(kImages)); }) == "");
  // And the numbers: channel by channel, x_hat has other values (gamma = 1, beta = 0).
  Tape tape;
  const Var x = tape.constant(inputs[0]);
  const auto plain = [&](const Function& f, Index n) {
    const Var one = tape.constant(Tensor::full({n}, 1)), none = tape.constant(Tensor::zeros({n}));
    return f({x, one, none}).value();
  };
  CHECK(relative_error(plain(per_activation, 40), plain(library, 2)) == about(0.66));
}

TEST_CASE("museum 18: axis confusion NHWC/NCHW") {
  // The mistake: see along_axis_1.
  // Weak: N = H = W = C. All shapes fit, and the gradients are those of this other function.
  CHECK(wrong_gradients(along_axis_1, telling_inputs({4, 4, 4, 4})) == "");

  // Strong: different sizes do not fit, and channels must have mean beta.
  CHECK(error_lacks({"gamma", "(2)", "(5)"}, [] {
          wrong_gradients(along_axis_1, telling_inputs({3, 5, 4, 2}));
        }) == "");
  CHECK(mean_minus_beta(library, telling_inputs({4, 4, 4, 4})) < 1e-14);
  CHECK(mean_minus_beta(along_axis_1, telling_inputs({4, 4, 4, 4})) == about(0.75));
  CHECK(wrong_gradients(library, telling_inputs({3, 5, 4, 2})) == "");
}

TEST_SUITE_END();

}  // namespace minitape
