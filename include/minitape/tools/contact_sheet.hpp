// What the network sees: the first training images, shuffled and augmented as in the first epoch,
// laid out in rows with their labels; and the data in numbers.
#pragma once

#include <string>

#include "minitape/config/build.hpp"
#include "minitape/data/image.hpp"

namespace minitape {

/// The sheet, in grey or in colour as the images are. Small images are magnified by a whole factor,
/// so that one sees their pixels; those larger than 256 pixels are shrunk to that. Non-ASCII
/// letters of a label become "?", and a label wider than its image is cut.
Image contact_sheet(const Config& config, const Dataset& train);

/// How many images there are, their shape, mean and standard deviation of each channel as they are
/// used, the images of each class, augmentation and batches. Lines of text.
std::string describe_data(const Config& config, const TrainTest& data);

}  // namespace minitape
