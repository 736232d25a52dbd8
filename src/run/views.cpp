// views.csv.
#include "minitape/run/csv.hpp"
#include "minitape/run/evaluate.hpp"
#include "minitape/text/numbers.hpp"

namespace minitape {

void write_views(const std::filesystem::path& file, const std::string& name, Score one_view,
                 const Sequential& model, const Dataset& dataset,
                 const Standardization& standardization) {
  const Score several =
      evaluate(model, dataset, standardization, dataset.size(), views_named(name));
  CsvWriter table(file, "views,test_loss,test_accuracy");
  table.row({"none", number_text(one_view.loss), number_text(one_view.accuracy)});
  table.row({name, number_text(several.loss), number_text(several.accuracy)});
}

}  // namespace minitape
