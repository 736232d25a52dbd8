// How fast a config's model trains and predicts on this machine, on random input, and where the
// time of a training step goes.
#pragma once

#include <functional>
#include <string>
#include <vector>

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

  std::string to_json() const;  // one object, its keys the names above
  std::string to_text() const;  // for people
};

/// Needs no data files. Throws when steps < 1.
BenchmarkResult benchmark(const Config& config, const std::string& name, Index steps);

/// The median time of a step in milliseconds, over `steps` of them after a warm-up.
double median_ms(Index steps, const std::function<void()>& step);

// ---- The profile: a step per layer and direction, against what this machine can do ----
//
// A layer's time is bound by arithmetic, when every number that is loaded is used many times
// (convolutions), or by memory, when it is used once (batch norm, relu, pools). The profile
// measures both ceilings of the machine, counts the operations and the bytes that a layer cannot do
// without, and shows which ceiling is nearer and how near.
//
//   operations   2 per multiplication and addition: forward 2·|y|·(numbers per output), backward as
//                many for each gradient that is wanted; other layers have too few to count
//   bytes        forward: inputs read, output written; backward: the output's gradient and the
//                inputs read, the inputs' gradients written
//
// Layers that are computed at once (batch_norm_relu, relu_max_pool: src/kernels) have one row. Data
// that is still in the cache arrives faster than from memory, so a share can exceed 100 %.

struct ProfileRow {       // one layer in one direction
  std::string layer;      // "0.conv2d"; "loss", "update" and "wait for the batch" for the rest
  std::string operation;  // "conv2d"
  bool backward = false;
  double ms = 0;        // median over the steps
  double gigaflop = 0;  // 10⁹ operations in one step
  double gigabyte = 0;  // 10⁹ bytes in one step
};

struct Profile {  // of one config on this machine
  std::string title;
  double gflops = 0;  // the machine's ceilings: 10⁹ operations per second in a product of large
  double gbytes = 0;  // matrices, 10⁹ bytes per second of reading and writing large arrays
  std::vector<ProfileRow> rows;  // in the order of the step
  double step_ms = 0;            // median of the whole step

  std::string to_text() const;  // a table, with the ceilings
};

/// Trains on random images, prepared and augmented as in training. Needs no data files.
Profile profile(const Config& config, const std::string& name, Index steps);

}  // namespace minitape
