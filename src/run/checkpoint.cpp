#include "minitape/run/checkpoint.hpp"

#include <set>
#include <utility>
#include <vector>

#include "minitape/run/model_file.hpp"

namespace minitape {
namespace {

constexpr const char* kVelocity = "optimizer.velocity.";
constexpr const char* kDivergedIn = "run.diverged_in";  // metadata: text

std::string velocity_name(const Sgd& sgd, std::size_t i) {
  return kVelocity + sgd.parameters()[i]->name;
}

// The one number of a tensor of shape [1].
template <class Number, class Load>
Number only_one(const SafetensorsFile& file, const std::string& name, Load load) {
  const std::vector<Number> values = load(file.at(name));
  MINITAPE_CHECK(values.size() == 1, "[checkpoint] ", name, " must be one number: the file has ",
                 values.size());
  return values[0];
}

Index load_count(const SafetensorsFile& file, const std::string& name) {
  const Index count = only_one<std::int64_t>(file, name, load_integers);
  MINITAPE_CHECK(count >= 0, "[checkpoint] ", name, " must not be negative: the file has ", count);
  return count;
}

double load_sum(const SafetensorsFile& file, const std::string& name) {
  return only_one<double>(file, name, load_doubles);
}

// ---- Where the run stands ----

void save_standing(const Standing& standing, SafetensorsFile& file) {
  const auto count = [&](const char* name, Index value) {
    file.tensors.push_back(save_integers(name, std::vector{value}));
  };
  const auto sum = [&](const char* name, double value) {
    file.tensors.push_back(save_doubles(name, std::vector{value}));
  };
  count("run.steps", standing.steps);
  count("run.epochs", standing.epochs);
  count("run.images", standing.images);
  sum("run.seen_loss", standing.seen.loss);
  sum("run.seen_accuracy", standing.seen.accuracy);
  sum("run.seconds", standing.seconds);
  if (standing.divergence) {
    count("run.diverged_at", standing.divergence->step);
    sum("run.diverged_learning_rate", standing.divergence->learning_rate);
    file.metadata[kDivergedIn] = standing.divergence->where;
  }
}

Standing load_standing(const SafetensorsFile& file) {
  Standing standing{.steps = load_count(file, "run.steps"),
                    .epochs = load_count(file, "run.epochs"),
                    .seen = {load_sum(file, "run.seen_loss"), load_sum(file, "run.seen_accuracy")},
                    .images = load_count(file, "run.images"),
                    .seconds = load_sum(file, "run.seconds")};
  if (const auto where = file.metadata.find(kDivergedIn); where != file.metadata.end()) {
    standing.divergence = {load_count(file, "run.diverged_at"),
                           load_sum(file, "run.diverged_learning_rate"), where->second};
  }
  return standing;
}

}  // namespace

// ---- The whole ----

SafetensorsFile save_checkpoint(const Standing& standing, const Sequential& model, const Sgd& sgd) {
  SafetensorsFile file = save_model(model);
  for (const Counter* counter : model.const_state().counters) {
    file.tensors.push_back(save_integers(counter->name, std::vector{counter->value}));
  }
  for (std::size_t i = 0; i < sgd.velocities().size(); ++i) {
    file.tensors.push_back(save_tensor(velocity_name(sgd, i), sgd.velocities()[i]));
  }
  save_standing(standing, file);
  return file;
}

Standing load_checkpoint(const SafetensorsFile& file, Sequential& model, Sgd& sgd) {
  // Read and check everything that is not the model's, and keep its names.
  Standing standing = load_standing(file);
  SafetensorsFile own;
  save_standing(standing, own);
  std::set<std::string> read;
  for (const SavedTensor& tensor : own.tensors) read.insert(tensor.name);
  std::vector<Index> counts;
  for (const Counter* counter : model.state().counters) {
    counts.push_back(load_count(file, counter->name));
    read.insert(counter->name);
  }
  std::vector<Tensor> velocities;
  for (std::size_t i = 0; i < sgd.velocities().size(); ++i) {
    const std::string name = velocity_name(sgd, i);
    velocities.push_back(load_tensor(file.at(name), sgd.velocities()[i].shape()));
    read.insert(name);
  }

  // What is left must be the model. It is checked as a whole before it is changed.
  SafetensorsFile rest;
  for (const SavedTensor& tensor : file.tensors) {
    if (!read.contains(tensor.name)) rest.tensors.push_back(tensor);
  }
  load_model(model, rest, standing.divergence ? Statistics::any : Statistics::valid);

  // Nothing can fail from here on.
  for (std::size_t i = 0; i < counts.size(); ++i) model.state().counters[i]->value = counts[i];
  for (std::size_t i = 0; i < velocities.size(); ++i) {
    sgd.velocities()[i] = std::move(velocities[i]);
  }
  return standing;
}

}  // namespace minitape
