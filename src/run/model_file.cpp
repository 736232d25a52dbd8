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

// Sets all targets. Throws, before the first is set, unless the file holds exactly these tensors.
// Running variances must be numbers >= 0, but for a run that has diverged.
void load_all(const std::vector<std::pair<std::string, Tensor*>>& targets,
              const SafetensorsFile& file, bool has_diverged) {
  std::vector<Tensor> loaded;
  for (const auto& [name, tensor] : targets) {
    loaded.push_back(load_tensor(file.at(name), tensor->shape()));
    if (!has_diverged && name.ends_with(".running_variance")) {
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

SafetensorsFile save_model(const Sequential& model) {
  SafetensorsFile file;
  for (const auto& [name, tensor] : named_tensors(model.const_state())) {
    file.tensors.push_back(save_tensor(name, *tensor));
  }
  return file;
}

void load_model(Sequential& model, const SafetensorsFile& file) {
  load_all(named_tensors(model.state()), file, false);
}

std::map<std::string, std::string> save_data_facts(const DataFacts& facts) {
  const auto text = [](const nlohmann::json& json) {
    return json.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  };
  const Shape& shape = facts.image_shape;
  return {{"image_shape", text({shape[0], shape[1], shape[2]})},
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

// ---- Checkpoints ----

SafetensorsFile save_checkpoint(const Standing& standing, const Sequential& model, const Sgd& sgd,
                                const Sequential& slow) {
  SafetensorsFile file = save_model(model);
  for (const Counter* counter : model.const_state().counters) {
    file.tensors.push_back(save_number(counter->name, counter->value));
  }
  for (std::size_t i = 0; i < sgd.velocities().size(); ++i) {
    file.tensors.push_back(save_tensor(velocity_name(sgd, i), sgd.velocities()[i]));
  }
  for (SavedTensor& tensor : save_model(slow).tensors) file.tensors.push_back(std::move(tensor));
  for_each_number(standing, [&file](const char* name, auto number) {
    file.tensors.push_back(save_number(name, number));
  });
  if (standing.divergence) file.metadata[kDivergedIn] = standing.divergence->where;
  return file;
}

Standing load_checkpoint(SafetensorsFile file, Sequential& model, Sgd& sgd, LayerState slow) {
  // Take out the numbers. Nothing is changed yet.
  Standing standing = take_standing(file);
  std::vector<Index> counts;
  for (const Counter* counter : model.state().counters) {
    counts.push_back(load_number<Index>(take(file, counter->name)));
  }
  // What is left must be the tensors of the model and the optimizer.
  auto targets = named_tensors(model.state());
  for (std::size_t i = 0; i < sgd.velocities().size(); ++i) {
    targets.emplace_back(velocity_name(sgd, i), &sgd.velocities()[i]);
  }
  for (const auto& target : named_tensors(slow)) targets.push_back(target);
  load_all(targets, file, standing.divergence.has_value());
  for (std::size_t i = 0; i < counts.size(); ++i) model.state().counters[i]->value = counts[i];
  return standing;
}

void check_same_data(const SafetensorsFile& checkpoint,
                     const std::map<std::string, std::string>& data) {
  for (const auto& [key, now] : data) {
    const auto found = checkpoint.metadata.find(key);
    const std::string before = found == checkpoint.metadata.end() ? "not saved" : found->second;
    MINITAPE_CHECK(before == now,
                   "[checkpoint] the data must be those that the run began with: ", key, " was ",
                   before, " and is ", now);
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
