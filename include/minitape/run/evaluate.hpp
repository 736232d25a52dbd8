// Evaluation: how good a model is on images that it is not trained with at this moment.
//
// Each image is looked at once, as it is, or in several ways, whose logits are averaged. Six such
// views were worth half a point to two points on CIFAR-10, and cost six evaluations.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "minitape/data/batches.hpp"
#include "minitape/nn/sequential.hpp"
#include "minitape/run/run_folder.hpp"

namespace minitape {

struct WeightedView {  // one of several ways to look at an image
  View view;
  double weight = 1;  // of its logits; those of all views add up to 1
};

/// The views of train.views: "none" is the image itself; "mirrored" also its mirror image, in equal
/// parts; "shifted" these in one half, and in the other both shifted by a pixel to the upper left
/// and to the lower right.
std::vector<WeightedView> views_named(const std::string& name);

/// Mean loss and accuracy over the first `count` images, without augmentation. The model is const:
/// it normalizes with its running statistics and cannot change.
Score evaluate(const Sequential& model, const Dataset& dataset,
               const Standardization& standardization, Index count,
               const std::vector<WeightedView>& views = views_named("none"));

/// views.csv (run_folder.hpp) of the test set: what one view says, which the last epoch knows, and
/// what the named ones say. With "none" there is no file.
void write_views(const std::filesystem::path& file, const std::string& name,
                 const EpochRecord& last, const Sequential& model, const Dataset& test,
                 const Standardization& standardization);

}  // namespace minitape
