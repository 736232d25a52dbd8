// report.html: a comparison on one page, for those who were not there.
#pragma once

#include <string>
#include <vector>

#include "minitape/compare/answer.hpp"

namespace minitape {

/// The page: the question and its answer, the numbers, the curves, the diagnosis of statistics and
/// overfitting, what makes it fair, where it ran, the config and how to do it again. It needs no
/// other file, no network and no script. The same runs give the same bytes: there is no date in it
/// but those that the runs recorded in the environment.json of their folders; where there is no
/// such file, the page says so.
std::string html_report(const Experiment& experiment, const std::vector<VariantHistory>& variants,
                        const Comparison& comparison);

}  // namespace minitape
