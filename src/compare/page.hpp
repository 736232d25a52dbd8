// report.html: a comparison on one page, for those who were not there.
#pragma once

#include <string>
#include <vector>

#include "minitape/compare/report.hpp"
#include "minitape/compare/table.hpp"

namespace minitape {

/// The page, from the template report.html. It needs no other file, no network and no script.
/// `svg` is the picture of the curves; where it is "", the page says `problem` instead. The same
/// runs give the same bytes: there is no date in it but those that the runs recorded.
std::string report_page(const Experiment& experiment, const std::vector<VariantHistory>& variants,
                        const Table& table, const std::vector<std::string>& answer,
                        const std::string& svg, const std::string& problem);

}  // namespace minitape
