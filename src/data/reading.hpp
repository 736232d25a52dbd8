// What data/ reads from files: any file, a picture, MNIST and CIFAR-10, a folder of images. How the
// files look stands in the .cpp files: idx, cifar, picture_file, folder_listing. Private to data/.
#pragma once

#include <optional>

#include "minitape/data/image.hpp"
#include "minitape/data/load.hpp"

namespace minitape {

namespace fs = std::filesystem;

// ---- Any file (data_file.cpp) ----

/// The content of a file; decompressed if it starts as a gzip file does, whatever its name is.
/// Throws when the path is not a file, cannot be read, holds more than 256 MB, or is a gzip file
/// that is damaged or ends early.
std::vector<std::uint8_t> read_file(const fs::path& path);

/// Its first bytes, at most so many; fewer where it ends early or is damaged.
std::vector<std::uint8_t> read_start(const fs::path& path, unsigned most);

/// About a file that is of another kind than its name says: what it looks like, and what to do.
/// `otherwise` if it looks like nothing known.
std::string looks_like(std::span<const std::uint8_t> bytes, const std::string& otherwise);

/// About a file that a data set's folder lacks, after its name: how to get it, and whereabouts.
std::string not_in(const fs::path& folder, const std::string& file, std::string_view set_name);

/// About a file or folder, relative to `dir`, that is missing: "; there is one in …" if it lies
/// deeper in `dir` or one level above, else what lies in `dir` that may hold the data, else "".
std::string whereabouts(const fs::path& dir, const fs::path& missing);

// ---- What stb_image does not look at in a PNG or JPEG file (picture_file.cpp) ----

struct PictureFile {
  /// The file goes on to where its format ends, the checksums of a PNG are right, and nothing makes
  /// stb_image 2.27 read or write outside its tables.
  bool whole = false;
  /// Cameras store a photo as their sensor lies and note how they were held, as the place of the
  /// stored first row and first column in the picture:
  ///   1 top, left      3 bottom, right      5 left, top         7 right, bottom
  ///   2 top, right     4 bottom, left       6 right, top        8 left, bottom
  /// 1 where nothing is noted. (CIPA DC-008, "Exif 2.32", tag 274.)
  int orientation = 1;
};

/// Nothing if the bytes start neither as a PNG nor as a JPEG file does.
std::optional<PictureFile> inspect_picture(std::span<const std::uint8_t> bytes);

Image upright(Image stored, int orientation);

// ---- MNIST and CIFAR-10 ----

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

/// Grey images of 10 classes. `name`, "mnist" or "fashion_mnist", chooses the classes' names. The
/// folder holds train-images-idx3-ubyte, train-labels-idx1-ubyte and the same with t10k for the
/// test set, each with or without .gz.
TrainTest load_mnist(const fs::path& folder, std::string_view name);

/// From the header of the training images; (28, 28, 1) if the folder holds none.
Shape mnist_image_shape(const fs::path& folder);

/// Appends the images and labels of a CIFAR-10 file, `what` in messages, to a data set of image
/// shape (32, 32, 3). Throws unless the bytes are whole records, at least one, with labels to 9.
void append_cifar(std::span<const std::uint8_t> bytes, std::string_view what, Dataset& dataset);

/// The folder's data_batch_1.bin … data_batch_5.bin as training set, test_batch.bin as test set and
/// batches.meta.txt as names of the classes (the usual ones if it is missing).
TrainTest load_cifar10(const fs::path& folder);

// ---- A folder of images ----

struct ImageFile {
  fs::path path;
  std::uint8_t label = 0;
  double place = 0;  // (k + ½) / n for image k of a class of n
};

/// What lies in the folder: which files are read, as which class and in which order.
struct FolderListing {
  std::vector<std::string> class_names;
  std::vector<ImageFile> train, test;  // mixed evenly
  std::string not_read;                // a note on other files and folders; "" if there are none
};

/// Throws unless train/ has 2 to 256 classes, each with images, and test/ images of these alone.
FolderListing list_image_folder(const fs::path& dir);

/// Images that cannot be read are left out with a note. Throws when all of a class are, and when
/// the sets would not fit into memory (the limit in core/allocator.hpp).
TrainTest load_image_folder(const fs::path& dir, const DataSource& source);

}  // namespace minitape
