// minitape predict: a trained model's answers to pictures.
#include "minitape/tools/predict.hpp"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <optional>
#include <vector>

#include "minitape/text/terminal_text.hpp"
#include "minitape/tools/benchmark.hpp"
#include "minitape/tools/fold.hpp"
#include "subcommands.hpp"

namespace minitape {
namespace {

// The model beside its folded copy: how far the answers are apart, and how long each takes.
class FoldComparison {
 public:
  explicit FoldComparison(const TrainedModel& trained)
      : trained_(trained), folded_(folded(trained.model)) {}

  void add(const Image& image, const std::vector<double>& expected) {
    const std::vector<double> p = probabilities(folded_, trained_.facts, image);
    for (std::size_t i = 0; i < p.size(); ++i) {
      largest_ = std::max(largest_, std::abs(p[i] - expected[i]));
    }
    last_ = image;
  }

  void print(std::ostream& out) const {
    const Index before = count_batch_norms(trained_.model), left = count_batch_norms(folded_);
    out << "folded " << before - left << " of " << before << " batch norms";
    if (!last_.pixels.empty()) {
      out << ": the probabilities differ by at most " << largest_ << "; one image takes "
          << median_time(trained_.model) << " ms before and " << median_time(folded_)
          << " ms after";
    }
    out << "\n";
  }

 private:
  double median_time(const Sequential& model) const {
    return median_ms(21, [&] { probabilities(model, trained_.facts, last_); });
  }

  const TrainedModel& trained_;
  Sequential folded_;
  double largest_ = 0;
  Image last_;  // the image to take the time with
};

struct PredictArguments {
  std::string folder;  // of the run
  std::vector<std::string> images;
  bool json = false, as_is = false, fold = false;
};

// Pictures that cannot be answered are named on stderr, and the exit code is then 2.
int run_predict(const PredictArguments& arguments) {
  const TrainedModel trained = load_trained_model(arguments.folder);
  const std::vector<std::string>& names = trained.facts.class_names;
  const auto preparation = arguments.as_is ? Preparation::stretched : Preparation::as_trained;
  const Glyphs glyphs = isatty(STDOUT_FILENO) != 0 ? Glyphs::unicode : Glyphs::ascii;
  std::optional<FoldComparison> fold;
  if (arguments.fold) fold.emplace(trained);
  std::vector<Prediction> answers;
  int code = 0;
  for (const std::string& file : arguments.images) {
    std::string about;  // what a message begins with
    try {
      const Image picture = read_image(file, trained.facts.image_shape.channels());
      about = file + ": ";  // a picture that cannot be read is named already
      const Image image = prepared(trained, picture, preparation);
      answers.push_back({file, probabilities(trained.model, trained.facts, image)});
      if (!arguments.json) std::cout << to_text(answers.back(), names, glyphs) << std::flush;
      if (fold) fold->add(image, answers.back().probabilities);
    } catch (const Error& error) {
      std::cerr << "minitape: " << terminal_lines(about + error.what()) << "\n";
      code = static_cast<int>(Fault::bad_input);
    }
  }
  if (arguments.json) std::cout << to_json(answers, names);
  // With --json, stdout is for the answers alone.
  if (fold) fold->print(arguments.json ? std::cerr : std::cout);
  return code;
}

}  // namespace

void add_predict(CLI::App& app, Call& call) {
  const auto arguments = std::make_shared<PredictArguments>();
  CLI::App& sub =
      add_subcommand(app, call, "predict",
                     {.purpose = "ask a trained model about pictures",
                      .text = R"(
Prints for each picture the most probable class, then a bar for each of the ten most probable ones.
Pictures are PNG or JPEG of any size. What was trained on digits takes a photo of one digit on plain
paper, dark on light or light on dark: it finds the ink, scales and centres it as in the training
set. What was trained on cifar10 or shapes takes the middle of the picture. All else is stretched to
the network's size.

Reads config.toml and model.safetensors of the run folder; no data files are needed. Answers go to
stdout. A picture that cannot be read is named on stderr, the others are answered all the same, and
the exit code is 2.

Examples:
  minitape predict runs/mnist_cnn photo.jpg
  minitape predict runs/mnist_cnn --json one.png two.png
  minitape predict runs/mnist_cnn --fold photo.jpg)",
                      .failure = "There is not enough memory, or stdout could not be written."},
                     [arguments] { return run_predict(*arguments); });
  sub.add_option("RUN_DIR", arguments->folder, "Run folder of a run that is complete")->required();
  sub.add_option("IMAGE", arguments->images, "Pictures (PNG or JPEG)")->required();
  sub.add_flag("--json", arguments->json,
               "Print one JSON array with an object for each picture: file, class,\n"
               "index, probability, probabilities");
  sub.add_flag("--as-is", arguments->as_is,
               "Only stretch the picture to the network's size: no search for ink, no\n"
               "cutting");
  sub.add_flag("--fold", arguments->fold,
               "Also fold batch norm into the layers in front of it, and tell how far\n"
               "these answers are from the others and how long both take (with --json\n"
               "on stderr)");
}

}  // namespace minitape
