#include "minitape/experiment/checkpoint.hpp"

#include <utility>

namespace minitape {
namespace {

// Every tensor of the model's state with its name.
std::vector<std::pair<std::string, Tensor*>> named_tensors(Sequential& model) {
  std::vector<std::pair<std::string, Tensor*>> tensors;
  const LayerState state = model.state();
  for (Parameter* parameter : state.parameters) {
    tensors.emplace_back(parameter->name, &parameter->value);
  }
  for (Buffer* buffer : state.buffers) tensors.emplace_back(buffer->name, &buffer->value);
  return tensors;
}

void check_variance(const std::string& name, const Tensor& variance) {
  for (const Real value : variance.values()) {
    MINITAPE_CHECK(value >= 0, "[load] ", name, " must hold variances, numbers >= 0: found ",
                   value);
  }
}

}  // namespace

SafetensorsFile save_model(const Sequential& model) {
  SafetensorsFile file;
  const ConstLayerState state = model.const_state();
  for (const Parameter* parameter : state.parameters) {
    file.tensors.push_back(save_tensor(parameter->name, parameter->value));
  }
  for (const Buffer* buffer : state.buffers) {
    file.tensors.push_back(save_tensor(buffer->name, buffer->value));
  }
  return file;
}

void load_model(Sequential& model, const SafetensorsFile& file) {
  const auto targets = named_tensors(model);
  // Read and check everything first, so that a bad file leaves the model as it was.
  std::vector<Tensor> loaded;
  for (const auto& [name, tensor] : targets) {
    loaded.push_back(load_tensor(file.at(name), tensor->shape()));
    if (name.ends_with(".running_variance")) check_variance(name, loaded.back());
  }
  for (const SavedTensor& saved : file.tensors) {
    bool known = false;
    for (const auto& target : targets) known |= target.first == saved.name;
    MINITAPE_CHECK(known, "[load] the file has a tensor that the model has not: ", saved.name);
  }
  for (std::size_t i = 0; i < targets.size(); ++i) *targets[i].second = std::move(loaded[i]);
}

}  // namespace minitape
