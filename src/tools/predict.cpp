#include "minitape/tools/predict.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "minitape/config/build.hpp"
#include "minitape/data/batches.hpp"
#include "minitape/text/numbers.hpp"
#include "minitape/text/terminal_text.hpp"
#include "minitape/text/words.hpp"
#include "minitape/tools/digit_photo.hpp"

namespace minitape {
namespace {

namespace fs = std::filesystem;

// The largest part around the middle with the proportions height : width.
Image middle_cut_out(const Image& picture, Index height, Index width) {
  const Index H = picture.shape[0], W = picture.shape[1], C = picture.shape[2];
  const Index new_h = std::clamp<Index>(W * height / width, 1, H);
  const Index new_w = std::clamp<Index>(H * width / height, 1, W);
  const Index top = (H - new_h) / 2, left = (W - new_w) / 2;
  Image result{{new_h, new_w, C}, {}};
  for (Index r = top; r < top + new_h; ++r) {
    const auto row = picture.pixels.begin() + (r * W + left) * C;
    result.pixels.insert(result.pixels.end(), row, row + new_w * C);
  }
  return result;
}

}  // namespace

// ---- The model ----

TrainedModel load_trained_model(const fs::path& run_folder) {
  const fs::path config_file = run_folder / "config.toml";
  const fs::path model_file = run_folder / "model.safetensors";
  std::error_code unreadable;
  MINITAPE_CHECK(fs::is_directory(run_folder, unreadable), "[predict] ", run_folder,
                 " must be the folder of a run: there is no such folder; minitape train makes one "
                 "and names it at the end");
  MINITAPE_CHECK(fs::exists(config_file, unreadable), "[predict] ", run_folder,
                 " must be the folder of a run: it has no config.toml; of a comparison, name one "
                 "of the folders in it");
  MINITAPE_CHECK(
      fs::exists(model_file, unreadable), "[predict] the run in ", run_folder,
      " must be complete: it has no model.safetensors. Unless it diverged, finish it with: ",
      shell_line({"minitape", "train", config_file.string(), "--resume"}));
  Config config = read_config(config_file);
  const SafetensorsFile file = read_safetensors(model_file);
  try {
    DataFacts facts = load_data_facts(file);
    Sequential model = build_model(config, facts.image_shape);
    check_classes(model, facts.image_shape, static_cast<Index>(facts.class_names.size()));
    load_model(model, file);
    return {std::move(config), std::move(facts), std::move(model)};
  } catch (const Error& error) {
    throw Error(concat("[predict] ", model_file, " must fit ", config_file, ": ", error.what()),
                error.fault());
  }
}

Image prepared(const TrainedModel& trained, const Image& picture) {
  const Shape& shape = trained.facts.image_shape;
  const std::string& set = trained.config.data.name;
  if ((set == "digits" || set == "mnist") && shape == Shape{28, 28, 1}) {
    return digit_from_photo(picture);
  }
  const bool cut = set == "cifar10" || set == "shapes";
  return resized(cut ? middle_cut_out(picture, shape[0], shape[1]) : picture, shape[0], shape[1]);
}

std::vector<double> probabilities(const Sequential& model, const DataFacts& facts,
                                  const Image& image) {
  // A data set of this one image, so that it is standardized as in training.
  Dataset one{.name = "picture",
              .image_shape = image.shape,
              .pixels = image.pixels,
              .labels = {0},
              .class_names = facts.class_names};
  const Batch batch = make_batch(one, facts.standardization, 0, 1);
  const Tensor logits = model.predict(batch.images);  // [1, classes]

  // softmax(z) = exp(z − max z) / Σ exp(z − max z), in double precision
  const auto z = logits.values();
  MINITAPE_CHECK(std::all_of(z.begin(), z.end(), [](Real v) { return std::isfinite(v); }),
                 "[predict] the model gives numbers that are not finite: has its run diverged? "
                 "Train again with a smaller optimizer.learning_rate");
  const double largest = double{*std::max_element(z.begin(), z.end())};
  std::vector<double> p;
  for (const Real value : z) p.push_back(std::exp(double{value} - largest));
  const double sum = std::accumulate(p.begin(), p.end(), 0.0);
  for (double& value : p) value /= sum;
  return p;
}

// ---- Answers ----

std::string to_text(const Prediction& prediction, const std::vector<std::string>& class_names) {
  const std::vector<double>& p = prediction.probabilities;
  std::vector<std::size_t> order(p.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t i) { return p[i]; });
  order.resize(std::min<std::size_t>(order.size(), 10));

  std::vector<std::vector<std::string>> table;
  for (const std::size_t i : order) {
    constexpr double kLongestBar = 40;
    const std::string bar(static_cast<std::size_t>(std::lround(p[i] * kLongestBar)), '#');
    table.push_back({"  " + terminal_text(class_names[i]), percent(p[i], 2), bar});
  }
  return terminal_text(prediction.file) + ": " + terminal_text(class_names[order[0]]) + " (" +
         percent(p[order[0]], 2) + ")\n" + aligned(table, "lrl");
}

std::string to_json(const std::vector<Prediction>& predictions,
                    const std::vector<std::string>& class_names) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const Prediction& prediction : predictions) {
    const std::vector<double>& p = prediction.probabilities;
    const auto index = static_cast<std::size_t>(std::max_element(p.begin(), p.end()) - p.begin());
    Json all = Json::object();
    for (std::size_t i = 0; i < p.size(); ++i) all[class_names[i]] = p[i];
    list.push_back({{"file", prediction.file},
                    {"class", class_names[index]},
                    {"index", index},
                    {"probability", p[index]},
                    {"probabilities", std::move(all)}});
  }
  return list.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace minitape
