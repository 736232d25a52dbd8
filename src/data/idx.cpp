// MNIST and Fashion-MNIST: one IDX file parsed, then the four files of a set.
//
// MNIST's files are in the IDX format, plain or compressed with gzip: a header, then the values,
// row-major. (Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".)
//
//   byte 0-1  zero
//   byte 2    type of the values: 0x08 is an unsigned byte, the only type used here
//   byte 3    number of axes: 3 for images (N, H, W), 1 for labels (N)
//   byte 4-…  the extents, 4 bytes each, most significant byte first
#include <algorithm>
#include <iomanip>

#include "reading.hpp"

namespace minitape {
namespace {

constexpr Index kMaxSide = 4096;  // of an image: the product of the extents cannot overflow

// The number in the four bytes from `position` on, most significant byte first.
std::uint32_t big_endian(std::span<const std::uint8_t> bytes, std::size_t position) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | bytes[position + i];
  return value;
}

std::string hexadecimal(IdxKind magic) {
  return concat("0x", std::hex, std::setw(8), std::setfill('0'), static_cast<std::uint32_t>(magic));
}

void check_magic(std::span<const std::uint8_t> bytes, IdxKind kind, std::string_view what) {
  const auto magic = IdxKind{big_endian(bytes, 0)};
  if (magic == kind) return;
  const auto name = [](IdxKind k) { return k == IdxKind::images ? "images" : "labels"; };
  const std::string hint =
      magic == IdxKind::images || magic == IdxKind::labels
          ? concat("that of ", name(magic), "; have the two files changed places?")
          : "so it is another kind of file" + looks_like(bytes, "; download it again");
  throw Error(concat("[idx] ", what, " must hold ", name(kind), " (magic ", hexadecimal(kind),
                     "): its magic is ", hexadecimal(magic), ", ", hint));
}

}  // namespace

Idx parse_idx(std::span<const std::uint8_t> bytes, IdxKind kind, std::string_view what) {
  // Read the header.
  const std::size_t axes = kind == IdxKind::images ? 3 : 1;
  const std::size_t header = 4 + 4 * axes;
  MINITAPE_CHECK(bytes.size() >= 4, "[idx] ", what,
                 " must start with a magic number of 4 bytes: it has ", bytes.size(),
                 " bytes; download it again");
  check_magic(bytes, kind, what);
  MINITAPE_CHECK(bytes.size() >= header, "[idx] ", what, " must have a header of ", header,
                 " bytes: it has ", bytes.size(), " bytes; download it again");
  std::vector<Index> extents;
  for (std::size_t axis = 0; axis < axes; ++axis) {
    extents.push_back(big_endian(bytes, 4 + 4 * axis));
  }

  // Accept the header only if its extents make sense and exactly that many values follow.
  MINITAPE_CHECK(extents[0] >= 1, "[idx] ", what, " must hold at least one ",
                 kind == IdxKind::images ? "image" : "label", ": its header says 0");
  for (const Index side : std::span(extents).subspan(1)) {
    MINITAPE_CHECK(side >= 1 && side <= kMaxSide, "[idx] ", what, " must hold images of 1 to ",
                   kMaxSide, " pixels a side: its header says ", side);
  }
  const Shape shape(extents);
  const Index expected = static_cast<Index>(header) + shape.size();
  MINITAPE_CHECK(std::ssize(bytes) == expected, "[idx] ", what, " must have ", expected,
                 " bytes, as its header says ", shape, ": it has ", bytes.size(),
                 "; download it again");
  return {shape, bytes.subspan(header)};
}

namespace {

std::vector<std::string> class_names(std::string_view name) {
  if (name == "mnist") return {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  MINITAPE_CHECK(name == "fashion_mnist", "[idx] name must be mnist or fashion_mnist: got ", name);
  return {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
          "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
}

// The file of that name in the folder, compressed or not; an empty path if there is none. Some
// programs write the name with a dot, as in train-images.idx3-ubyte.
fs::path find_file(const fs::path& folder, const std::string& file) {
  std::string with_dot = file;
  with_dot[with_dot.find("-idx")] = '.';
  for (const std::string& candidate : {file + ".gz", file, with_dot + ".gz", with_dot}) {
    std::error_code ignored;
    if (fs::exists(folder / candidate, ignored)) return folder / candidate;
  }
  return {};
}

// The values of a file, without its header. They stay where they were read: no second copy.
std::vector<std::uint8_t> read_values(const fs::path& path, IdxKind kind, Shape& shape) {
  std::vector<std::uint8_t> bytes = read_file(path);
  const Idx idx = parse_idx(bytes, kind, path.string());
  shape = idx.shape;
  bytes.erase(bytes.begin(), bytes.end() - std::ssize(idx.values));
  return bytes;
}

Dataset load_part(const fs::path& images_file, const fs::path& labels_file, std::string_view name) {
  Dataset result{.name = std::string(name), .class_names = class_names(name)};
  Shape images, labels;  // (N, H, W) and (N)
  result.pixels = read_values(images_file, IdxKind::images, images);
  result.labels = read_values(labels_file, IdxKind::labels, labels);
  result.image_shape = {images[1], images[2], 1};

  // Check that every image has a label, and every label a class.
  MINITAPE_CHECK(images[0] == labels[0],
                 "[idx] every image must have one label: ", images_file.string(), " holds ",
                 images[0], " images, ", labels_file.string(), " holds ", labels[0], " labels");
  for (std::size_t i = 0; i < result.labels.size(); ++i) {
    MINITAPE_CHECK(result.labels[i] < result.classes(), "[idx] labels must be from 0 to ",
                   result.classes() - 1, ": label ", i, " (counted from 0) of ",
                   labels_file.string(), " is ", int{result.labels[i]}, "; download it again");
  }
  return result;
}

}  // namespace

Shape mnist_image_shape(const fs::path& folder) {
  const fs::path path = find_file(folder, "train-images-idx3-ubyte");
  const auto header = path.empty() ? std::vector<std::uint8_t>{} : read_start(path, 16);
  if (header.size() < 16 || IdxKind{big_endian(header, 0)} != IdxKind::images) return {28, 28, 1};
  const auto side = [&](std::size_t position) {
    return std::clamp<Index>(big_endian(header, position), 1, kMaxSide);
  };
  return {side(8), side(12), 1};
}

TrainTest load_mnist(const fs::path& folder, std::string_view name) {
  // Make sure that all four files are there before any is read.
  const auto find = [&](const std::string& file) {
    const fs::path path = find_file(folder, file);
    MINITAPE_CHECK(!path.empty(), "[idx] ", file, ".gz (or without .gz)",
                   not_in(folder, file, name));
    return path;
  };
  const fs::path train_images = find("train-images-idx3-ubyte");
  const fs::path train_labels = find("train-labels-idx1-ubyte");
  const fs::path test_images = find("t10k-images-idx3-ubyte");
  const fs::path test_labels = find("t10k-labels-idx1-ubyte");
  TrainTest sets{
      load_part(train_images, train_labels, name), load_part(test_images, test_labels, name), {}};
  MINITAPE_CHECK(sets.train.image_shape == sets.test.image_shape,
                 "[idx] training and test images must have one shape: they have ",
                 sets.train.image_shape, " and ", sets.test.image_shape, " in ", folder.string());
  return sets;
}

}  // namespace minitape
