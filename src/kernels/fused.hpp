// Operations that follow each other, computed at once. Private to this room: neighbours.cpp decides
// where they stand in for layers.
//
// Each gives what the operations in its name give one after the other (a zero may have the other
// sign; where a pool follows, sums are grouped otherwise). What it saves is memory traffic: relu,
// pools and the normalization take less time than it takes to write their result and to read it
// again. How much each one buys: docs/performance.md.
#pragma once

#include "kernels/channel_norm.hpp"
#include "minitape/ops/conv2d.hpp"

namespace minitape::kernels {

// ---- For training. x is [m, C] with m > 1, gamma and beta are [C]. ----

/// relu(batch_norm_training(…)): batch_norm_relu.cpp.
BatchNormResult batch_norm_relu(Var x, Var gamma, Var beta, Real epsilon);

/// max_pool(relu(batch_norm_training(…))): batch_norm_relu_max_pool.cpp. The windows must tile the
/// images. y is (N, out_h, out_w, C).
BatchNormResult batch_norm_relu_max_pool(Var x, Var gamma, Var beta, Real epsilon,
                                         const Window& window);

// ---- For both ----

/// max_pool(relu(x)): the largest of what relu gives is relu of the largest, which is of fewer
/// numbers. dy goes to the element that was the largest, if it is positive: max_pool.cpp.
Tensor relu_max_pool(const Tensor& x, const Window& window);
Var relu_max_pool(Var x, const Window& window);

// ---- For prediction ----

/// relu((y − mean)·scale + beta) of y = conv2d(x, …), before y is written: conv2d.cpp. Declines
/// where conv2d does.
std::optional<Tensor> conv2d_batch_norm_relu(const ConvSizes& sizes, const Tensor& x,
                                             const Tensor& kernel, const Tensor* bias,
                                             const ChannelNorm& norm);

}  // namespace minitape::kernels
