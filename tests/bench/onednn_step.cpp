// The training step of apps/configs/cifar_cnn.toml from oneDNN's primitives: what a good library of
// kernels makes of it when nothing is in its way. A yardstick, not a part of minitape.
//
//   onednn_step BATCH BATCH_NORM STEPS [MODEL DATA]
//
// prints one JSON object: the median time of a step, and the loss of each. With MODEL (a run's
// initial.safetensors) and DATA (of export_data) it starts from these weights and takes the batches
// in the data's order, so that its losses can be held against steps.csv; without, all is random.
//
// Layers take the layouts that oneDNN likes best, with reorders where two do not agree. Batch norm
// and relu are one primitive, without batch norm convolution and relu are. All memory is allocated
// before the first step. The loss and the update, which oneDNN has not, are plain loops.
#include <omp.h>
#include <oneapi/dnnl/dnnl.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

using namespace dnnl;
using Dims = memory::dims;
using Tag = memory::format_tag;
using Arguments = std::unordered_map<int, memory>;

namespace {

constexpr float kMomentum = 0.9F, kDecay = 5e-4F, kEpsilon = 1e-5F, kRate = 1e-4F;
constexpr memory::dim kClasses = 10, kSide = 32;

const engine kEngine(engine::kind::cpu, 0);
stream queue(kEngine);

memory::desc any(const Dims& dims) { return {dims, memory::data_type::f32, Tag::any}; }
memory::desc plain(const Dims& dims, Tag tag) { return {dims, memory::data_type::f32, tag}; }

memory make(const memory::desc& desc) {
  memory result(desc, kEngine);
  std::memset(result.get_data_handle(), 0, desc.get_size());
  return result;
}

float* numbers(const memory& m) { return static_cast<float*>(m.get_data_handle()); }

// ---- Saved tensors ----

class Safetensors {
 public:
  explicit Safetensors(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
    std::uint64_t length = 0;
    if (bytes_.size() < 8) throw std::runtime_error("cannot read " + path);
    std::memcpy(&length, bytes_.data(), 8);
    header_ = nlohmann::json::parse(bytes_.substr(8, length));
    data_ = bytes_.data() + 8 + length;
  }
  template <class Number>
  const Number* at(const std::string& name) const {
    const auto offset = header_.at(name).at("data_offsets").at(0).get<std::size_t>();
    return reinterpret_cast<const Number*>(data_ + offset);
  }

 private:
  std::string bytes_;
  nlohmann::json header_;
  const char* data_ = nullptr;
};

// ---- The network ----

struct Parameter {
  memory value, gradient;  // the same layout
  std::vector<float> velocity;
  float decay = 0;
};

class Network {
 public:
  Network(memory::dim batch, bool batch_norm, const Safetensors* model)
      : batch_(batch),
        batch_norm_(batch_norm),
        model_(model),
        images(make(plain({batch, 3, kSide, kSide}, Tag::nhwc))),
        labels(batch) {
    memory x = images;
    memory::dim channels = 3, side = kSide;
    int position = 0;  // in model.layers
    for (const memory::dim filters : {32, 64, 128}) {
      for (int i = 0; i < 2; ++i, position += 3, channels = filters) {
        x = convolution(x, position, channels, filters, side);
      }
      x = pool(x, filters, side);
      side /= 2;
      ++position;
    }
    dense(x, position + 1, channels, side);
    // What goes back was noted down on the way forward.
    memory gradient = logits_gradient_;
    for (auto layer = going_back_.rbegin(); layer != going_back_.rend(); ++layer) {
      gradient = (*layer)(gradient);
    }
  }

  // Returns the loss before the update.
  float step() {
    for (const auto& [primitive, arguments] : forward_) primitive.execute(queue, arguments);
    queue.wait();
    const float loss = softmax_cross_entropy();
    for (const auto& [primitive, arguments] : backward_) primitive.execute(queue, arguments);
    queue.wait();
    for (Parameter& parameter : parameters_) update(parameter);
    for (const auto& finish : after_) finish();
    return loss;
  }

 private:
  using Program = std::vector<std::pair<primitive, Arguments>>;

