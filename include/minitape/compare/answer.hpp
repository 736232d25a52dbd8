// What a comparison asks and what its runs answer, in sentences that claim no more than they show.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "minitape/compare/results.hpp"
#include "minitape/compare/variants.hpp"

namespace minitape {

/// What a comparison is about: all that its runs do not tell.
struct Experiment {
  std::string name;  // of the config: "digits_cnn"
  std::vector<Variation> variations;
  Config config;  // of the first variant, with the first seed
  Fairness fairness;
  std::vector<std::string> command;  // the call word by word, without --out
};

/// "Does batch_norm = true help digits_cnn?", or how what was varied changes it.
std::string question(const Experiment& experiment);

/// "model.batch_norm = false, true": a varied key with its values.
std::string varied_text(const Variation& variation);

struct Answer {
  std::string verdict;                 // "Yes.", "No clear difference."
  std::vector<std::string> sentences;  // the numbers behind it
  std::vector<std::string> settings;   // a line for each setting of what else was varied
};

/// By final test accuracy, seed by seed. Where one varied key is a switch (true and false), it is
/// judged at each setting of the others; else the best variant is held against the second best, and
/// called best only where it is clearly better than every other one.
/// `variants` and the results' variants must be in the order of make_variants.
Answer answer(const Experiment& experiment, const std::vector<VariantHistory>& variants,
              const Comparison& comparison);

}  // namespace minitape
