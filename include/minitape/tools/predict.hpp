// Asking a trained model about pictures.
//
// The run folder holds all that is needed: config.toml describes the network, model.safetensors has
// the weights and the facts about the images that it was trained on. A picture gets the form of
// these images, in a way that depends on the data set:
//
//   digits, mnist    by the recipe for photos of digits (tools/digit_photo.hpp)
//   cifar10, shapes  the middle is cut out and resized, because these sets show things undistorted
//   all others       resized, and so stretched, as the images of a folder are
//
// A picture that has this form already stays as it is. Pictures are answered one by one, so that an
// answer has the same bits whatever else is asked.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "minitape/config/config.hpp"
#include "minitape/data/image.hpp"
#include "minitape/run/model_file.hpp"

namespace minitape {

struct TrainedModel {
  Config config;
  DataFacts facts;
  Sequential model;
};

/// Reads a run folder. Throws when it holds no run, when the run has no model yet, and when config
/// and model do not fit together.
TrainedModel load_trained_model(const std::filesystem::path& run_folder);

/// A picture of any size, with as many channels as the network takes, in the form that it takes:
/// facts.image_shape.
Image prepared(const TrainedModel& trained, const Image& picture);

/// The probability of each class [classes], of a prepared picture. `model` is the trained one or
/// one made from it. Throws when the model gives numbers that are not finite.
std::vector<double> probabilities(const Sequential& model, const DataFacts& facts,
                                  const Image& image);

struct Prediction {  // what the network says of one picture
  std::string file;
  std::vector<double> probabilities;  // [classes]
};

/// A line with the file, the answer and its probability, then a bar for each of the ten most
/// probable classes. Control characters in names are shown as "?".
std::string to_text(const Prediction& prediction, const std::vector<std::string>& class_names);

/// A JSON array with an object for each: file, class, index, probability, probabilities {name: p}.
/// Bytes of names that are not UTF-8 are replaced.
std::string to_json(const std::vector<Prediction>& predictions,
                    const std::vector<std::string>& class_names);

}  // namespace minitape
