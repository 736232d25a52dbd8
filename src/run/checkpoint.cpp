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

// Calls visit(name, number) for every number of a Standing, in the order of the file.
template <class AnyStanding, class Visit>
void for_each_number(AnyStanding& standing, Visit visit) {
  visit("run.steps", standing.steps);
  visit("run.epochs", standing.epochs);
  visit("run.images", standing.images);
  visit("run.seen_loss", standing.seen.loss);
  visit("run.seen_accuracy", standing.seen.accuracy);
  visit("run.seconds", standing.seconds);
  if (standing.divergence) {
    visit("run.diverged_at", standing.divergence->step);
    visit("run.diverged_learning_rate", standing.divergence->learning_rate);
  }
}

Standing take_standing(SafetensorsFile& file) {
  Standing standing;
  const auto where = file.metadata.find(kDivergedIn);
  if (where != file.metadata.end()) standing.divergence = Divergence{.where = where->second};
  for_each_number(standing, [&file]<class Number>(const char* name, Number& number) {
    number = load_number<Number>(take(file, name));
  });
  return standing;
}

}  // namespace

SafetensorsFile save_checkpoint(const Standing& standing, const Sequential& model, const Sgd& sgd) {
  SafetensorsFile file = save_model(model);
  for (const Counter* counter : model.const_state().counters) {
    file.tensors.push_back(save_number(counter->name, counter->value));
  }
  for (std::size_t i = 0; i < sgd.velocities().size(); ++i) {
    file.tensors.push_back(save_tensor(velocity_name(sgd, i), sgd.velocities()[i]));
  }
  for_each_number(standing, [&file](const char* name, auto number) {
    file.tensors.push_back(save_number(name, number));
  });
  if (standing.divergence) file.metadata[kDivergedIn] = standing.divergence->where;
  return file;
}

Standing load_checkpoint(SafetensorsFile file, Sequential& model, Sgd& sgd) {
  // Take out and check everything that is not the model's.
  Standing standing = take_standing(file);
  std::vector<Index> counts;
  for (const Counter* counter : model.state().counters) {
    counts.push_back(load_number<Index>(take(file, counter->name)));
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

void check_same_data(const SafetensorsFile& checkpoint,
                     const std::map<std::string, std::string>& data) {
  for (const auto& [key, now] : data) {
    const auto before = checkpoint.metadata.find(key);
    const bool is_known = before != checkpoint.metadata.end();
    MINITAPE_CHECK(is_known && before->second == now,
                   "[checkpoint] the data must be those that the run began with: ", key, " was ",
                   is_known ? before->second : "not saved", " and is ", now);
  }
}

void check_standing(const Standing& at, Index epochs, Index steps, Index steps_per_epoch) {
  const Index done = at.steps - at.epochs * steps_per_epoch;  // in the epoch that has begun
  const bool at_the_end = at.epochs == epochs && at.steps == steps;
  const bool on_the_way =
      at.epochs < epochs && at.steps <= steps && done >= 0 && done <= steps_per_epoch;
  MINITAPE_CHECK(at_the_end || on_the_way, "[checkpoint] must be of this run of ", epochs,
                 " epochs and ", steps, " steps: it stands at step ", at.steps, " after ",
                 at.epochs, " epochs");
}

}  // namespace minitape
