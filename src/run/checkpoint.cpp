#include "minitape/run/checkpoint.hpp"

#include <utility>
#include <vector>

#include "minitape/run/model_file.hpp"

namespace minitape {
namespace {

constexpr const char* kDivergedIn = "run.diverged_in";  // metadata: text

std::string velocity_name(const Sgd& sgd, std::size_t i) {
  return "optimizer.velocity." + sgd.parameters()[i]->name;
}

// Takes the tensor out of the file. Throws when there is none of that name.
SavedTensor take(SafetensorsFile& file, const std::string& name) {
  SavedTensor tensor = file.at(name);
  std::erase_if(file.tensors, [&](const SavedTensor& other) { return other.name == name; });
  return tensor;
}

void save_standing(const Standing& standing, SafetensorsFile& file) {
  file.tensors.push_back(save_count("run.steps", standing.steps));
  file.tensors.push_back(save_count("run.epochs", standing.epochs));
  file.tensors.push_back(save_count("run.images", standing.images));
  file.tensors.push_back(save_number("run.seen_loss", standing.seen.loss));
  file.tensors.push_back(save_number("run.seen_accuracy", standing.seen.accuracy));
  file.tensors.push_back(save_number("run.seconds", standing.seconds));
  if (const auto& divergence = standing.divergence) {
    file.tensors.push_back(save_count("run.diverged_at", divergence->step));
    file.tensors.push_back(save_number("run.diverged_learning_rate", divergence->learning_rate));
    file.metadata[kDivergedIn] = divergence->where;
  }
}

Standing take_standing(SafetensorsFile& file) {
  const auto count = [&file](const char* name) { return load_count(take(file, name)); };
  const auto number = [&file](const char* name) { return load_number(take(file, name)); };
  Standing standing{.steps = count("run.steps"),
                    .epochs = count("run.epochs"),
                    .seen = {number("run.seen_loss"), number("run.seen_accuracy")},
                    .images = count("run.images"),
                    .seconds = number("run.seconds")};
  if (const auto where = file.metadata.find(kDivergedIn); where != file.metadata.end()) {
    standing.divergence = {count("run.diverged_at"), number("run.diverged_learning_rate"),
                           where->second};
  }
  return standing;
}

}  // namespace

SafetensorsFile save_checkpoint(const Standing& standing, const Sequential& model, const Sgd& sgd) {
  SafetensorsFile file = save_model(model);
  for (const Counter* counter : model.const_state().counters) {
    file.tensors.push_back(save_count(counter->name, counter->value));
  }
  for (std::size_t i = 0; i < sgd.velocities().size(); ++i) {
    file.tensors.push_back(save_tensor(velocity_name(sgd, i), sgd.velocities()[i]));
  }
  save_standing(standing, file);
  return file;
}

Standing load_checkpoint(SafetensorsFile file, Sequential& model, Sgd& sgd) {
  // Take out and check everything that is not the model's.
  Standing standing = take_standing(file);
  std::vector<Index> counts;
  for (const Counter* counter : model.state().counters) {
    counts.push_back(load_count(take(file, counter->name)));
  }
  std::vector<Tensor> velocities;
  for (std::size_t i = 0; i < sgd.velocities().size(); ++i) {
    velocities.push_back(
        load_tensor(take(file, velocity_name(sgd, i)), sgd.velocities()[i].shape()));
  }

  // What is left must be the model. It is checked as a whole before it is changed.
  load_model(model, file, standing.divergence ? Statistics::any : Statistics::valid);

  // Nothing can fail from here on.
  for (std::size_t i = 0; i < counts.size(); ++i) model.state().counters[i]->value = counts[i];
  for (std::size_t i = 0; i < velocities.size(); ++i) {
    sgd.velocities()[i] = std::move(velocities[i]);
  }
  return standing;
}

}  // namespace minitape
