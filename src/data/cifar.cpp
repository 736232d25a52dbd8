// CIFAR-10: one binary file read, then the six files of the set.
//
// CIFAR-10's files in the binary version have no header, only records of 3073 bytes: a label, 0 to
// 9, and 1024 bytes each of red, green and blue, row by row. A file has all reds of an image first;
// a Dataset has red, green and blue of a pixel side by side. (A. Krizhevsky, "Learning Multiple
// Layers of Features from Tiny Images", 2009.)
//
//   pixels[(h·32 + w)·3 + c] = record[1 + c·1024 + h·32 + w]
#include <sstream>

#include "reading.hpp"

namespace minitape {
namespace {

constexpr std::size_t kChannels = 3;
constexpr std::size_t kPlane = 32 * 32;
constexpr std::size_t kImage = kChannels * kPlane;
constexpr std::size_t kRecord = 1 + kImage;
constexpr int kClasses = 10;
constexpr Index kImagesPerFile = 10'000;  // as published

// One name a line. Some copies of the data come without this file.
std::vector<std::string> read_class_names(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) {
    return {"airplane", "automobile", "bird",  "cat",  "deer",
            "dog",      "frog",       "horse", "ship", "truck"};
  }
  const std::vector<std::uint8_t> bytes = read_file(path);
  std::istringstream lines(std::string(bytes.begin(), bytes.end()));
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty()) names.push_back(line);
  }
  MINITAPE_CHECK(names.size() == kClasses, "[cifar] ", path.string(), " must hold ", kClasses,
                 " names, one a line: it holds ", names.size(),
                 "; delete it to use the usual names");
  return names;
}

}  // namespace

void append_cifar(std::span<const std::uint8_t> bytes, std::string_view what, Dataset& dataset) {
  MINITAPE_CHECK(!bytes.empty() && bytes.size() % kRecord == 0, "[cifar] ", what,
                 " must consist of whole records of ", kRecord, " bytes: it has ", bytes.size(),
                 " bytes", looks_like(bytes, "; download it again"));
  const std::size_t count = bytes.size() / kRecord;
  std::size_t to = dataset.pixels.size();
  dataset.pixels.resize(to + count * kImage);
  for (std::size_t i = 0; i < count; ++i, to += kImage) {
    const std::uint8_t* record = bytes.data() + i * kRecord;
    MINITAPE_CHECK(record[0] < kClasses, "[cifar] labels must be from 0 to ", kClasses - 1,
                   ": label ", i, " (counted from 0) of ", what, " is ", int{record[0]},
                   looks_like(bytes, "; download it again"));
    dataset.labels.push_back(record[0]);
    for (std::size_t p = 0; p < kPlane; ++p) {
      for (std::size_t c = 0; c < kChannels; ++c) {
        dataset.pixels[to + p * kChannels + c] = record[1 + c * kPlane + p];
      }
    }
  }
}

TrainTest load_cifar10(const fs::path& folder) {
  // Make sure that all files are there before any is read.
  std::vector<fs::path> files;
  for (int i = 1; i <= 5; ++i) files.push_back(folder / concat("data_batch_", i, ".bin"));
  files.push_back(folder / "test_batch.bin");
  for (const fs::path& file : files) {
    std::error_code ignored;
    const std::string name = file.filename().string();
    MINITAPE_CHECK(fs::exists(file, ignored), "[cifar] ", name, not_in(folder, name, "cifar10"));
  }

  TrainTest sets;
  sets.train = {"cifar10", {32, 32, 3}, {}, {}, read_class_names(folder / "batches.meta.txt")};
  sets.test = sets.train;
  for (const fs::path& file : files) {
    Dataset& set = file == files.back() ? sets.test : sets.train;
    const Index before = set.size();
    append_cifar(read_file(file), file.string(), set);
    if (const Index count = set.size() - before; count != kImagesPerFile) {
      sets.notes.push_back(concat("[cifar] ", file.string(), " holds ", count, " images where the ",
                                  "published file holds ", kImagesPerFile));
    }
  }
  return sets;
}

}  // namespace minitape
