#include "minitape/verify/gradient_check.hpp"

#include "testing.hpp"

namespace minitape {
namespace {

Parameter parameter_of(const std::string& name, const Tensor& value) {
  Parameter parameter(name, Role::kernel, value.shape());
  parameter.value = value;
  return parameter;
}

// y = f(x) elementwise with the slope given by hand, right or wrong.
template <class Function, class Slope>
Var elementwise(Var x, Function f, Slope slope) {
  Tensor y = x.value();
  for (Real& value : y.values()) value = f(value);
  return x.tape().record("elementwise", {x}, std::move(y), [=](const Tensor&, Tensor dy) {
    for (Index i = 0; i < dy.size(); ++i) dy[i] *= slope(x.value()[i]);
    x.add_gradient(std::move(dy));
  });
}

Real cube(Real v) { return v * v * v; }

// Checks y = x³ whose slope is claimed to be `slope`.
template <class Slope>
GradientReport check_cube(Parameter& x, Slope slope) {
  return check_gradients(
      "cube", [&](Tape& tape) { return elementwise(tape.parameter(x), cube, slope); }, {&x});
}

}  // namespace

TEST_CASE("a right gradient passes, every entry is checked" * double_only()) {
  Parameter x = parameter_of("x", random_tensor("x", {3, 4}));
  const GradientReport report = check_cube(x, [](Real v) { return 3 * v * v; });
  CHECK_MESSAGE(report.passed(), report.to_string());
  CHECK(report.function == "cube");
  CHECK(report.rows.size() == 1);
  CHECK(report.rows[0].checked == 12);
  CHECK(report.rows[0].left_out == 0);
  CHECK(report.rows[0].error < 1e-8);
  CHECK(report.to_string().find("ok    cube: x (3, 4), 12 of 12 entries checked, 0 left out") == 0);
}

TEST_CASE("a slope that is wrong by one in ten thousand fails" * double_only()) {
  Parameter x = parameter_of("x", random_tensor("x", {3, 4}));
  CHECK_FALSE(check_cube(x, [](Real v) { return Real(3.0003) * v * v; }).passed());
}

TEST_CASE("one wrong entry among many is found and named" * double_only()) {
  Parameter x = parameter_of("x", numbers({3}, {1, 2, 3}));
  const GradientReport report = check_cube(x, [](Real v) { return v == 2 ? 0 : 3 * v * v; });
  CHECK_FALSE(report.passed());
  CHECK(report.rows[0].index == 1);
  CHECK(report.rows[0].value == 2);
  CHECK(report.rows[0].analytic == 0);
  // The numeric slope is r₁·3·2² with the check's own weight r₁.
  CHECK(std::abs(report.rows[0].numeric) > 0.01);
  const std::string text = report.to_string();
  CHECK(text.find("WRONG cube: x (3), 3 of 3 entries checked") == 0);
  CHECK(text.find("at index 1, value 2: analytic 0, numeric ") != text.npos);
  CHECK(text.find("; inputs: x (3)") != text.npos);
}

TEST_CASE("of two tensors the wrong one is named" * double_only()) {
  Parameter a = parameter_of("a", random_tensor("a", {2}));
  Parameter b = parameter_of("b", random_tensor("b", {2}));
  const auto sum = [&](Tape& tape) {
    const Var u = tape.parameter(a), v = tape.parameter(b);
    Tensor y = u.value();
    y.add(v.value());
    return tape.record("sum", {u, v}, std::move(y), [=](const Tensor&, Tensor dy) {
      u.add_gradient(dy);
      for (Real& d : dy.values()) d = -d;
      v.add_gradient(std::move(dy));
    });
  };
  const std::string text = check_gradients("sum", sum, {&a, &b}).to_string();
  CHECK(text.find("ok    sum: a (2)") == 0);
  CHECK(text.find("WRONG sum: b (2)") != text.npos);
}

TEST_CASE("overwriting a gradient where adding is due shows" * double_only()) {
  Parameter x = parameter_of("x", random_tensor("x", {3}));
  const auto identity = [&](Tape& tape) {
    const Var v = tape.parameter(x);
    return tape.record("identity", {v}, v.value(),
                       [&x](const Tensor&, Tensor dy) { x.gradient = std::move(dy); });
  };
  CHECK_FALSE(check_gradients("identity", identity, {&x}).passed());
}

TEST_CASE("a backward that always returns zero fails also where the plain sum is constant" *
          double_only()) {
  // y = x − mean(x): Σ y = 0 whatever x is, so a loss Σ y would find a gradient of zero right.
  Parameter x = parameter_of("x", random_tensor("x", {5}));
  const auto centred = [&](Tape& tape) {
    const Var v = tape.parameter(x);
    Tensor y = v.value();
    Real mean = 0;
    for (const Real value : y.values()) mean += value / 5;
    for (Real& value : y.values()) value -= mean;
    return tape.record("centred", {v}, std::move(y), [=](const Tensor&, Tensor dy) {
      v.add_gradient(Tensor::zeros(dy.shape()));
    });
  };
  CHECK_FALSE(check_gradients("centred", centred, {&x}).passed());
}

TEST_CASE("a gradient that is not a number fails" * double_only()) {
  Parameter x = parameter_of("x", random_tensor("x", {3}));
  const GradientReport report =
      check_cube(x, [](Real) { return std::numeric_limits<Real>::quiet_NaN(); });
  CHECK_FALSE(report.passed());
  CHECK(report.to_string().find("WRONG") == 0);
}

// |x| as an operation, with a gradient that is `factor` times the right one.
GradientReport check_magnitude(Parameter& x, Real factor) {
  const auto magnitude = [&](Tape& tape) {
    return elementwise(
        tape.parameter(x), [](Real v) { return std::abs(v); },
        [=](Real v) { return v > 0 ? factor : -factor; });
  };
  return check_gradients("abs", magnitude, {&x});
}

TEST_CASE("an entry at a kink is left out and counted" * double_only()) {
  Parameter x = parameter_of("x", random_tensor("x", {19}));
  // The corner on the entry itself, and within the smallest step of 1e-7.
  for (const double distance : {0.0, 1e-8, 1e-7 / 3, -7e-8}) {
    x.value[7] = static_cast<Real>(distance);
    const GradientReport report = check_magnitude(x, 1);
    CAPTURE(distance);
    CHECK_MESSAGE(report.passed(), report.to_string());
    CHECK(report.rows[0].left_out == 1);
    CHECK(report.rows[0].checked == 18);
  }
  // When more than a tenth of the entries are at kinks, here 2 of 19, the check proves too little.
  x.value[8] = 0;
  const GradientReport few = check_magnitude(x, 1);
  CHECK_FALSE(few.passed());
  CHECK(few.to_string().find("UNCLEAR abs: x (19), 17 of 19 entries checked, 2 left out") == 0);
  CHECK(few.to_string().find("too many entries are at kinks or lost in rounding") !=
        std::string::npos);
}

TEST_CASE("beside a kink a smaller step is taken, which hides no mistake" * double_only()) {
  Parameter x = parameter_of("x", random_tensor("x", {19}));
  for (const double distance : {3e-7, 1e-6, 1e-5 / 3, 4e-6, 5e-6, 8e-6, -7e-6}) {
    x.value[7] = static_cast<Real>(distance);
    const GradientReport right = check_magnitude(x, 1);
    CAPTURE(distance);
    CHECK_MESSAGE(right.passed(), right.to_string());
    CHECK(right.rows[0].checked == 19);
    const GradientReport wrong = check_magnitude(x, Real(1.001));
    CHECK_FALSE(wrong.passed());
    CHECK(wrong.rows[0].checked == 19);
  }
}

TEST_CASE("a loss of a million terms, or of large ones, is not lost in rounding" * double_only()) {
  // y = a·(x₀ + x₁ …) a million times over: every output is as large as the first, the gradient of
  // each entry Σ rᵢ·a.
  for (const double factor : {1.0, 1e3}) {
    Parameter x = parameter_of("x", random_tensor("x", {3}));
    const auto repeated = [&](Tape& tape) {
      const Var v = tape.parameter(x);
      const Real value = static_cast<Real>(factor) * (v.value()[0] + v.value()[1] + v.value()[2]);
      const auto backward = [=](const Tensor&, Tensor dy) {
        Real sum = 0;
        for (const Real d : dy.values()) sum += d;
        v.add_gradient(Tensor::full({3}, sum * static_cast<Real>(factor)));
      };
      return tape.record("repeated", {v}, Tensor::full({1'000'000}, value), backward);
    };
    const GradientReport report = check_gradients("repeated", repeated, {&x});
    CHECK_MESSAGE(report.passed(), report.to_string());
    CHECK(report.rows[0].left_out == 0);
  }
}

TEST_CASE("where rounding hides the slope the check says so instead of WRONG" * double_only()) {
  // y = 10¹² + x: the sum keeps four decimals of x.
  Parameter x = parameter_of("x", random_tensor("x", {3}));
  const auto shifted = [&](Tape& tape) {
    return elementwise(
        tape.parameter(x), [](Real v) { return Real(1e12) + v; }, [](Real) { return Real(1); });
  };
  const std::string text = check_gradients("shifted", shifted, {&x}).to_string();
  CHECK(text.find("UNCLEAR shifted: x (3)") == 0);
  CHECK(text.find("WRONG") == text.npos);
}

TEST_CASE("where all gradients are zero the report says that the check says nothing" *
          double_only()) {
  // y = x − mean(x): Σ y = 0 whatever x is. With random weights the same gradients say something.
  Parameter x = parameter_of("x", random_tensor("x", {5}));
  const auto centre = [](Tensor y) {
    Real mean = 0;
    for (const Real value : y.values()) mean += value / 5;
    for (Real& value : y.values()) value -= mean;
    return y;
  };
  const auto centred = [&](Tape& tape) {
    const Var v = tape.parameter(x);
    const auto backward = [=](const Tensor&, Tensor dy) { v.add_gradient(centre(std::move(dy))); };
    return tape.record("centred", {v}, centre(v.value()), backward);
  };
  const GradientReport sum = check_gradients("centred", centred, {&x}, {.probe = Probe::sum});
  CHECK(sum.passed());
  CHECK(sum.rows[0].vacuous(sum.tolerance));
  CHECK(sum.to_string().find("; says nothing: all gradients are below the tolerance") !=
        std::string::npos);
  const GradientReport random = check_gradients("centred", centred, {&x});
  CHECK(random.passed());
  CHECK_FALSE(random.rows[0].vacuous(random.tolerance));
  CHECK(random.to_string().find("says nothing") == std::string::npos);
}

TEST_CASE("the other probes are what their names say" * double_only()) {
  Parameter x = parameter_of("x", numbers({2}, {3, -2}));
  const auto identity = [&](Tape& tape) { return tape.parameter(x); };
  const auto largest = [&](Probe probe) {
    const GradientReport report = check_gradients("identity", identity, {&x}, {.probe = probe});
    CHECK_MESSAGE(report.passed(), report.to_string());
    return report.rows[0].largest;
  };
  CHECK(largest(Probe::sum) == doctest::Approx(1).epsilon(1e-8));
  CHECK(largest(Probe::squares) == doctest::Approx(6).epsilon(1e-8));
}

TEST_CASE("a check without steps, tolerance or entries is refused") {
  Parameter x = parameter_of("x", Tensor::full({1}, 1));
  const auto identity = [&](Tape& tape) { return tape.parameter(x); };
  for (const GradientCheckOptions& options :
       {GradientCheckOptions{.step = 0}, {.tolerance = -1}, {.max_entries = 0}}) {
    CHECK(error_lacks({"[gradient_check] step, tolerance and max_entries must be positive: got "},
                      [&] { check_gradients("identity", identity, {&x}, options); }) == "");
  }
}

TEST_CASE("a wrong gradient is not taken for a kink, however strong the curvature" *
          double_only()) {
  // y = e^(20x): the slope of 20y changes by 20·1e-5 relative over one step.
  Parameter x = parameter_of("x", numbers({20}, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  //
                                                 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.1}));
  const auto exponential = [&](Tape& tape) {
    return elementwise(
        tape.parameter(x), [](Real v) { return std::exp(20 * v); },
        [](Real v) { return (v > 0 ? 21 : 20) * std::exp(20 * v); });
  };
  const GradientReport report = check_gradients("exp", exponential, {&x});
  CHECK(report.rows[0].left_out == 0);
  CHECK_FALSE(report.passed());
}

