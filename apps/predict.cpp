#include "predict.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <optional>
#include <vector>

#include "minitape/text/numbers.hpp"
#include "minitape/text/terminal_text.hpp"
#include "minitape/tools/fold.hpp"
#include "minitape/tools/predict.hpp"

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
          << median_ms(trained_.model) << " ms before and " << median_ms(folded_) << " ms after";
    }
    out << "\n";
  }

 private:
  double median_ms(const Sequential& model) const {
    constexpr std::size_t kTimes = 21;
    std::vector<double> times;
    while (times.size() < kTimes) {
      const auto start = std::chrono::steady_clock::now();
      probabilities(model, trained_.facts, last_);
      const std::chrono::duration<double, std::milli> ms = std::chrono::steady_clock::now() - start;
      times.push_back(ms.count());
    }
    return median(times);
  }

  const TrainedModel& trained_;
  Sequential folded_;
  double largest_ = 0;
  Image last_;  // the image to take the time with
};

}  // namespace

int run_predict(const Arguments& arguments) {
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

}  // namespace minitape
