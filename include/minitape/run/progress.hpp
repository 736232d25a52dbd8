// How a training run is getting on, for whoever waits for it.
//
// On a terminal one line is rewritten about ten times a second:
//
//   epoch 2  step 700/2345  loss 0.0712  acc 97.7 %  7510 images/s  28s left
//
// On a narrow one some parts are left out: a line that wraps could not be rewritten. In a log file,
// a pipe or a terminal of unknown width the same line is printed once in a few seconds.
#pragma once

#include <functional>
#include <ostream>
#include <string>

#include "minitape/core/tensor.hpp"

namespace minitape {

/// Seconds from some fixed moment on; never goes back.
double steady_seconds();

class Progress {  // the line that is written over while something runs
 public:
  using Clock = std::function<double()>;  // as steady_seconds
  /// How many columns the terminal has at this moment; 0: `out` is none, or its width is unknown.
  using Columns = std::function<std::size_t()>;

  /// Keeps a reference to `out`.
  Progress(std::ostream& out, Columns columns, Clock clock = steady_seconds);
  ~Progress() { finish(); }
  Progress(const Progress&) = delete;

  /// A new run begins; `title` is printed and stays. Speed and time left are averages from here, or
  /// from the construction, on, evaluations included.
  void start(const std::string& title);
  /// Step `step` of `total_steps` is done, both counted from 1, in epoch `epoch`: the loss and the
  /// accuracy (a part of 1) of its batch and the number of images in it.
  void step(Index step, Index total_steps, Index epoch, double loss, double accuracy, Index images);
  /// Prints a line that stays, such as the results of an epoch.
  void message(const std::string& text);
  /// Removes the live line. What is printed next begins on a line of its own.
  void finish();

 private:
  std::ostream& out_;
  Columns columns_;
  Clock clock_;
  double start_;             // when this run began
  double shown_;             // when a line was last printed
  Index steps_ = 0;          // done since start_: fewer than the step's number in a resumed run
  Index images_ = 0;         // seen since start_
  std::size_t on_line_ = 0;  // width of the live line that is on the screen
};

}  // namespace minitape
