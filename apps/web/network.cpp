// One network in the browser, as functions that JavaScript can call: compiled to WebAssembly with
// the library's own sources, one instance in each of the page's two workers.
//
// The page sends a config, the same TOML that the command reads. What is thrown here ends in the
// page as its message (see throw_to_page at the end), and the instance is of no more use then.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <typeinfo>
#include <vector>

#include "minitape/config/build.hpp"
#include "minitape/core/allocator.hpp"
#include "minitape/ops/softmax_cross_entropy.hpp"
#include "minitape/run/trainer.hpp"
#include "minitape/text/numbers.hpp"

namespace minitape {
namespace {

// A network, its data, and where its training stands.
class Training {
 public:
  explicit Training(const Config& config)
      : train_(make_digits(config.seed, "train", config.data.train_limit)),
        test_(make_digits(config.seed, "test", config.data.test_limit)),
        standardization_(build_standardization(config, train_)),
        model_(build_model(config, train_.image_shape)),
        batches_(train_, standardization_, build_batch_options(config)),
        sgd_(model_.state().parameters, build_sgd_options(config)),
        schedule_(build_schedule(config, batches_.batches_per_epoch())),
        looked_at_(make_batch(test_, standardization_, 0, std::min<Index>(200, test_.size()))) {
    check_classes(model_, train_.image_shape, train_.classes());
  }

  // One update, as in the command's trainer. The loss is that before it.
  double step() {
    std::optional<Batch> batch = steps_ > 0 ? batches_.next() : std::nullopt;
    if (!batch) {
      batches_.start_epoch(steps_ / batches_.batches_per_epoch());
      batch = batches_.next();
    }
    tape_.clear();
    const Var logits = model_.forward(tape_.constant(std::move(batch->images)), Mode::training);
    const Var loss = softmax_cross_entropy(logits, batch->labels);
    tape_.backward(loss);
    sgd_.step(schedule_.learning_rate(steps_++));
    return static_cast<double>(loss.value().item());
  }

  // The part of the test images that is classified rightly.
  double accuracy() const {
    return evaluate(model_, test_, standardization_, test_.size()).accuracy;
  }

  // The 15th, 50th and 85th percentile of what the last activation's first unit gets, over 200
  // test images; NaN once the run has diverged.
  std::vector<double> bands() const {
    std::size_t last = 0;
    for (std::size_t i = 0; i < model_.size(); ++i) {
      const std::string type = model_.layer(i).type();
      if (type == "relu" || type == "sigmoid" || type == "tanh") last = i;
    }
    Tensor x = looked_at_.images;
    for (std::size_t i = 0; i < last; ++i) x = model_.layer(i).predict(x);
    std::vector<double> unit;
    for (Index i = 0; i < x.size(); i += x.channels()) unit.push_back(static_cast<double>(x[i]));
    return percentiles(unit, {0.15, 0.5, 0.85});
  }

  // The probabilities of the ten digits, for 28 × 28 bytes, light on dark.
  std::vector<double> answer(const std::uint8_t* pixels) const {
    Dataset one{.name = "drawn", .image_shape = test_.image_shape, .labels = {0}};
    one.pixels.assign(pixels, pixels + one.image_shape.size());
    const Batch batch = make_batch(one, standardization_, 0, 1);
    const Tensor probabilities = softmax(model_.predict(batch.images));
    return {probabilities.values().begin(), probabilities.values().end()};
  }

  const Dataset& test() const { return test_; }

 private:
  Dataset train_, test_;
  Standardization standardization_;
  Sequential model_;
  Batches batches_;
  Sgd sgd_;
  Schedule schedule_;
  Batch looked_at_;
  Tape tape_;
  Index steps_ = 0;
};

// What the page has between two calls: JavaScript holds no C++ objects.
struct Page {
  std::vector<std::uint8_t> input;
  std::vector<double> output;
  std::unique_ptr<Training> training;
};
Page& page() {
  static Page instance;
  return instance;
}

const double* give(std::vector<double> numbers) {
  page().output = std::move(numbers);
  return page().output.data();
}

}  // namespace

extern "C" {

/// Room for so many bytes, which the page fills before the next call.
[[clang::export_name("input")]] std::uint8_t* input(int bytes) {
  page().input.resize(static_cast<std::size_t>(bytes));
  return page().input.data();
}

/// Begins anew with the config in `input`.
[[clang::export_name("begin")]] void begin() {
  const auto& text = page().input;
  page().training.reset();
  set_memory_limit(1'000'000'000);  // the browser does not say how much there is
  const Config config =
      parse_config({reinterpret_cast<const char*>(text.data()), text.size()}, "the page");
  MINITAPE_CHECK(
      config.data.name == "digits" && config.data.train_limit > 0 && config.data.test_limit > 0,
      "[page] data.name must be \"digits\", with both limits: found \"", config.data.name, "\"");
  page().training = std::make_unique<Training>(config);
}

/// So many steps: their losses.
[[clang::export_name("train")]] const double* train(int steps) {
  std::vector<double> losses;
  for (int i = 0; i < steps; ++i) losses.push_back(page().training->step());
  return give(std::move(losses));
}

[[clang::export_name("accuracy")]] double accuracy() { return page().training->accuracy(); }

/// Three numbers: see Training::bands.
[[clang::export_name("bands")]] const double* bands() { return give(page().training->bands()); }

/// Ten probabilities, for the 28 × 28 bytes in `input`.
[[clang::export_name("answer")]] const double* answer() {
  return give(page().training->answer(page().input.data()));
}

/// Test image i, 28 × 28 bytes, and its digit.
[[clang::export_name("test_image")]] const std::uint8_t* test_image(int i) {
  return page().training->test().image(i).data();
}
[[clang::export_name("test_label")]] int test_label(int i) {
  return page().training->test().labels[static_cast<std::size_t>(i)];
}

// ---- Exceptions ----

[[clang::import_module("page"), clang::import_name("fail"), noreturn]] void throw_to_page(
    const char* message);

// The compiler's calls for `throw`: the message goes to JavaScript, which throws it on. Nothing is
// unwound and no handler runs here; all that is thrown is a std::exception.
void* __cxa_allocate_exception(std::size_t bytes) noexcept { return std::malloc(bytes); }
void __cxa_free_exception(void*) noexcept {}
[[noreturn]] void __cxa_throw(void* thrown, std::type_info*, void (*)(void*)) {
  throw_to_page(static_cast<std::exception*>(thrown)->what());
}
void* __cxa_begin_catch(void* thrown) noexcept { return thrown; }
void __cxa_end_catch() {}
[[noreturn]] void __cxa_rethrow() { __builtin_trap(); }

}  // extern "C"
}  // namespace minitape
