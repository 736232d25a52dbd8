// Gradients of Σ dy·y for a batch norm of four rows, and of images, against the equations and
// against mistaken ones.
#include "check.hpp"
#include "minitape/ops/batch_norm.hpp"

using namespace minitape;
using namespace minitape::exercise;

namespace {

constexpr double kEpsilon = 0.5;
const Tensor kGamma({2}, {2, -0.5}), kBeta({2}, {1, 3});

struct Gradients {
  Tensor dx, dgamma, dbeta;
};

// What a term of the equations can use: the numbers of one element and of its column.
struct At {
  double x, dy, x_hat, m, images, inv_std, gamma, dgamma, dbeta;
};
using Formula = std::function<double(const At&)>;

// The column's numbers for every element, then dx by the formula; the other two as sums of theirs.
Gradients by(const Tensor& x, const Tensor& dy, const Formula& dgamma, const Formula& dbeta,
             const Formula& dx) {
  const Index channels = x.channels();
  const auto m = static_cast<double>(x.rows()), images = static_cast<double>(x.shape()[0]);
  Gradients result{x, Tensor::zeros({channels}), Tensor::zeros({channels})};
  for (Index c = 0; c < channels; ++c) {
    double mean = 0, variance = 0;
    for (Index i = c; i < x.size(); i += channels) mean += x[i] / m;
    for (Index i = c; i < x.size(); i += channels) variance += std::pow(x[i] - mean, 2) / m;
    At at{0, 0, 0, m, images, 1 / std::sqrt(variance + kEpsilon), kGamma[c], 0, 0};
    const auto move_to = [&](Index i) {
      at.x = x[i];
      at.dy = dy[i];
      at.x_hat = (x[i] - mean) * at.inv_std;
    };
    for (Index i = c; i < x.size(); i += channels) {
      move_to(i);
      at.dgamma += at.dy * at.x_hat;
      at.dbeta += at.dy;
      result.dgamma[c] += dgamma(at);
      result.dbeta[c] += dbeta(at);
    }
    for (Index i = c; i < x.size(); i += channels) {
      move_to(i);
      result.dx[i] = dx(at);
    }
  }
  return result;
}

double dgamma_term(const At& a) { return a.dy * a.x_hat; }
double dbeta_term(const At& a) { return a.dy; }
double dx_term(const At& a) {
  return a.gamma * a.inv_std * (a.dy - a.dbeta / a.m - a.x_hat * a.dgamma / a.m);
}
Gradients right(const Tensor& x, const Tensor& dy) {
  return by(x, dy, dgamma_term, dbeta_term, dx_term);
}

// The student's.
Gradients computed(const Tensor& x, const Tensor& dy) {
  Tape tape;
  const Var vx = tape.variable(x), gamma = tape.variable(kGamma), beta = tape.variable(kBeta);
  const Var y = batch_norm_training(vx, gamma, beta, kEpsilon).y;
  tape.backward(sum(y * tape.constant(dy)));
  return {gradient_of(vx), gradient_of(gamma), gradient_of(beta)};
}

void check_rows() {
  const Tensor x({4, 2}, {1, 10, 2, 10, 6, 40, 3, 20}), dy({4, 2}, {1, 2, -1, 1, 2, 0, 1, -4});
  const Gradients expected = right(x, dy);
  const auto check = [&](const std::string& title) {
    return Check(title).given("x", x).given("dy", dy).given("gamma", kGamma).given("ε = 0.5");
  };
  const auto dbeta_by = [&](const Formula& f) { return by(x, dy, dgamma_term, f, dx_term).dbeta; };
  check("dbeta")
      .mistake("a mean in place of the sum", "that is Σ dy / m.",
               dbeta_by([](const At& a) { return a.dy / a.m; }))
      .mistake("= for +=", "that is the last row of dy.", Tensor({2}, {1, -4}))
      .mistake("dgamma and dbeta are swapped", "AffineGradients is {dgamma, dbeta}.",
               expected.dgamma)
      .expect(
          "dbeta = Σ dy", [&] { return computed(x, dy).dbeta; }, expected.dbeta);

  const auto dgamma_by = [&](const Formula& f) { return by(x, dy, f, dbeta_term, dx_term).dgamma; };
  check("dgamma")
      .mistake("x in place of x_hat", "that is Σ dy·x.",
               dgamma_by([](const At& a) { return a.dy * a.x; }))
      .mistake("inv_std is forgotten in x_hat", "that is Σ dy·(x − mean).",
               dgamma_by([](const At& a) { return a.dy * a.x_hat / a.inv_std; }))
      .mistake("a mean in place of the sum", "that is Σ dy·x_hat / m.",
               dgamma_by([](const At& a) { return a.dy * a.x_hat / a.m; }))
      .expect(
          "dgamma = Σ dy·x_hat", [&] { return computed(x, dy).dgamma; }, expected.dgamma);

  const auto dx_by = [&](const Formula& f) { return by(x, dy, dgamma_term, dbeta_term, f).dx; };
  check("dx")
      .mistake("gamma is forgotten",
               "that is inv_std·(…). Multiply by scale, which is gamma·inv_std.",
               dx_by([](const At& a) { return dx_term(a) / a.gamma; }))
      .mistake("mean and variance are taken for constants",
               "that is gamma·inv_std·dy, as in inference. Here both depend on x: two terms more.",
               dx_by([](const At& a) { return a.gamma * a.inv_std * a.dy; }))
      .mistake("the mean's term is missing", "dbeta/m is not subtracted.", dx_by([](const At& a) {
                 return a.gamma * a.inv_std * (a.dy - a.x_hat * a.dgamma / a.m);
               }))
      .mistake("the variance's term is missing", "x_hat·dgamma/m is not subtracted.",
               dx_by([](const At& a) { return a.gamma * a.inv_std * (a.dy - a.dbeta / a.m); }))
      .mistake("the variance's term has the wrong sign", "x_hat·dgamma/m is added.",
               dx_by([](const At& a) {
                 return a.gamma * a.inv_std * (a.dy - a.dbeta / a.m + a.x_hat * a.dgamma / a.m);
               }))
      .mistake("the sums are not divided by m", "that is dy − dbeta − x_hat·dgamma.",
               dx_by([](const At& a) {
                 return a.gamma * a.inv_std * (a.dy - a.dbeta - a.x_hat * a.dgamma);
               }))
      .mistake("inv_std is forgotten in x_hat",
               "(x − mean)·dgamma/m is subtracted, without inv_std.", dx_by([](const At& a) {
                 return a.gamma * a.inv_std *
                        (a.dy - a.dbeta / a.m - a.x_hat / a.inv_std * a.dgamma / a.m);
               }))
      .mistake("n − 1 for n",
               "that is dgamma/(m − 1). Forward divides the variance by m, so backward does too.",
               dx_by([](const At& a) {
                 return a.gamma * a.inv_std *
                        (a.dy - a.dbeta / a.m - a.x_hat * a.dgamma / (a.m - 1));
               }))
      .expect(
          "dx", [&] { return computed(x, dy).dx; }, expected.dx);
}

void check_images() {
  const Tensor x({2, 2, 1, 2}, {1, 10, 2, 10, 6, 40, 3, 20});
  const Tensor dy({2, 2, 1, 2}, {1, 2, -1, 1, 2, 0, 1, -4});
  Check("dx of images: two of 2×1 pixels with two channels")
      .given("x", x)
      .given("dy", dy)
      .given("gamma", kGamma)
      .given("ε = 0.5")
      .mistake("divided by N in place of N·H·W",
               "a channel has m = N·H·W numbers, x.rows() of them.",
               by(x, dy, dgamma_term, dbeta_term,
                  [](const At& a) {
                    const double n = a.images;
                    return a.gamma * a.inv_std * (a.dy - a.dbeta / n - a.x_hat * a.dgamma / n);
                  })
                   .dx)
      .expect(
          "dx", [&] { return computed(x, dy).dx; }, right(x, dy).dx);

  const auto loss = [&](const Tensor& moved) {
    Tape tape;
    const Var y = batch_norm_training(tape.variable(moved), tape.constant(kGamma),
                                      tape.constant(kBeta), kEpsilon)
                      .y;
    return double{sum(y * tape.constant(dy)).value().item()};
  };
  Check("and the same dx by differences: (L(x + h) − L(x − h)) / 2h")
      .expect(
          "dx", [&] { return computed(x, dy).dx; }, differences(loss, x), 1e-6);
}

}  // namespace

int main() {
  return run([] {
    check_rows();
    check_images();
  });
}
