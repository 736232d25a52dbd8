// Micro-benchmarks of the operations at the shapes of cifar_cnn, batch 128, with their ceiling: the
// matrix product of the same size.
//
//   cmake --build build/release --target micro_benchmarks
//   build/release/micro_benchmarks --benchmark_filter=conv
//
// GFLOP/s count 2 operations per multiplication and addition, GB/s what is read and written at
// least. Needs Google Benchmark (libbenchmark-dev).
#include <benchmark/benchmark.h>

#include "core/blas.hpp"
#include "kernels/fused.hpp"
#include "minitape/core/parallel.hpp"
#include "minitape/core/random.hpp"
#include "minitape/ops/activation.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/ops/pool.hpp"

namespace minitape {
namespace {

constexpr Index kBatch = 128;

Tensor normal(const Shape& shape) {
  Random random = stream(1, "micro");
  Tensor x = Tensor::uninitialized(shape);
  for (Real& value : x.values()) value = static_cast<Real>(random.normal());
  return x;
}

void report(benchmark::State& state, double flop, double bytes) {
  const auto per_second = [](double amount) {
    return benchmark::Counter(amount * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
  };
  if (flop > 0) state.counters["GFLOP/s"] = per_second(flop);
  if (bytes > 0) state.counters["GB/s"] = per_second(bytes);
}

// ---- Convolution: image side, channels, filters ----

const Conv2DOptions kSame{1, Padding::same()};

ConvSizes sizes_of(const benchmark::State& state) {
  const Index side = state.range(0), channels = state.range(1), filters = state.range(2);
  return ConvSizes::of({kBatch, side, side, channels}, {3, 3, channels, filters}, kSame);
}

double flop(const ConvSizes& s) {
  return 2.0 * static_cast<double>(s.y().size()) * static_cast<double>(s.inputs());
}

void conv_forward(benchmark::State& state) {
  const ConvSizes s = sizes_of(state);
  const Tensor x = normal(s.x()), kernel = normal(s.kernel());
  for (auto _ : state) {
    benchmark::DoNotOptimize(conv2d(x, kernel, nullptr, kSame));
  }
  report(state, flop(s), 0);
}

void conv_input_gradient(benchmark::State& state) {
  const ConvSizes s = sizes_of(state);
  const Tensor dy = normal(s.y()), kernel = normal(s.kernel());
  for (auto _ : state) {
    benchmark::DoNotOptimize(conv2d_input_gradient(dy, kernel, s.x(), kSame));
  }
  report(state, flop(s), 0);
}

void conv_kernel_gradient(benchmark::State& state) {
  const ConvSizes s = sizes_of(state);
  const Tensor dy = normal(s.y()), x = normal(s.x());
  for (auto _ : state) {
    benchmark::DoNotOptimize(conv2d_kernel_gradient(dy, x, s.kernel(), kSame));
  }
  report(state, flop(s), 0);
}

// The product that the convolution is: [pixels, 9·C] · [9·C, F], in chunks of an image's pixels.
void product_of_that_size(benchmark::State& state) {
  const ConvSizes s = sizes_of(state);
  const Index rows = s.window.out_h * s.window.out_w;
  const Tensor a = normal({rows, s.inputs()}), b = normal({s.inputs(), s.filters});
  Tensor y = Tensor::uninitialized(s.y());
  for (auto _ : state) {
    parallel_for(kBatch, 1, [&](Index image, Index) {
      gemm(matrix(a.data(), rows, s.inputs()), matrix(b.data(), s.inputs(), s.filters), 0,
           y.data() + image * rows * s.filters, s.filters);
    });
  }
  report(state, flop(s), 0);
}

// The first layer's images need no gradient.
void later_cifar_convolutions(benchmark::internal::Benchmark* run) {
  run->Args({32, 32, 32})->Args({16, 32, 64})->Args({16, 64, 64});
  run->Args({8, 64, 128})->Args({8, 128, 128});
  run->ArgNames({"side", "C", "F"})->Unit(benchmark::kMillisecond)->UseRealTime();
}
void cifar_convolutions(benchmark::internal::Benchmark* run) {
  run->Args({32, 3, 32});
  later_cifar_convolutions(run);
}

BENCHMARK(conv_forward)->Apply(cifar_convolutions);
BENCHMARK(conv_input_gradient)->Apply(later_cifar_convolutions);
BENCHMARK(conv_kernel_gradient)->Apply(cifar_convolutions);
BENCHMARK(product_of_that_size)->Apply(cifar_convolutions);

// ---- Batch norm and pool: image side, channels ----

// Forward, then backward with a gradient for x, as one step of training does.
template <class Operation>
void both_ways(benchmark::State& state, double passes, Operation operation) {
  const Shape shape{kBatch, state.range(0), state.range(0), state.range(1)};
  const Tensor x = normal(shape), gamma = normal({shape[3]}), beta = normal({shape[3]});
  for (auto _ : state) {
    Tape tape;
    const Var y = operation(tape.variable(x), tape.variable(gamma), tape.variable(beta));
    tape.backward(sum(y));
  }
  report(state, 0, passes * static_cast<double>(x.size()) * static_cast<double>(sizeof(Real)));
}

void batch_norm_then_relu(benchmark::State& state) {
  both_ways(state, 16, [](Var x, Var gamma, Var beta) {
    return relu(batch_norm_training(x, gamma, beta, Real(1e-5)).y);
  });
}
void batch_norm_relu(benchmark::State& state) {
  both_ways(state, 11, [](Var x, Var gamma, Var beta) {
    return kernels::batch_norm_relu(x, gamma, beta, Real(1e-5)).y;
  });
}
void batch_norm_relu_then_max_pool(benchmark::State& state) {
  both_ways(state, 12.5, [](Var x, Var gamma, Var beta) {
    return max_pool(kernels::batch_norm_relu(x, gamma, beta, Real(1e-5)).y, {.size = 2});
  });
}
void batch_norm_relu_max_pool(benchmark::State& state) {
  both_ways(state, 6.5, [](Var x, Var gamma, Var beta) {
    return kernels::batch_norm_relu_max_pool(x, gamma, beta, Real(1e-5),
                                             pool_window("max_pool", x.shape(), {}))
        .y;
  });
}
void max_pool_2(benchmark::State& state) {
  both_ways(state, 5.5, [](Var x, Var, Var) { return max_pool(x, {.size = 2}); });
}

void cifar_images(benchmark::internal::Benchmark* run) {
  run->Args({32, 32})->Args({16, 64})->Args({8, 128});
  run->ArgNames({"side", "C"})->Unit(benchmark::kMillisecond)->UseRealTime();
}
BENCHMARK(batch_norm_then_relu)->Apply(cifar_images);
BENCHMARK(batch_norm_relu)->Apply(cifar_images);
BENCHMARK(batch_norm_relu_then_max_pool)->Apply(cifar_images);
BENCHMARK(batch_norm_relu_max_pool)->Apply(cifar_images);
BENCHMARK(max_pool_2)->Apply(cifar_images);

}  // namespace
}  // namespace minitape

BENCHMARK_MAIN();
