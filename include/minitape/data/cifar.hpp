// CIFAR-10 in its binary version: 32×32 colour images of ten classes.
//
// A file has no header. It consists of records of 3073 bytes:
//
//   byte 0            label, 0 to 9
//   byte 1-1024       red   of the 32×32 pixels, row by row
//   byte 1025-2048    green
//   byte 2049-3072    blue
//
// A file is planar: all reds of an image, then all greens, then all blues. A Dataset is
// interleaved: red, green and blue of a pixel lie side by side. Reading turns the one into the
// other:
//
//   pixels[(h·32 + w)·3 + c] = record[1 + c·1024 + h·32 + w]
//
// Format: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>

#include "minitape/data/dataset.hpp"

namespace minitape {

/// Appends the images and labels of one file to a data set of image shape (32, 32, 3). `what`
/// names the file in messages. Throws when the bytes are not one or more whole records, or when a
/// label is not from 0 to 9.
void append_cifar(std::span<const std::uint8_t> bytes, std::string_view what, Dataset& dataset);

/// The folder's data_batch_1.bin … data_batch_5.bin as training set, test_batch.bin as test set and
/// batches.meta.txt as names of the classes (the usual ones if it is missing). Throws when a file
/// is missing or damaged.
TrainTest load_cifar10(const std::filesystem::path& folder);

}  // namespace minitape
