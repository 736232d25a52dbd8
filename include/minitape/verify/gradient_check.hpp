// Checking gradients against differences.
//
// The loss is L = Σ rᵢ·fᵢ(x) with a fixed random r: a plain sum would make the gradient of a
// normalized value zero whatever the backward function does, and the check could not fail.
// For each checked entry x:
//
//   numeric = (L(x + h) − L(x − h)) / 2h
//   error   = |analytic − numeric| / max(1, |analytic|, |numeric|)
//
// An entry whose error is too large may sit at a kink of the function: the corner of a relu, two
// equal values in a max pool. There the differences with h and h/2 disagree, or the function bends
// just as sharply with h/2 as with h. A smaller step may pass beside the kink and is tried (h/10,
// h/100). L itself is only known up to its rounding, which a small step divides by: where that is
// too much, larger steps are tried (10h, 100h). If no step will do, the entry is left out.
//
// Gradients are filled with a number before backward, so that overwriting where adding is due shows
// as an error; afterwards they are 0. Meant for the double build: with float the differences have
// only two or three digits.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "minitape/autodiff/tape.hpp"

namespace minitape {

/// How an output y of any shape becomes one number. Two of them are here to be warned about: after
/// batch norm the gradient of Σ yᵢ is 0 and that of Σ yᵢ² almost, so that both hide mistakes.
enum class Probe { random, sum, squares };  // Σ rᵢ·yᵢ, Σ yᵢ, Σ yᵢ²

struct GradientCheckOptions {  // how check_gradients goes about it
  double step = 1e-5;          // h
  double tolerance = 1e-6;
  Index max_entries = 200;  // per tensor; of larger tensors a random sample of this size is checked
  std::uint64_t seed = 1;
  Probe probe = Probe::random;
};

/// One tensor's row of the report.
struct GradientCheckRow {
  std::string name;
  Shape shape;
  Index checked = 0;
  Index left_out = 0;  // entries, at kinks or lost in rounding
  double largest = 0;  // |gradient| of all checked entries, analytic or numeric
  // Where the error is largest:
  double error = -1;
  Index index = 0;
  double value = 0, analytic = 0, numeric = 0;

  /// No more than one entry, or a tenth of them, was left out.
  bool clear() const { return checked > 0 && (left_out <= 1 || 9 * left_out <= checked); }
  bool passed(double tolerance) const { return clear() && error < tolerance; }  // and clear
  /// Nothing was there to be found wrong: a backward function that gives 0 would pass as well.
  bool vacuous(double tolerance) const { return checked > 0 && largest < tolerance; }
};

struct GradientReport {  // what check_gradients found
  std::string function;
  double tolerance = 0;
  std::vector<GradientCheckRow> rows;  // one per tensor, in the order of the call

  bool clear() const;             // every row is
  bool passed() const;            // every row has, and there is one
  std::string to_string() const;  // a line for each tensor, with the worst entry of wrong ones
};

/// Checks ∂(Σ rᵢ·function(tape)ᵢ)/∂tensor for every tensor. `function` must put all of them on the
/// tape with tape.parameter(…), compute the same each time, and have no memory of the call before.
GradientReport check_gradients(const std::string& name, const std::function<Var(Tape&)>& function,
                               const std::vector<Parameter*>& tensors,
                               const GradientCheckOptions& options = {});

}  // namespace minitape
