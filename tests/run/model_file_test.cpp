#include "minitape/run/model_file.hpp"

#include <algorithm>
#include <functional>
#include <limits>

#include "minitape/config/build.hpp"
#include "testing.hpp"
#include "tiny_experiment.hpp"

namespace minitape {
namespace {

// A model whose every number differs from a fresh one's of the same seed.
Sequential trained_model(std::uint64_t seed) {
  Config config = config_with(kTinyLayers);
  config.seed = seed;
  Sequential model = build_model(config, kTinyInput);
  Real value = static_cast<Real>(seed);
  for (Parameter* parameter : model.state().parameters) {
    for (Real& x : parameter->value.values()) x += (value += Real(0.01));
  }
  for (Buffer* buffer : model.state().buffers) {
    for (Real& x : buffer->value.values()) x += (value += Real(0.01));
  }
  return model;
}

std::vector<Tensor> numbers_of(const Sequential& model) {
  std::vector<Tensor> all;
  for (const Parameter* parameter : model.const_state().parameters) all.push_back(parameter->value);
  for (const Buffer* buffer : model.const_state().buffers) all.push_back(buffer->value);
  return all;
}

std::string different_models(const Sequential& a, const Sequential& b) {
  const std::vector<Tensor> in_a = numbers_of(a), in_b = numbers_of(b);
  if (in_a.size() != in_b.size()) return "not the same tensors";
  for (std::size_t i = 0; i < in_a.size(); ++i) {
    const std::string text = different_bits(in_a[i], in_b[i]);
    if (!text.empty()) return concat("tensor ", i, ": ", text);
  }
  return "";
}

TEST_CASE("save_model: parameters, then running statistics, under the model's names") {
  std::vector<std::string> names;
  for (const SavedTensor& tensor : save_model(trained_model(1)).tensors) {
    names.push_back(tensor.name);
  }
  CHECK(names == std::vector<std::string>{
                     "0.conv2d.kernel", "1.batch_norm.gamma", "1.batch_norm.beta", "4.dense.kernel",
                     "4.dense.bias", "1.batch_norm.running_mean", "1.batch_norm.running_variance"});
}

TEST_CASE("load_model: brings back every bit, through the bytes of a file") {
  const Sequential saved = trained_model(1);
  Sequential loaded = trained_model(2);
  CHECK(different_models(saved, loaded) != "");
  load_model(loaded, parse_safetensors(format_safetensors(save_model(saved)), "test"));
  CHECK(different_models(saved, loaded) == "");
  CHECK(different_bits(loaded.predict(random_tensor("x", {3, 4, 4, 1})),
                       saved.predict(random_tensor("x", {3, 4, 4, 1}))) == "");
}

// The error of loading a file that was changed; fails when the model did not stay as it was.
std::string model_error(const std::function<void(SafetensorsFile&)>& change,
                        std::initializer_list<std::string_view> parts) {
  SafetensorsFile file = save_model(trained_model(1));
  change(file);
  Sequential model = trained_model(2);
  const std::string problem = error_lacks(parts, [&] { load_model(model, file); });
  const std::string changed = different_models(model, trained_model(2));
  return problem + (changed.empty() ? "" : " the model was changed: " + changed);
}

TEST_CASE("load_model: a file that does not fit is refused and changes nothing") {
  // In each case the fault comes last in the file, where the rest could have been loaded already.
  const auto set_last = [](const Tensor& value) {
    return [value](SafetensorsFile& file) {
      file.tensors.back() = save_tensor(file.tensors.back().name, value);
    };
  };
  CHECK(model_error([](SafetensorsFile& file) { file.tensors.pop_back(); },
                    {"1.batch_norm.running_variance"}) == "");
  CHECK(model_error(
            [](SafetensorsFile& file) {
              file.tensors.push_back(save_tensor("9.dense.bias", Tensor::zeros({1})));
            },
            {"[load] the file has a tensor that the model has not: 9.dense.bias"}) == "");
  CHECK(model_error(set_last(Tensor::zeros({3})),
                    {"1.batch_norm.running_variance", "(3)", "(2)"}) == "");
  CHECK(model_error(set_last(Tensor::zeros({2, 1})), {"1.batch_norm.running_variance"}) == "");
}

TEST_CASE("load_model: a running variance that is no variance is refused") {
  for (const double value : {-1e-30, std::numeric_limits<double>::quiet_NaN()}) {
    CAPTURE(value);
    CHECK(
        model_error(
            [value](SafetensorsFile& file) {
              file.tensors.back() = save_tensor(file.tensors.back().name, numbers({2}, {1, value}));
            },
            {"1.batch_norm.running_variance must hold variances"}) == "");
  }
  // Zero is one: a channel that never changes.
  Sequential model = trained_model(2);
  SafetensorsFile file = save_model(model);
  file.tensors.back() = save_tensor(file.tensors.back().name, Tensor::zeros({2}));
  CHECK_NOTHROW(load_model(model, file));
}

TEST_CASE("load_model: a model without batch norm does not take one that has it") {
  Sequential without = build_model(config_with(kTinyLayers, "batch_norm = false"), kTinyInput);
  CHECK(error_lacks({"0.conv2d.bias"},
                    [&] { load_model(without, save_model(trained_model(1))); }) == "");
}

// ---- What is known of the images ----

DataFacts some_facts() {
  return {{8, 9, 3}, {"a cat", "\"dog\"", "é"}, {{0.1, 1.0 / 3, 0}, {0.25, 1e-300, 1}}};
}

TEST_CASE("save_data_facts: read back as they were, through the bytes of a file") {
  SafetensorsFile file = save_model(trained_model(1));
  file.metadata = save_data_facts(some_facts());
  const DataFacts read = load_data_facts(parse_safetensors(format_safetensors(file), "test"));
  CHECK(read.image_shape == some_facts().image_shape);
  CHECK(read.class_names == some_facts().class_names);
  CHECK(read.standardization.mean == some_facts().standardization.mean);
  CHECK(read.standardization.deviation == some_facts().standardization.deviation);

  // A folder may have a name that is no text.
  DataFacts odd = some_facts();
  odd.class_names[0] = "\xff";
  file.metadata = save_data_facts(odd);
  CHECK_NOTHROW(load_data_facts(parse_safetensors(format_safetensors(file), "test")));
}

TEST_CASE("load_data_facts: metadata that are missing or damaged are named") {
  const auto problem = [](const std::string& key, const char* value,
                          std::initializer_list<std::string_view> parts) {
    SafetensorsFile file{{}, save_data_facts(some_facts())};
    file.metadata.erase(key);
    if (value) file.metadata[key] = value;
    return error_lacks(parts, [&] { load_data_facts(file); });
  };
  CHECK(problem("mean", nullptr, {"[load]", "must have \"mean\"", "minitape train"}) == "");
  CHECK(problem("class_names", "[1, 2]", {"\"class_names\" cannot be read", "[1, 2]"}) == "");
  CHECK(problem("class_names", "[\"a\"", {"cannot be read"}) == "");
  CHECK(problem("image_shape", "[8, 9]", {"height, width and channels", "2 numbers"}) == "");
  CHECK(problem("image_shape", "[8, 9, 1]", {"each of 1 channels", "3 and 3"}) == "");
  for (const char* shape : {"[8, -9, 3]", "[8, 0, 3]", "[8, 9.5, 3]", "[8, 1e300, 3]"}) {
    CAPTURE(shape);
    CHECK(problem("image_shape", shape, {"whole numbers from 1"}) == "");
  }
  CHECK(problem("deviation", "[1, 0, 1]", {"deviation positive", "channel 1"}) == "");
  CHECK(problem("mean", "[1, 2, 1e999]", {"mean"}) == "");
}

}  // namespace
}  // namespace minitape
