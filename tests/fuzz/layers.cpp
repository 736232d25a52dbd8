// Layer lists: the input is read as a list of layers in any order, with small sizes, or, where its
// first byte says so, with some as large as a config can name. It goes through the text of a
// config, is built unless that takes too much memory, and computes forward and backward if its
// layers fit together. (Texts that are no layer list at all are the target config's.)
#include "fuzz.hpp"
#include "minitape/config/build.hpp"
#include "minitape/core/allocator.hpp"
#include "minitape/ops/arithmetic.hpp"
#include "minitape/tools/summary.hpp"

using namespace minitape;

namespace {

constexpr int kMaxLayers = 8, kMaxDepth = 3;
constexpr Index kMaxNumbers = 10'000;  // of an activation: more would only be slow
// Of a model's parameters and their gradients; then of all that computing with it takes.
constexpr std::size_t kMaxModelBytes = 200'000, kMaxBytes = 1'000'000'000;

// Takes small numbers from the input, 0 when it has come to its end.
class Input {
 public:
  explicit Input(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  bool wild = false;  // size() can also be a very large number
  bool empty() const { return bytes_.empty(); }
  // 1 … n.
  Index size(int n) { return wild && below(4) == 0 ? huge() : 1 + below(n); }
  int below(int n) {
    if (bytes_.empty()) return 0;
    const int value = bytes_[0] % n;
    bytes_ = bytes_.subspan(1);
    return value;
  }

 private:
  Index huge() {
    static constexpr Index kHuge[] = {100, 999, 1000, 1001, 65536, 99'999, 100'000, 100'001};
    return kHuge[below(8)];
  }

  std::span<const std::uint8_t> bytes_;
};

Padding read_padding(Input& in) {
  const int kind = in.below(3);
  return kind == 0 ? Padding::valid() : kind == 1 ? Padding::same() : Padding::of(in.size(5) - 1);
}

std::vector<LayerConfig> read_layers(Input& in, int depth);

LayerConfig read_layer(Input& in, int depth) {
  static constexpr const char* kTypes[] = {
      "conv2d",   "dense",    "batch_norm",      "relu",    "leaky_relu", "sigmoid", "tanh",
      "max_pool", "avg_pool", "global_avg_pool", "flatten", "dropout",    "residual"};
  LayerConfig layer;
  layer.type = kTypes[in.below(13)];
  if (layer.type == "conv2d") {
    layer.filters = in.size(40);
    layer.kernel = in.size(5);
  }
  if (layer.type == "dense") layer.units = in.size(20);
  if (layer.type == "max_pool" || layer.type == "avg_pool") layer.size = in.size(4);
  if (layer.type == "conv2d" || layer.size > 0) {
    layer.stride = in.size(4);
    layer.padding = read_padding(in);
  }
  if (layer.type == "batch_norm" && in.below(2) == 1) layer.running = "debiased_ema";
  if (layer.type == "dropout") layer.rate = in.below(10) / 10.0;
  if (layer.type == "residual") {
    if (depth == kMaxDepth)
      layer.type = "relu";
    else
      layer.layers = read_layers(in, depth + 1);
  }
  return layer;
}

std::vector<LayerConfig> read_layers(Input& in, int depth) {
  std::vector<LayerConfig> layers;
  const int count = in.below(kMaxLayers + 1);
  for (int i = 0; i < count && !in.empty(); ++i) layers.push_back(read_layer(in, depth));
  return layers;
}

Shape read_shape(Input& in) {
  std::vector<Index> extents{in.size(12)};
  if (in.below(4) > 0) {
    extents.push_back(in.size(12));
    extents.push_back(in.size(20));
  }
  return Shape(extents);
}

bool is_small(const Sequential& model, Shape shape) {
  for (std::size_t i = 0; i < model.size() && shape.size() <= kMaxNumbers; ++i) {
    shape = model.layer(i).output_shape(shape);
  }
  return shape.size() <= kMaxNumbers;
}

// [batch, input…], numbers from -1 to 1.
Tensor examples(Index batch, const Shape& input) {
  Tensor x = Tensor::uninitialized(input.with_batch(batch));
  for (Index i = 0; i < x.size(); ++i) x[i] = static_cast<Real>(i % 17 - 8) / 8;
  return x;
}

void compute(Sequential& model, const Shape& input) {
  const Shape output = model.output_shape(input).with_batch(3);
  Tape tape;
  const Var y = model.forward(tape.variable(examples(3, input)), Mode::training);
  expect(y.value().shape() == output, "training gives the shape that was told before");
  tape.backward(mean_squared_error(y, Tensor::zeros(output)));
  const Tensor predicted = model.predict(examples(3, input));
  expect(predicted.shape() == output, "prediction gives the shape that was told before");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(bytes_of(data, size));
  in.wild = in.below(4) == 3;
  Config config;
  config.data.name = "none";
  config.data.input = read_shape(in);
  config.model.batch_norm = in.below(4) > 0;
  config.model.layers = read_layers(in, 0);
  const Shape input = config.data.input;
  const auto parse = [&] {
    expect(parse_config(to_toml(config), "file") == config,
           "a config survives writing and reading");
  };
  if (!succeeds(parse)) {
    expect(in.wild, "small sizes are a config's");
    return 0;
  }
  succeeds([&] {
    set_memory_limit(kMaxModelBytes);
    Sequential model = build_model(config, input);
    set_memory_limit(kMaxBytes);
    expect(!summarize(model, input).to_string().empty(), "a model that is built has a summary");
    succeeds([&] { check_classes(model, input, 10); });
    if (!is_small(model, input)) return;
    expect(succeeds([&] { compute(model, input); }), "layers that fit together compute");
  });
  return 0;
}
