// Operations that follow each other, computed at once.
//
// Each gives what the operations in its name give one after the other (a zero may have the other
// sign). What it saves is memory traffic: relu and pools, and batch norm but for its sums, take less
// time than it takes to write their result and to read it again. Sequential uses these functions
// where layers follow each other. How much each one buys: docs/performance.md.
#pragma once

#include "minitape/ops/batch_norm.hpp"
#include "minitape/ops/conv2d.hpp"
#include "minitape/ops/pool.hpp"

namespace minitape {

// ---- For training ----

/// relu(batch_norm_training(…)): src/kernels/batch_norm_relu.cpp.
BatchNormResult batch_norm_relu_training(Var x, Var gamma, Var beta, Real epsilon);

/// max_pool(relu(batch_norm_training(…)), pool): src/kernels/batch_norm_relu_max_pool.cpp. Throws where
/// the pool's windows do not tile the images: Window::tiles_image. y is (N, out_h, out_w, C).
BatchNormResult batch_norm_relu_max_pool_training(Var x, Var gamma, Var beta, Real epsilon,
                                                  PoolOptions pool);

// ---- For both ----

/// max_pool(relu(x)): the largest of what relu gives is relu of the largest, which is of fewer
/// numbers. dy goes to the element that was the largest, if it is positive. See src/ops/pool.cpp.
Tensor relu_max_pool(const Tensor& x, PoolOptions options);
Var relu_max_pool(Var x, PoolOptions options);

// ---- For prediction ----

/// relu((y − mean)·scale + beta) of y = conv2d(x, …). Where the filters fill the processor's vectors,
/// this happens before y is written: src/kernels/conv2d_direct.cpp.
Tensor conv2d_batch_norm_relu(const Tensor& x, const Tensor& kernel, const Tensor* bias,
                              Conv2DOptions options, const ChannelNorm& norm);

}  // namespace minitape
