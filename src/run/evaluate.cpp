#include "minitape/run/evaluate.hpp"

#include <algorithm>
#include <utility>

#include "minitape/ops/softmax_cross_entropy.hpp"
#include "minitape/run/csv.hpp"
#include "minitape/text/numbers.hpp"

namespace minitape {

std::vector<WeightedView> views_named(const std::string& name) {
  if (name == "none") return {{{}, 1.0}};
  std::vector<WeightedView> views{{{}, 0.5}, {{.flip = true}, 0.5}};
  if (name == "mirrored") return views;
  MINITAPE_CHECK(name == "shifted", "[evaluate] there are no views \"", name, "\"");
  for (auto& [view, weight] : views) weight = 0.25;
  for (const Index shift : {-1, 1}) {
    for (const bool flip : {false, true}) {
      views.push_back({{.flip = flip, .top = shift, .left = shift, .mirrors_border = true}, 0.125});
    }
  }
  return views;
}

Score evaluate(const Sequential& model, const Dataset& dataset,
               const Standardization& standardization, Index count,
               const std::vector<WeightedView>& views) {
  constexpr Index kBatch = 256;
  Score sum;
  for (Index first = 0; first < count; first += kBatch) {
    const Index n = std::min(kBatch, count - first);
    Tensor logits;  // [n, classes], the views' weighted mean
    std::vector<int> labels;
    for (const auto& [view, weight] : views) {
      Batch batch = make_batch(dataset, standardization, first, n, view);
      const Tensor seen = model.predict(std::move(batch.images));
      labels = std::move(batch.labels);
      if (logits.size() == 0) logits = Tensor::zeros(seen.shape());
      const auto share = static_cast<Real>(weight);
      for (Index i = 0; i < seen.size(); ++i) logits[i] += share * seen[i];
    }
    sum.loss +=
        static_cast<double>(softmax_cross_entropy(logits, labels).item()) * static_cast<double>(n);
    sum.accuracy += static_cast<double>(count_correct(logits, labels));
  }
  return {sum.loss / static_cast<double>(count), sum.accuracy / static_cast<double>(count)};
}

void write_views(const std::filesystem::path& file, const std::string& name,
                 const EpochRecord& last, const Sequential& model, const Dataset& test,
                 const Standardization& standardization) {
  if (name == "none") return;
  const Score several = evaluate(model, test, standardization, test.size(), views_named(name));
  CsvWriter table(file, "epoch,views,test_loss,test_accuracy");
  const auto add = [&](const std::string& views, Score score) {
    table.row(
        {std::to_string(last.epoch), views, number_text(score.loss), number_text(score.accuracy)});
  };
  add("none", last.test);
  add(name, several);
}

}  // namespace minitape
