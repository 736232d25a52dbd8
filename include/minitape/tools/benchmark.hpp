// How fast a config's model trains and predicts on this machine, on random input.
#pragma once

#include <functional>
#include <string>

#include "minitape/config/config.hpp"

namespace minitape {

/// Medians over the measured steps, after a warm-up.
struct BenchmarkResult {
  std::string config;  // as given by the caller
  Index batch_size = 0;
  int threads = 0;
  Index steps = 0;                       // measured, of each kind
  double train_ms_per_step = 0;          // forward, loss, backward, update
  double train_images_per_second = 0;    // of that
  double predict_images_per_second = 0;  // with the same batch size
  double predict_ms_batch_1 = 0;
  double peak_rss_mb = 0;  // the largest memory of the process so far, in 10⁶ bytes
  std::string blas_core;   // whose kernels OpenBLAS uses
  bool kernels = false;    // whether the room kernels/ is built in

  std::string to_json() const;
  std::string to_text() const;
};

/// Needs no data files. Throws when steps < 1.
BenchmarkResult benchmark(const Config& config, const std::string& name, Index steps);

/// The median time of a step in milliseconds, over `steps` of them after a warm-up.
double median_ms(Index steps, const std::function<void()>& step);

}  // namespace minitape
