// minitape predict: a trained model's answers to pictures.
#pragma once

#include "command_line.hpp"

namespace minitape {

/// Prints an answer for each picture. Those that cannot be answered are named on stderr, and the
/// exit code is then 2.
int run_predict(const Arguments& arguments);

}  // namespace minitape
