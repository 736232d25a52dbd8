// minitape predict: a trained model's answers to pictures.
#include "minitape/tools/predict.hpp"

#include <algorithm>
#include <cmath>
#include <iostream>

#include "minitape/text/terminal_text.hpp"
#include "minitape/tools/benchmark.hpp"
#include "minitape/tools/fold.hpp"
#include "subcommands.hpp"

namespace minitape {
namespace {

// How far the answers of the folded model are from those of the model itself, which are given, and
// how long one image takes with each.
void compare_with_folded(const TrainedModel& trained, const std::vector<Image>& images,
                         const std::vector<Prediction>& answers, std::ostream& out) {
  const Sequential fold = folded(trained.model);
  const Index before = count_batch_norms(trained.model), left = count_batch_norms(fold);
  out << "folded " << before - left << " of " << before << " batch norms";
  if (!images.empty()) {
    double largest = 0;
    for (std::size_t i = 0; i < images.size(); ++i) {
      const std::vector<double> p = probabilities(fold, trained.facts, images[i]);
      for (std::size_t c = 0; c < p.size(); ++c) {
        largest = std::max(largest, std::abs(p[c] - answers[i].probabilities[c]));
      }
    }
    const auto median_time = [&](const Sequential& model) {
      return median_ms(21, [&] { probabilities(model, trained.facts, images.back()); });
    };
    out << ": the probabilities differ by at most " << largest << "; one image takes "
        << median_time(trained.model) << " ms before and " << median_time(fold) << " ms after";
  }
  out << "\n";
}

struct PredictArguments {
  std::string folder;  // of the run
  std::vector<std::string> images;
  bool json = false, as_is = false, fold = false;
};

// Pictures that cannot be answered are named on stderr, and the exit code is then 2.
int run_predict(const PredictArguments& arguments) {
  const TrainedModel trained = load_trained_model(arguments.folder);
  const std::vector<std::string>& names = trained.facts.class_names;
  const Shape& shape = trained.facts.image_shape;
  std::vector<Image> images;        // those that could be answered
  std::vector<Prediction> answers;  // one for each
  int code = 0;
  for (const std::string& file : arguments.images) {
    std::string about;  // what a message begins with
    try {
      const Image picture = read_image(file, shape.channels());
      about = file + ": ";  // a picture that cannot be read is named already
      Image image =
          arguments.as_is ? resized(picture, shape[0], shape[1]) : prepared(trained, picture);
      answers.push_back({file, probabilities(trained.model, trained.facts, image)});
      images.push_back(std::move(image));
      if (!arguments.json) std::cout << to_text(answers.back(), names) << std::flush;
    } catch (const Error& error) {
      std::cerr << "minitape: " << terminal_lines(about + error.what()) << "\n";
      code = static_cast<int>(Fault::bad_input);
    }
  }
  if (arguments.json) std::cout << to_json(answers, names);
  // With --json, stdout is for the answers alone.
  if (arguments.fold) {
    compare_with_folded(trained, images, answers, arguments.json ? std::cerr : std::cout);
  }
  return code;
}

}  // namespace

void add_predict(CLI::App& app, Call& call) {
  const auto arguments = std::make_shared<PredictArguments>();
  CLI::App& sub = add_subcommand(app, call, "predict", "ask a trained model about pictures",
                                 [arguments] { return run_predict(*arguments); });
  sub.footer(R"(
Prints for each picture the most probable class, then a bar for each of the ten most probable ones.
Pictures are PNG or JPEG of any size. What was trained on digits takes a photo of one digit on plain
paper, dark on light or light on dark: it finds the ink, scales and centres it as in the training
set. What was trained on cifar10 or shapes takes the middle of the picture. All else is stretched to
the network's size.

Reads config.toml and model.safetensors of the run folder; no data files are needed. A picture that
cannot be read is named on stderr, the others are answered all the same, and the exit code is 2.

Examples:
  minitape predict runs/mnist_cnn photo.jpg
  minitape predict runs/mnist_cnn --json one.png two.png
  minitape predict runs/mnist_cnn --fold photo.jpg)");
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
