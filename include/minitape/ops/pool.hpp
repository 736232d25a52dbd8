// Pooling: one number per window and channel.
//
//   x (N, H, W, C) -> y (N, out_h, out_w, C);  global: (N, H, W, C) -> (N, C)
//
//   max_pool          y = max over the window    dy goes to the element that was the largest, of
//                                                equal ones to the first in reading order
//   avg_pool          y = mean over the window   every element gets dy / (number of elements)
//   global_avg_pool   y = mean over the image    every pixel gets dy / (H·W)
//
// Padding never takes part: it cannot be the maximum, and the mean counts the elements that lie in
// the image (PyTorch: count_include_pad = False; TensorFlow does the same). A NaN counts as the
// largest element, so that a max pool does not hide it.
#pragma once

#include "minitape/autodiff/tape.hpp"
#include "minitape/ops/window.hpp"

namespace minitape {

struct PoolOptions {  // which windows of x there are: see ops/window.hpp
  Index size = 2;
  Index stride = 0;  // 0: the same as size, windows side by side
  Padding padding = Padding::valid();
};

Tensor max_pool(const Tensor& x, PoolOptions options);
Var max_pool(Var x, PoolOptions options);

Tensor avg_pool(const Tensor& x, PoolOptions options);
Var avg_pool(Var x, PoolOptions options);

Tensor global_avg_pool(const Tensor& x);
Var global_avg_pool(Var x);

/// The windows of a pool over images of shape x. Throws when explicit padding is as large as the
/// window, because windows without any element would have no value.
Window pool_window(const std::string& operation, const Shape& x, PoolOptions options);

}  // namespace minitape
