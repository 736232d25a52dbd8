#include "minitape/data/cifar.hpp"

#include <future>
#include <sstream>

#include "read_file.hpp"

namespace minitape {
namespace {

constexpr std::size_t kChannels = 3;
constexpr std::size_t kPlane = 32 * 32;
constexpr std::size_t kImage = kChannels * kPlane;
constexpr std::size_t kRecord = 1 + kImage;
constexpr int kClasses = 10;
constexpr std::size_t kRecordsPerFile = 10000;  // usually: memory is set aside for as many

// planes [3, 32, 32] -> pixels [32, 32, 3].
void interleave(const std::uint8_t* planes, std::uint8_t* pixels) {
  for (std::size_t p = 0; p < kPlane; ++p) {
    for (std::size_t c = 0; c < kChannels; ++c) pixels[p * kChannels + c] = planes[c * kPlane + p];
  }
}

}  // namespace

void append_cifar(std::span<const std::uint8_t> bytes, std::string_view what, Dataset& dataset) {
  // Check all of the file before keeping any of it.
  MINITAPE_CHECK(!bytes.empty() && bytes.size() % kRecord == 0, "[cifar] ", what,
                 " must consist of whole records of ", kRecord, " bytes: it has ", bytes.size(),
                 " bytes; download it again");
  const std::size_t count = bytes.size() / kRecord;
  for (std::size_t i = 0; i < count; ++i) {
    const int label = bytes[i * kRecord];
    MINITAPE_CHECK(label < kClasses, "[cifar] labels must be from 0 to ", kClasses - 1, ": label ",
                   i, " (counted from 0) of ", what, " is ", label, "; download it again");
  }
  const std::size_t before = dataset.labels.size();
  dataset.labels.resize(before + count);
  dataset.pixels.resize((before + count) * kImage);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* record = bytes.data() + i * kRecord;
    dataset.labels[before + i] = record[0];
    interleave(record + 1, dataset.pixels.data() + (before + i) * kImage);
  }
}

namespace {

// One name a line. The file is optional because some copies of the data come without it.
std::vector<std::string> read_class_names(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
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

void check_present(const std::filesystem::path& path) {
  std::error_code ignored;
  MINITAPE_CHECK(std::filesystem::exists(path, ignored), "[cifar] ", path.filename().string(),
                 " must be in ", path.parent_path().string(),
                 ": it is not; get it with `bash data/download.sh cifar10` or set data.dir or "
                 "MINITAPE_DATA");
}

Dataset load_files(const std::vector<std::filesystem::path>& paths,
                   const std::vector<std::string>& class_names) {
  // Read the files side by side and take them in in order.
  std::vector<std::future<std::vector<std::uint8_t>>> contents;
  for (const auto& path : paths) {
    contents.push_back(std::async(std::launch::async, read_file, path));
  }
  Dataset dataset{"cifar10", {32, 32, kChannels}, {}, {}, class_names};
  dataset.pixels.reserve(paths.size() * kRecordsPerFile * kImage);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    append_cifar(contents[i].get(), paths[i].string(), dataset);
  }
  return dataset;
}

}  // namespace

TrainTest load_cifar10(const std::filesystem::path& folder) {
  // Miss a file before the slow part, not after it.
  std::vector<std::filesystem::path> train;
  for (int i = 1; i <= 5; ++i) train.push_back(folder / concat("data_batch_", i, ".bin"));
  const std::filesystem::path test = folder / "test_batch.bin";
  for (const auto& path : train) check_present(path);
  check_present(test);

  const std::vector<std::string> class_names = read_class_names(folder / "batches.meta.txt");
  std::future<Dataset> test_set =
      std::async(std::launch::async, load_files, std::vector{test}, class_names);
  Dataset train_set = load_files(train, class_names);
  return {std::move(train_set), test_set.get()};
}

}  // namespace minitape
