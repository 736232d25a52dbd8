// How far a difference quotient is from the derivative, for steps from 0.1 to 1e-12.
#include <cmath>
#include <cstdio>

// f(x) = x³ at x = 2: f' = 12.
template <class Number>
Number f(Number x) {
  return x * x * x;
}

template <class Number>
double one_sided(Number x, Number h) {
  return std::abs(static_cast<double>((f(x + h) - f(x)) / h) - 12);
}

template <class Number>
double central(Number x, Number h) {
  return std::abs(static_cast<double>((f(x + h) - f(x - h)) / (2 * h)) - 12);
}

int main() {
  std::printf("step     double, one-sided   double, central   float, central\n");
  for (int k = 1; k <= 12; ++k) {
    const double h = std::pow(10, -k);
    std::printf("1e-%02d    %.0e               %.0e             %.0e\n", k, one_sided(2.0, h),
                central(2.0, h), central(2.0f, static_cast<float>(h)));
  }
}
