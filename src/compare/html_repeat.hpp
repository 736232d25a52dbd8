// The parts of report.html that it takes to repeat a comparison: where it ran, the config, the
// commands.
#pragma once

#include <string>
#include <vector>

#include "minitape/compare/answer.hpp"

namespace minitape {

/// The facts in the runs' environment.json; where runs differ, all values.
std::string environment_part(const std::vector<VariantHistory>& variants);

/// The resolved config of the first variant, of that name, with the varied keys marked.
std::string config_part(const Experiment& experiment, const std::string& variant);

/// The commands, quoted for a shell.
std::string again_part(const Experiment& experiment, const std::vector<VariantHistory>& variants);

}  // namespace minitape
