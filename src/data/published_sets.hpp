// MNIST, Fashion-MNIST and CIFAR-10 as they were published. Private to data/.
//
// MNIST's files are in the IDX format, plain or compressed with gzip: a header, then the values,
// row-major. (Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".)
//
//   byte 0-1  zero
//   byte 2    type of the values: 0x08 is an unsigned byte, the only type used here
//   byte 3    number of axes: 3 for images (N, H, W), 1 for labels (N)
//   byte 4-…  the extents, 4 bytes each, most significant byte first
//
// CIFAR-10's files in the binary version have no header, only records of 3073 bytes: a label, 0 to
// 9, and 1024 bytes each of red, green and blue, row by row. A file has all reds of an image first;
// a Dataset has red, green and blue of a pixel side by side. (A. Krizhevsky, "Learning Multiple
// Layers of Features from Tiny Images", 2009.)
//
//   pixels[(h·32 + w)·3 + c] = record[1 + c·1024 + h·32 + w]
#pragma once

#include "data_file.hpp"
#include "minitape/data/dataset.hpp"

namespace minitape {

/// What an IDX file holds, by its first four bytes, the magic number.
enum class IdxKind : std::uint32_t { images = 0x00000803, labels = 0x00000801 };

/// The values are a part of the bytes that were parsed.
struct Idx {
  Shape shape;                           // (N, H, W) or (N); no extent is zero
  std::span<const std::uint8_t> values;  // [shape]
};

/// Reads a decompressed file, `what` in messages. Throws unless the bytes are a complete file of
/// that kind with at least one image or label and nothing after the last.
Idx parse_idx(std::span<const std::uint8_t> bytes, IdxKind kind, std::string_view what);

/// The training and the test set in a folder: grey images of 10 classes. `name` is "mnist" or
/// "fashion_mnist" and chooses the names of the classes. The folder holds train-images-idx3-ubyte,
/// train-labels-idx1-ubyte and the same with t10k for the test set, each with or without .gz, also
/// with a dot as in train-images.idx3-ubyte. Throws when a file is missing or damaged, when the
/// numbers of images and labels differ, or when a label is not from 0 to 9.
TrainTest load_mnist(const fs::path& folder, std::string_view name);

/// The shape of the images in a folder, (28, 28, 1) if it holds none: read from the header of the
/// training images, which can have any size.
Shape mnist_image_shape(const fs::path& folder);

/// Appends the images and labels of a CIFAR-10 file, `what` in messages, to a data set of image
/// shape (32, 32, 3). Throws unless the bytes are whole records, at least one, with labels to 9.
void append_cifar(std::span<const std::uint8_t> bytes, std::string_view what, Dataset& dataset);

/// The folder's data_batch_1.bin … data_batch_5.bin as training set, test_batch.bin as test set and
/// batches.meta.txt as names of the classes (the usual ones if it is missing). Throws when a file
/// is missing or damaged.
TrainTest load_cifar10(const fs::path& folder);

}  // namespace minitape
