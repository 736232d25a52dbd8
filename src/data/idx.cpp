#include "minitape/data/idx.hpp"

#include <future>
#include <iomanip>

#include "read_file.hpp"

namespace minitape {
namespace {

constexpr std::uint32_t kImagesMagic = 0x803;
constexpr std::uint32_t kLabelsMagic = 0x801;
constexpr Index kMaxSide = 4096;  // of an image: keeps the product of three extents below 2⁵⁶

// The four bytes from `position`, most significant first.
std::uint32_t big_endian(std::span<const std::uint8_t> bytes, std::size_t position) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | bytes[position + i];
  return value;
}

std::string hexadecimal(std::uint32_t value) {
  return concat("0x", std::hex, std::setw(8), std::setfill('0'), value);
}

void check_magic(std::uint32_t magic, IdxKind kind, std::string_view what) {
  const bool images = kind == IdxKind::images;
  const std::uint32_t expected = images ? kImagesMagic : kLabelsMagic;
  const std::uint32_t other = images ? kLabelsMagic : kImagesMagic;
  const std::string rule = concat("[idx] ", what, " must hold ", images ? "images" : "labels",
                                  " (magic ", hexadecimal(expected), "): its magic is ");
  MINITAPE_CHECK(magic != other, rule, hexadecimal(other), ", that of ",
                 images ? "labels" : "images", "; have the two files changed places?");
  MINITAPE_CHECK(magic == expected, rule, hexadecimal(magic),
                 ", so it is another kind of file; download it again");
}

}  // namespace

Idx parse_idx(std::span<const std::uint8_t> bytes, IdxKind kind, std::string_view what) {
  // Read the header.
  const std::size_t axes = kind == IdxKind::images ? 3 : 1;
  const std::size_t header = 4 + 4 * axes;
  MINITAPE_CHECK(bytes.size() >= 4, "[idx] ", what,
                 " must start with a magic number of 4 bytes: it has ", bytes.size(),
                 " bytes; download it again");
  check_magic(big_endian(bytes, 0), kind, what);
  MINITAPE_CHECK(bytes.size() >= header, "[idx] ", what, " must have a header of ", header,
                 " bytes: it has ", bytes.size(), " bytes; download it again");
  std::vector<Index> extents;
  for (std::size_t axis = 0; axis < axes; ++axis) {
    extents.push_back(big_endian(bytes, 4 + 4 * axis));
  }

  // Believe the header only if its extents make sense and exactly the promised values follow.
  MINITAPE_CHECK(extents[0] >= 1, "[idx] ", what, " must hold at least one ",
                 kind == IdxKind::images ? "image" : "label", ": its header says 0");
  for (const Index side : std::span(extents).subspan(1)) {
    MINITAPE_CHECK(side >= 1 && side <= kMaxSide, "[idx] ", what, " must hold images of 1 to ",
                   kMaxSide, " pixels a side: its header says ", side);
  }
  const Shape shape(extents);
  const Index expected = static_cast<Index>(header) + shape.size();
  const Index found = static_cast<Index>(bytes.size());
  MINITAPE_CHECK(found >= expected, "[idx] ", what, " must have ", expected,
                 " bytes, as its header says ", shape, ": it is truncated after ", found,
                 "; download it again");
  MINITAPE_CHECK(found == expected, "[idx] ", what, " must have ", expected,
                 " bytes, as its header says ", shape, ": another ", found - expected,
                 " follow; download it again");
  return {shape, bytes.subspan(header)};
}

namespace {

std::vector<std::string> class_names(std::string_view name) {
  if (name == "mnist") return {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  MINITAPE_CHECK(name == "fashion_mnist", "[idx] name must be mnist or fashion_mnist: got ", name);
  return {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
          "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
}

// The file of that name in the folder, compressed or not.
std::filesystem::path find_file(const std::filesystem::path& folder, const std::string& file,
                                std::string_view name) {
  for (const char* ending : {".gz", ""}) {
    const std::filesystem::path path = folder / (file + ending);
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) return path;
  }
  throw Error(concat("[idx] ", file, ".gz (or without .gz) must be in ", folder.string(),
                     ": it is not; get it with `bash data/download.sh ", name,
                     "` or set data.dir or MINITAPE_DATA"));
}

struct Files {
  std::filesystem::path images, labels;
};

Files find_files(const std::filesystem::path& folder, const std::string& part,
                 std::string_view name) {
  return {find_file(folder, part + "-images-idx3-ubyte", name),
          find_file(folder, part + "-labels-idx1-ubyte", name)};
}

Dataset load_part(const Files& files, std::string_view name) {
  std::vector<std::uint8_t> pixels = read_file(files.images);
  std::vector<std::uint8_t> labels = read_file(files.labels);
  const std::string images_file = files.images.string(), labels_file = files.labels.string();
  const Idx images = parse_idx(pixels, IdxKind::images, images_file);
  const Idx answers = parse_idx(labels, IdxKind::labels, labels_file);

  // Check that every image has a label, and every label a class.
  MINITAPE_CHECK(images.shape[0] == answers.shape[0],
                 "[idx] every image must have one label: ", images_file, " holds ", images.shape[0],
                 " images, ", labels_file, " holds ", answers.shape[0], " labels");
  Dataset result{
      std::string(name), {images.shape[1], images.shape[2], 1}, {}, {}, class_names(name)};
  for (std::size_t i = 0; i < answers.values.size(); ++i) {
    MINITAPE_CHECK(answers.values[i] < result.classes(), "[idx] labels must be from 0 to ",
                   result.classes() - 1, ": label ", i, " (counted from 0) of ", labels_file,
                   " is ", int{answers.values[i]}, "; download it again");
  }

  // Keep the bytes that were read and drop the headers: the pixels need no second buffer.
  pixels.erase(pixels.begin(), pixels.end() - std::ssize(images.values));
  labels.erase(labels.begin(), labels.end() - std::ssize(answers.values));
  result.pixels = std::move(pixels);
  result.labels = std::move(labels);
  return result;
}

}  // namespace

TrainTest load_mnist(const std::filesystem::path& folder, std::string_view name) {
  // Find all four files before the slow part; read the two sets at the same time.
  const Files train_files = find_files(folder, "train", name);
  const Files test_files = find_files(folder, "t10k", name);
  std::future<Dataset> test = std::async(std::launch::async, load_part, test_files, name);
  TrainTest sets;
  sets.train = load_part(train_files, name);
  sets.test = test.get();
  MINITAPE_CHECK(sets.train.image_shape == sets.test.image_shape,
                 "[idx] training and test images must have one shape: they have ",
                 sets.train.image_shape, " and ", sets.test.image_shape, " in ", folder.string());
  return sets;
}

}  // namespace minitape
