#include "minitape/run/model_file.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

namespace minitape {
namespace {

// The name and the address of every tensor in a LayerState or ConstLayerState.
template <class State>
auto named_tensors(const State& state) {
  using Address = decltype(&state.parameters[0]->value);
  std::vector<std::pair<std::string, Address>> tensors;
  for (auto* parameter : state.parameters) tensors.emplace_back(parameter->name, &parameter->value);
  for (auto* buffer : state.buffers) tensors.emplace_back(buffer->name, &buffer->value);
  return tensors;
}

void check_variance(const std::string& name, const Tensor& variance) {
  for (const Real value : variance.values()) {
    MINITAPE_CHECK(value >= 0, "[load] ", name, " must hold variances, numbers >= 0: found ",
                   value);
  }
}

// One entry of the metadata as what it should be.
template <class Value>
Value read_fact(const SafetensorsFile& file, const std::string& key) {
  const auto found = file.metadata.find(key);
  MINITAPE_CHECK(found != file.metadata.end(), "[load] the file's metadata must have \"", key,
                 "\": it has not; was it written by minitape train?");
  try {
    return nlohmann::json::parse(found->second).get<Value>();
  } catch (const nlohmann::json::exception&) {
    throw Error(concat("[load] the file's metadata \"", key,
                       "\" cannot be read: ", printable(found->second)));
  }
}

}  // namespace

SafetensorsFile save_model(const Sequential& model) {
  SafetensorsFile file;
  for (const auto& [name, tensor] : named_tensors(model.const_state())) {
    file.tensors.push_back(save_tensor(name, *tensor));
  }
  return file;
}

void load_model(Sequential& model, const SafetensorsFile& file, Statistics statistics) {
  const auto targets = named_tensors(model.state());
  // Read and check everything first, so that a bad file leaves the model as it was.
  std::vector<Tensor> loaded;
  for (const auto& [name, tensor] : targets) {
    loaded.push_back(load_tensor(file.at(name), tensor->shape()));
    if (statistics == Statistics::valid && name.ends_with(".running_variance")) {
      check_variance(name, loaded.back());
    }
  }
  for (const SavedTensor& saved : file.tensors) {
    bool known = false;
    for (const auto& target : targets) known |= target.first == saved.name;
    MINITAPE_CHECK(known, "[load] the file has a tensor that the model has not: ", saved.name);
  }
  for (std::size_t i = 0; i < targets.size(); ++i) *targets[i].second = std::move(loaded[i]);
}

std::map<std::string, std::string> save_data_facts(const DataFacts& facts) {
  const auto text = [](const nlohmann::json& json) {
    return json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  };
  std::vector<Index> shape;
  for (int axis = 0; axis < facts.image_shape.rank(); ++axis) {
    shape.push_back(facts.image_shape[axis]);
  }
  return {{"image_shape", text(shape)},
          {"class_names", text(facts.class_names)},
          {"mean", text(facts.standardization.mean)},
          {"deviation", text(facts.standardization.deviation)}};
}

DataFacts load_data_facts(const SafetensorsFile& file) {
  // As doubles: the JSON library would round 9.5 and cut off 1e300 without a word.
  const auto shape = read_fact<std::vector<double>>(file, "image_shape");
  DataFacts facts{.class_names = read_fact<std::vector<std::string>>(file, "class_names"),
                  .standardization = {read_fact<std::vector<double>>(file, "mean"),
                                      read_fact<std::vector<double>>(file, "deviation")}};
  MINITAPE_CHECK(shape.size() == 3, "[load] image_shape must be height, width and channels: the ",
                 "file gives ", shape.size(), " numbers");
  std::vector<Index> extents;
  for (const double extent : shape) {
    MINITAPE_CHECK(extent >= 1 && extent <= 100'000 && extent == std::floor(extent),
                   "[load] image_shape must be whole numbers from 1 to 100000: the file gives ",
                   extent);
    extents.push_back(static_cast<Index>(extent));
  }
  facts.image_shape = Shape(extents);
  const auto channels = static_cast<std::size_t>(facts.image_shape.channels());
  const auto& [mean, deviation] = facts.standardization;
  MINITAPE_CHECK(mean.size() == channels && deviation.size() == channels,
                 "[load] mean and deviation must have a number for each of ", channels,
                 " channels: the file gives ", mean.size(), " and ", deviation.size());
  for (std::size_t c = 0; c < channels; ++c) {
    MINITAPE_CHECK(std::isfinite(mean[c]) && std::isfinite(deviation[c]) && deviation[c] > 0,
                   "[load] mean must be finite and deviation positive: channel ", c, " has ",
                   mean[c], " and ", deviation[c]);
  }
  return facts;
}

}  // namespace minitape
