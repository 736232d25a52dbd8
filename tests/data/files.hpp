// What the tests of the readers share: a folder of their own, and hand-made files to put in it.
#pragma once

#include <stdlib.h>  // mkdtemp
#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "minitape/core/check.hpp"

namespace minitape {

using Bytes = std::vector<std::uint8_t>;

/// A new, empty folder that is removed with everything in it at the end of the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "minitape_XXXXXX").string();
    MINITAPE_CHECK(mkdtemp(name.data()) != nullptr, "[test] cannot make the folder ", name);
    path_ = name;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& file) const { return path_ / file; }

 private:
  std::filesystem::path path_;
};

/// Sets MINITAPE_DATA (or unsets it) until the end of the test.
class DataVariable {
 public:
  explicit DataVariable(const char* value) {
    if (const char* old = std::getenv("MINITAPE_DATA")) old_ = old;
    set(value);
  }
  ~DataVariable() { set(old_ ? old_->c_str() : nullptr); }
  DataVariable(const DataVariable&) = delete;
  DataVariable& operator=(const DataVariable&) = delete;

 private:
  static void set(const char* value) {
    if (value == nullptr) {
      unsetenv("MINITAPE_DATA");
    } else {
      setenv("MINITAPE_DATA", value, 1);
    }
  }
  std::optional<std::string> old_;
};

inline void write_plain(const std::filesystem::path& path, const Bytes& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
}

inline void write_gzip(const std::filesystem::path& path, const Bytes& bytes) {
  const gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
}

inline Bytes read_plain(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

/// An IDX file: the magic number, the extents, then the values.
inline Bytes idx_file(std::uint32_t magic, const std::vector<std::uint32_t>& extents,
                      const Bytes& values) {
  Bytes bytes;
  const auto put = [&](std::uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes.push_back(static_cast<std::uint8_t>(number >> shift));
    }
  };
  put(magic);
  for (const std::uint32_t extent : extents) put(extent);
  bytes.insert(bytes.end(), values.begin(), values.end());
  return bytes;
}

/// `count` bytes: first, first + 1, … (modulo 256).
inline Bytes counting(std::size_t count, std::size_t first = 0) {
  Bytes bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(first + i);
  return bytes;
}

/// `count` images of 2×3 pixels that count up from `first`.
inline Bytes idx_images(std::uint32_t count, std::size_t first = 0) {
  return idx_file(0x803, {count, 2, 3}, counting(count * 6, first));
}

inline Bytes idx_labels(const Bytes& labels) {
  return idx_file(0x801, {static_cast<std::uint32_t>(labels.size())}, labels);
}

/// One record of a CIFAR-10 file: the label, then three planes of one value each.
inline Bytes cifar_record(std::uint8_t label, std::uint8_t red, std::uint8_t green,
                          std::uint8_t blue) {
  Bytes bytes{label};
  for (const std::uint8_t value : {red, green, blue}) bytes.insert(bytes.end(), 1024, value);
  return bytes;
}

/// A small, complete folder of MNIST files: three training images (compressed), two test images.
inline void write_mnist(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  write_gzip(folder / "train-images-idx3-ubyte.gz", idx_images(3));
  write_gzip(folder / "train-labels-idx1-ubyte.gz", idx_labels({7, 0, 9}));
  write_plain(folder / "t10k-images-idx3-ubyte", idx_images(2, 100));
  write_plain(folder / "t10k-labels-idx1-ubyte", idx_labels({1, 2}));
}

/// A small, complete folder of CIFAR-10 files: one record each, with label i and red 10·i for
/// training file i; the test file has label 9 and red 90.
inline void write_cifar(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (std::uint8_t i = 1; i <= 5; ++i) {
    write_plain(folder / concat("data_batch_", int{i}, ".bin"),
                cifar_record(i, static_cast<std::uint8_t>(10 * i), 1, 2));
  }
  write_plain(folder / "test_batch.bin", cifar_record(9, 90, 1, 2));
}

}  // namespace minitape
