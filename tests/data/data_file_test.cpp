// Data files: read whole, and help where they are another kind of file or lie somewhere else.
#include "data/reading.hpp"

#include "data/files.hpp"
#include "minitape/data/load.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

namespace fs = std::filesystem;

std::string look(std::string_view text) {
  return looks_like(Bytes(text.begin(), text.end()), "; otherwise");
}

std::string refusal_lacks(std::initializer_list<std::string_view> parts, const std::string& name,
                          const fs::path& dir) {
  return error_lacks(parts, [&] { load_data({.name = name, .dir = dir}); });
}

TEST_CASE("read_file: a file that is far too large is not read to its end") {
  // 17 gzip streams of 16 MB of zeros, one behind the other: 300 kB on the disk.
  const TemporaryFolder folder;
  write_gzip(folder / "zeros.gz", Bytes(std::size_t{16} << 20));
  const Bytes stream = read_plain(folder / "zeros.gz");
  Bytes bomb;
  for (int i = 0; i < 17; ++i) bomb.insert(bomb.end(), stream.begin(), stream.end());
  write_plain(folder / "bomb.gz", bomb);
  CHECK(error_lacks({"[data]", "bomb.gz", "must hold at most 268435456 bytes"},
                    [&] { read_file(folder / "bomb.gz"); }) == "");
  CHECK(read_file(folder / "zeros.gz").size() == std::size_t{16} << 20);
}

TEST_CASE("what lies under a data file's name is told") {
  using namespace std::string_view_literals;
  CHECK(look("") == "; otherwise");
  CHECK(look("hello") == "; otherwise");
  CHECK(look("version https://git-lfs.github.com/spec/v1\noid") ==
        "; it looks like a Git LFS pointer; get the file itself with `git lfs pull`");
  CHECK(look("<html>").starts_with("; it looks like a web page"));
  CHECK(look("PK\3\4...") == "; it looks like an archive; unpack it");
  CHECK(look(std::string(257, 'x') + "ustar") == "; it looks like an archive; unpack it");
  CHECK(look("\x80\2}q") == "; it looks like a Python file; get the binary version of the data");
  for (const std::string_view picture : {"RIFF....WEBPVP8 "sv, "GIF89a"sv,
                                         "\0\0\0\x18"
                                         "ftypheic"sv}) {
    CHECK(look(picture) == "; it looks like a picture that is neither PNG nor JPEG; convert it");
  }
}

TEST_CASE("the readers say it, too") {
  const TemporaryFolder folder;
  write_mnist(folder / "mnist");
  write_cifar(folder / "cifar-10-batches-bin");
  const std::string page = "<!DOCTYPE html>";
  const Bytes pointer(page.begin(), page.end());
  write_plain(folder / "mnist/t10k-labels-idx1-ubyte", pointer);
  write_plain(folder / "cifar-10-batches-bin/data_batch_2.bin", pointer);
  CHECK(refusal_lacks({"t10k-labels", "it looks like a web page"}, "mnist", folder.path()) == "");
  CHECK(refusal_lacks({"data_batch_2", "it looks like a web page"}, "cifar10", folder.path()) ==
        "");
}

TEST_CASE("a folder too deep or too high is told from where the files are") {
  const TemporaryFolder folder;
  write_mnist(folder / "a/b/mnist");
  const std::string place = "; there is one in " + (folder / "a/b/mnist").string();
  CHECK(refusal_lacks({"train-images", place}, "mnist", folder / "a/b/mnist") == "");
  CHECK(refusal_lacks({"train-images", place}, "mnist", folder / "a") == "");
  CHECK(refusal_lacks({"train-images", place}, "mnist", folder.path()) == "");
  // The files of Fashion-MNIST have the same names and are others.
  const auto advice = [&] { load_data({.name = "fashion_mnist", .dir = folder / "a"}); };
  CHECK_THROWS_WITH_AS(advice(), doctest::Contains("download.sh fashion_mnist"), Error);
  CHECK(error_lacks({"there is one"}, advice) != "");

  for (const char* part : {"train", "test"}) fs::create_directories(folder / "pets" / part / "cat");
  CHECK(refusal_lacks({"no folder", "; there is one in " + (folder / "pets").string()}, "folder",
                      folder / "pets/train") == "");
  CHECK(refusal_lacks({"no folder", "; there is one in " + (folder / "pets").string()}, "folder",
                      folder.path()) == "");
}

TEST_CASE("the Python version of CIFAR-10 and archives are named") {
  const TemporaryFolder folder;
  fs::create_directories(folder / "cifar-10-batches-py");
  CHECK(refusal_lacks({"data_batch_1.bin must be in"}, "cifar10", folder.path()) == "");
  write_plain(folder / "cifar-10-binary.tar.gz", {1});
  CHECK(
      refusal_lacks({"; if " + (folder / "cifar-10-binary.tar.gz").string() + " holds it, unpack"},
                    "cifar10", folder.path()) == "");
  write_plain(folder / "cifar-10-batches-py/data_batch_1", {1});
  CHECK(
      refusal_lacks({"cifar-10-batches-py/data_batch_1 is the Python version, not the binary one"},
                    "cifar10", folder.path()) == "");
}

}  // namespace
}  // namespace minitape