TEST_CASE("of a large tensor a fixed sample is checked" * double_only()) {
  Parameter x = parameter_of("x", random_tensor("x", {1000}));
  const auto right = [](Real v) { return 3 * v * v; };
  CHECK(check_cube(x, right).rows[0].checked == 200);
  const auto run = [&](std::uint64_t seed) {
    return check_gradients("cube",
                           [&](Tape& tape) { return elementwise(tape.parameter(x), cube, right); },
                           {&x}, {.max_entries = 10, .seed = seed});
  };
  CHECK(run(1).rows[0].checked == 10);
  CHECK(run(1).to_string() == run(1).to_string());
  CHECK(run(1).to_string() != run(2).to_string());
}

TEST_CASE("a check of nothing does not pass") {
  const auto constant = [](Tape& tape) { return tape.variable(Tensor::scalar(1)); };
  CHECK_FALSE(check_gradients("nothing", constant, {}).passed());
  Parameter empty("empty", Role::kernel, {0});
  const auto of_empty = [&](Tape& tape) { return tape.parameter(empty); };
  CHECK_FALSE(check_gradients("empty", of_empty, {&empty}).passed());
}

TEST_CASE("a tensor that the function forgets is refused, because its check could not fail") {
  Parameter x = parameter_of("x", random_tensor("x", {2}));
  Parameter forgotten = parameter_of("forgotten", random_tensor("y", {2}));
  const auto function = [&](Tape& tape) { return tape.parameter(x); };
  CHECK(error_lacks({"[gradient_check] the function must put every tensor on the tape: forgotten "
                     "is not on it"},
                    [&] {
                      check_gradients("f", function, {&x, &forgotten});
                    }) == "");
}

TEST_CASE("a check leaves the values as they were and the gradients at zero") {
  Parameter x = parameter_of("x", random_tensor("x", {3, 4}));
  const Tensor before = x.value;
  check_cube(x, [](Real v) { return 3 * v * v; });
  CHECK(different_bits(x.value, before) == "");
  CHECK(different_bits(x.gradient, Tensor::zeros({3, 4})) == "");
}

}  // namespace minitape