  // The same numbers in the layout that is asked for.
  memory in_layout(const memory& m, const memory::desc& desc, Program& program) {
    if (m.get_desc() == desc) return m;
    memory result = make(desc);
    program.push_back({reorder(m, result), {{DNNL_ARG_FROM, m}, {DNNL_ARG_TO, result}}});
    return result;
  }

  // A parameter in the layout `desc`, from the model's tensor in the layout `saved`, or random.
  Parameter& parameter(const std::string& name, const memory::desc& desc, const memory::desc& saved,
                       float decay, float deviation, float start = 0) {
    memory from = make(saved);
    const std::size_t size = saved.get_size() / sizeof(float);
    static std::mt19937 generator(1);
    std::normal_distribution<float> normal(start, deviation);
    for (std::size_t i = 0; i < size; ++i) {
      numbers(from)[i] = model_          ? model_->at<float>(name)[i]
                         : deviation > 0 ? normal(generator)
                                         : start;
    }
    parameters_.push_back({make(desc), make(desc), std::vector<float>(desc.get_size() / 4), decay});
    reorder(from, parameters_.back().value).execute(queue, from, parameters_.back().value);
    queue.wait();
    return parameters_.back();
  }

  // Sends the gradient that a primitive wrote to where the update expects it.
  void deliver(const memory& from, const memory& to) {
    backward_.push_back({reorder(from, to), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}}});
  }

  memory convolution(const memory& input, int position, memory::dim channels, memory::dim filters,
                     memory::dim side) {
    const Dims in{batch_, channels, side, side}, out{batch_, filters, side, side};
    const Dims kernel{filters, channels, 3, 3}, one{1, 1}, bias_dims{filters};
    const memory::desc vector = plain(bias_dims, Tag::x);
    const bool batch_norm = batch_norm_;
    // Forward; without batch norm with a bias and the relu in the same pass.
    primitive_attr with_relu;
    if (!batch_norm) {
      post_ops relu;
      relu.append_eltwise(1, algorithm::eltwise_relu, 0, 0);
      with_relu.set_post_ops(relu);
    }
    const auto direct = algorithm::convolution_direct;
    const auto desc = batch_norm
                          ? convolution_forward::desc(prop_kind::forward_training, direct, any(in),
                                                      any(kernel), any(out), one, one, one)
                          : convolution_forward::desc(prop_kind::forward_training, direct, any(in),
                                                      any(kernel), vector, any(out), one, one, one);
    const convolution_forward::primitive_desc forward(desc, with_relu, kEngine);
    const std::string name = std::to_string(position) + ".conv2d.";
    const float he = std::sqrt(2.0F / static_cast<float>(9 * channels));
    Parameter& k =
        parameter(name + "kernel", forward.weights_desc(), plain(kernel, Tag::hwio), kDecay, he);
    const memory x = in_layout(input, forward.src_desc(), forward_);
    memory y = make(forward.dst_desc());
    Arguments arguments{{DNNL_ARG_SRC, x}, {DNNL_ARG_WEIGHTS, k.value}, {DNNL_ARG_DST, y}};
    Parameter* const b = batch_norm ? nullptr : &parameter(name + "bias", vector, vector, 0, 0);
    if (b) arguments[DNNL_ARG_BIAS] = b->value;
    forward_.push_back({convolution_forward(forward), arguments});

    // Backward: the kernel's gradient, then the image's, unless it is the input.
    going_back_.push_back([=, this, &k](const memory& dy) {
      const auto weights_desc =
          b ? convolution_backward_weights::desc(direct, any(in), any(kernel), vector, any(out),
                                                 one, one, one)
            : convolution_backward_weights::desc(direct, any(in), any(kernel), any(out), one, one,
                                                 one);
      const convolution_backward_weights::primitive_desc weights(weights_desc, kEngine, forward);
      const memory dk = weights.diff_weights_desc() == k.gradient.get_desc()
                            ? k.gradient
                            : make(weights.diff_weights_desc());
      Arguments to_weights{{DNNL_ARG_SRC, in_layout(x, weights.src_desc(), backward_)},
                           {DNNL_ARG_DIFF_DST, in_layout(dy, weights.diff_dst_desc(), backward_)},
                           {DNNL_ARG_DIFF_WEIGHTS, dk}};
      if (b) to_weights[DNNL_ARG_DIFF_BIAS] = b->gradient;
      backward_.push_back({convolution_backward_weights(weights), to_weights});
      if (dk != k.gradient) deliver(dk, k.gradient);
      if (position == 0) return memory();
      const convolution_backward_data::primitive_desc data(
          {direct, any(in), any(kernel), any(out), one, one, one}, kEngine, forward);
      const memory dx = make(data.diff_src_desc());
      backward_.push_back({convolution_backward_data(data),
                           {{DNNL_ARG_DIFF_DST, in_layout(dy, data.diff_dst_desc(), backward_)},
                            {DNNL_ARG_WEIGHTS, in_layout(k.value, data.weights_desc(), backward_)},
                            {DNNL_ARG_DIFF_SRC, dx}}});
      return dx;
    });
    return batch_norm ? batch_norm_relu(y, position + 1, filters) : relu(y);
  }

  memory batch_norm_relu(const memory& x, int position, memory::dim channels) {
    const memory::desc shape = x.get_desc(), vector = plain({channels}, Tag::x);
    const auto flags = normalization_flags::use_scale | normalization_flags::use_shift |
                       normalization_flags::fuse_norm_relu;
    const batch_normalization_forward::primitive_desc forward(
        {prop_kind::forward_training, shape, kEpsilon, flags}, kEngine);
    const std::string name = std::to_string(position) + ".batch_norm.";
    Parameter& gamma = parameter(name + "gamma", vector, vector, 0, 0, 1);
    Parameter& beta = parameter(name + "beta", vector, vector, 0, 0);
    const memory mean = make(vector), variance = make(vector), y = make(shape),
                 workspace = make(forward.workspace_desc());
    forward_.push_back({batch_normalization_forward(forward),
                        {{DNNL_ARG_SRC, x},
                         {DNNL_ARG_SCALE, gamma.value},
                         {DNNL_ARG_SHIFT, beta.value},
                         {DNNL_ARG_MEAN, mean},
                         {DNNL_ARG_VARIANCE, variance},
                         {DNNL_ARG_WORKSPACE, workspace},
                         {DNNL_ARG_DST, y}}});
    going_back_.push_back([=, this, &gamma, &beta](const memory& dy) {
      const batch_normalization_backward::primitive_desc backward(
          {prop_kind::backward, shape, shape, kEpsilon, flags}, kEngine, forward);
      const memory dx = make(backward.diff_src_desc());
      backward_.push_back({batch_normalization_backward(backward),
                           {{DNNL_ARG_SRC, x},
                            {DNNL_ARG_MEAN, mean},
                            {DNNL_ARG_VARIANCE, variance},
                            {DNNL_ARG_DIFF_DST, in_layout(dy, backward.diff_dst_desc(), backward_)},
                            {DNNL_ARG_SCALE, gamma.value},
                            {DNNL_ARG_SHIFT, beta.value},
                            {DNNL_ARG_WORKSPACE, workspace},
                            {DNNL_ARG_DIFF_SRC, dx},
                            {DNNL_ARG_DIFF_SCALE, gamma.gradient},
                            {DNNL_ARG_DIFF_SHIFT, beta.gradient}}});
      return dx;
    });
    // The running statistics.
    after_.push_back([=, running = std::vector<float>(2 * channels)]() mutable {
      for (memory::dim c = 0; c < channels; ++c) {
        running[c] += 0.1F * (numbers(mean)[c] - running[c]);
        running[channels + c] += 0.1F * (numbers(variance)[c] - running[channels + c]);
      }
    });
    return y;
  }

  // The relu itself was done with the convolution.
  memory relu(const memory& y) {
    going_back_.push_back([=, this](const memory& dy) {
      const auto kind = algorithm::eltwise_relu_use_dst_for_bwd;
      const memory::desc shape = y.get_desc();
      const eltwise_forward::primitive_desc forward(
          {prop_kind::forward_training, kind, shape, 0, 0}, kEngine);
      const eltwise_backward::primitive_desc backward({kind, shape, shape, 0, 0}, kEngine, forward);
      const memory dx = make(shape);
      backward_.push_back({eltwise_backward(backward),
                           {{DNNL_ARG_DST, y},
                            {DNNL_ARG_DIFF_DST, in_layout(dy, shape, backward_)},
                            {DNNL_ARG_DIFF_SRC, dx}}});
      return dx;
    });
    return y;
  }

  memory pool(const memory& x, memory::dim channels, memory::dim side) {
    const Dims out{batch_, channels, side / 2, side / 2}, two{2, 2}, none{0, 0};
    const memory::desc shape = x.get_desc();
    const pooling_forward::primitive_desc forward(
        {prop_kind::forward_training, algorithm::pooling_max, shape, any(out), two, two, none,
         none},
        kEngine);
    const memory y = make(forward.dst_desc()), workspace = make(forward.workspace_desc());
    forward_.push_back({pooling_forward(forward),
                        {{DNNL_ARG_SRC, x}, {DNNL_ARG_DST, y}, {DNNL_ARG_WORKSPACE, workspace}}});
    going_back_.push_back([=, this](const memory& dy) {
      const pooling_backward::primitive_desc backward(
          {algorithm::pooling_max, shape, forward.dst_desc(), two, two, none, none}, kEngine,
          forward);
      const memory dx = make(shape);
      backward_.push_back({pooling_backward(backward),
                           {{DNNL_ARG_DIFF_DST, in_layout(dy, forward.dst_desc(), backward_)},
                            {DNNL_ARG_WORKSPACE, workspace},
                            {DNNL_ARG_DIFF_SRC, dx}}});
      return dx;
    });
    return y;
  }

  void dense(const memory& input, int position, memory::dim channels, memory::dim side) {
    const Dims in{batch_, channels, side, side}, kernel{kClasses, channels, side, side};
    const memory::desc out = plain({batch_, kClasses}, Tag::nc), vector = plain({kClasses}, Tag::x);
    const inner_product_forward::primitive_desc forward(
        {prop_kind::forward_training, any(in), any(kernel), vector, out}, kEngine);
    const std::string name = std::to_string(position) + ".dense.";
    const float he = std::sqrt(2.0F / static_cast<float>(channels * side * side));
    // The saved kernel's inputs are ordered as the flattened NHWC image.
    Parameter& k =
        parameter(name + "kernel", forward.weights_desc(), plain(kernel, Tag::hwio), kDecay, he);
    Parameter& b = parameter(name + "bias", vector, vector, 0, 0);
    const memory x = in_layout(input, forward.src_desc(), forward_);
    logits_ = make(out);
    logits_gradient_ = make(out);
    forward_.push_back({inner_product_forward(forward),
                        {{DNNL_ARG_SRC, x},
                         {DNNL_ARG_WEIGHTS, k.value},
                         {DNNL_ARG_BIAS, b.value},
                         {DNNL_ARG_DST, logits_}}});
    going_back_.push_back([=, this, &k, &b](const memory& dy) {
      const inner_product_backward_weights::primitive_desc weights(
          {any(in), any(kernel), vector, out}, kEngine, forward);
      const memory dk = make(weights.diff_weights_desc());
      backward_.push_back({inner_product_backward_weights(weights),
                           {{DNNL_ARG_SRC, in_layout(x, weights.src_desc(), backward_)},
                            {DNNL_ARG_DIFF_DST, dy},
                            {DNNL_ARG_DIFF_WEIGHTS, dk},
                            {DNNL_ARG_DIFF_BIAS, b.gradient}}});
      deliver(dk, k.gradient);
      const inner_product_backward_data::primitive_desc data({any(in), any(kernel), out}, kEngine,
                                                             forward);
      const memory dx = make(data.diff_src_desc());
      backward_.push_back({inner_product_backward_data(data),
                           {{DNNL_ARG_DIFF_DST, dy},
                            {DNNL_ARG_WEIGHTS, in_layout(k.value, data.weights_desc(), backward_)},
                            {DNNL_ARG_DIFF_SRC, dx}}});
      return dx;
    });
  }

  // Mean over the batch, and its gradient.
  float softmax_cross_entropy() {
    double loss = 0;
    for (memory::dim n = 0; n < batch_; ++n) {
      const float* const z = numbers(logits_) + n * kClasses;
      float* const dz = numbers(logits_gradient_) + n * kClasses;
      const float largest = *std::max_element(z, z + kClasses);
      float sum = 0;
      for (memory::dim c = 0; c < kClasses; ++c) sum += dz[c] = std::exp(z[c] - largest);
      loss += std::log(sum) - (z[labels[n]] - largest);
      for (memory::dim c = 0; c < kClasses; ++c) {
        dz[c] = (dz[c] / sum - (c == labels[n] ? 1.0F : 0.0F)) / static_cast<float>(batch_);
      }
    }
    return static_cast<float>(loss / static_cast<double>(batch_));
  }

  static void update(Parameter& p) {
    float* const w = numbers(p.value);
    const float* const dw = numbers(p.gradient);
    float* const v = p.velocity.data();
    const auto size = static_cast<std::ptrdiff_t>(p.velocity.size());
#pragma omp parallel for if (size > 16384)
    for (std::ptrdiff_t i = 0; i < size; ++i) {
      v[i] = kMomentum * v[i] + dw[i] + p.decay * w[i];
      w[i] -= kRate * v[i];
    }
  }

  memory::dim batch_;
  bool batch_norm_;
  const Safetensors* model_;
  Program forward_, backward_;
  std::vector<std::function<memory(const memory&)>> going_back_;
  std::vector<std::function<void()>> after_;
  std::deque<Parameter> parameters_;  // a deque: references stay valid
  memory logits_, logits_gradient_;

 public:
  memory images;            // [N, H, W, C]
  std::vector<int> labels;  // [N]
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 4 && argc != 6) {
    std::cerr << "usage: onednn_step BATCH BATCH_NORM STEPS [MODEL DATA]\n";
    return 2;
  }
  const int batch = std::atoi(argv[1]), steps = std::atoi(argv[3]);
  const bool batch_norm = std::string(argv[2]) == "true", check = argc == 6;
  const Safetensors* const model = check ? new Safetensors(argv[4]) : nullptr;
  const Safetensors* const data = check ? new Safetensors(argv[5]) : nullptr;
  Network network(batch, batch_norm, model);
  const std::size_t size = static_cast<std::size_t>(batch) * kSide * kSide * 3;
  const auto take_batch = [&](int step) {
    static std::mt19937 generator(1);
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t from = static_cast<std::size_t>(step) * size + i;
      numbers(network.images)[i] =
          check ? static_cast<float>(data->at<unsigned char>("train_images")[from]) / 255
                : std::normal_distribution<float>()(generator);
    }
    for (int n = 0; n < batch; ++n) {
      network.labels[n] =
          check ? data->at<unsigned char>("train_labels")[step * batch + n] : n % kClasses;
    }
  };
  constexpr int kWarmUp = 3;
  if (!check) {
    take_batch(0);
    for (int i = 0; i < kWarmUp; ++i) network.step();
  }
  std::vector<float> losses;
  std::vector<double> times;
  for (int i = 0; i < steps; ++i) {
    if (check) take_batch(i);
    const auto start = std::chrono::steady_clock::now();
    losses.push_back(network.step());
    times.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
            .count());
  }
  std::nth_element(times.begin(), times.begin() + steps / 2, times.end());
  const dnnl_version_t* const v = dnnl_version();
  std::cout << nlohmann::json{{"train_ms_per_step", times[steps / 2]},
                              {"losses", losses},
                              {"threads", omp_get_max_threads()},
                              {"version", std::to_string(v->major) + "." +
                                              std::to_string(v->minor) + "." +
                                              std::to_string(v->patch)}}
            << "\n";
  return 0;
} catch (const std::exception& error) {
  std::cerr << "onednn_step: " << error.what() << "\n";
  return 1;
}
