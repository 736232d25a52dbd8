// Folders of images: which files are taken, in which order, as which class; what is left out with
// a note and what is refused.
#include "data/reading.hpp"

#include "data/image_files.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

namespace fs = std::filesystem;

void write_image(const fs::path& path, std::uint8_t grey, std::uint32_t side = 4) {
  fs::create_directories(path.parent_path());
  write_plain(path, plain_png(side, side, {grey}));
}

// The classes "a" (greys 10, 11, …) and "b" (greys 20, 21, …) with so many images each.
void write_set(const fs::path& folder, int a, int b) {
  for (int i = 0; i < a; ++i) {
    write_image(folder / "a" / concat(i, ".png"), static_cast<std::uint8_t>(10 + i));
  }
  for (int i = 0; i < b; ++i) {
    write_image(folder / "b" / concat(i, ".png"), static_cast<std::uint8_t>(20 + i));
  }
}

// Reads as grey images of one pixel, so that a set's pixels are its images' greys.
TrainTest load(const TemporaryFolder& folder, Index train_limit = 0, Index test_limit = 0) {
  return load_image_folder(
      folder.path(),
      {.train_limit = train_limit, .test_limit = test_limit, .image_size = 1, .channels = 1});
}

std::string refusal_lacks(std::initializer_list<std::string_view> parts,
                          const TemporaryFolder& folder) {
  return error_lacks(parts, [&] { load(folder); });
}

// ---- What is taken ----

TEST_CASE("folder: classes are the folders of train, in the order of their names") {
  const TemporaryFolder folder;
  for (const char* name : {"train/b c/x.png", "train/a/x.png", "train/10/x.png", "train/2/x.png"}) {
    write_image(folder / name, 1);
  }
  write_image(folder / "test/b c/x.png", 2);
  const TrainTest sets = load(folder);
  CHECK(sets.train.class_names == std::vector<std::string>{"10", "2", "a", "b c"});
  CHECK(sets.test.class_names == sets.train.class_names);
  CHECK(sets.test.labels == Bytes{3});
  CHECK(sets.notes.empty());
  CHECK(load_data({.name = "folder", .dir = folder.path()}).notes ==
        std::vector<std::string>{"[data] " + (folder / "test").string() +
                                 " has no images of \"10\", \"2\", \"a\" to be judged by: the "
                                 "test says nothing about them"});
}

TEST_CASE("folder: every image is resized, in grey or in colour") {
  const TemporaryFolder folder;
  write_image(folder / "train/a/small.png", 5, 1);
  write_image(folder / "train/b/large.png", 200, 50);
  write_plain(folder / "train/b/wide.PNG", plain_png(60, 7, {1, 100, 255}));
  write_plain(folder / "train/b/x.JpEg", jpeg_file(9, 9, 3, Bytes(243, 128)));
  write_plain(folder / "train/b/y.jpg", jpeg_file(5, 5, 1, Bytes(25, 128)));
  write_set(folder / "test", 1, 1);
  const TrainTest sets = load_image_folder(folder.path(), {.image_size = 6, .channels = 3});
  REQUIRE(sets.train.image_shape == Shape{6, 6, 3});
  REQUIRE(sets.train.labels == Bytes{1, 1, 0, 1, 1});
  const auto pixel = [&](Index image) {
    const auto bytes = sets.train.image(image);
    return Bytes(bytes.end() - 3, bytes.end());
  };
  CHECK(pixel(0) == Bytes{200, 200, 200});
  CHECK(pixel(1) == Bytes{1, 100, 255});
  CHECK(pixel(2) == Bytes{5, 5, 5});
  CHECK(sets.test.pixels.size() == 2 * 6 * 6 * 3);
  CHECK(load(folder).train.image_shape == Shape{1, 1, 1});
  CHECK(sets.notes.empty());
}

TEST_CASE(
    "folder: hidden files are ignored, other files left out with a note; links are followed") {
  const TemporaryFolder folder;
  write_set(folder / "train", 1, 1);
  write_set(folder / "test", 1, 1);
  write_image(folder / "train/.hidden/x.png", 1);
  write_image(folder / "train/a/.x.png", 1);
  write_image(folder / "train/a/deeper.png/x.png", 1);
  write_plain(folder / "train/a/notes.txt", {'x'});
  write_plain(folder / "train/readme.png", {'x'});
  write_image(folder / "elsewhere/x.png", 77);
  fs::create_symlink(folder / "elsewhere", folder / "train/c");
  fs::create_symlink(folder / "elsewhere/x.png", folder / "test/b/link.png");
  write_plain(folder / "test/b/y.webp", {'x'});
  write_plain(folder / "test/b/x.WebP", {'x'});
  write_plain(folder / "test/a/x.bmp.", {'x'});
  write_plain(folder / "test/a/x", {'x'});
  write_plain(folder / "test/a/photo.jfif", jpeg_file(1, 1, 1, {99}));
  const TrainTest sets = load(folder);
  CHECK(sets.train.class_names == std::vector<std::string>{"a", "b", "c"});
  CHECK(sets.train.pixels == Bytes{10, 20, 77});
  CHECK(sets.test.pixels == Bytes{10, 20, 99, 77});
  const std::string at = "such as " + folder.path().string() + "/";
  CHECK(
      sets.notes ==
      std::vector<std::string>{
          "[folder] of " + folder.path().string() +
          " only .png, .jpg, .jpeg, .jpe or .jfif files in the folders of the classes are read. "
          "Left out are:\n  .: 1, " +
          at + "test/a/x.bmp.\n  .txt: 1, " + at + "train/a/notes.txt\n  .webp: 2, " + at +
          "test/b/x.WebP\n  files outside the folders of the classes: 1, " + at +
          "train/readme.png\n  files without an ending: 1, " + at +
          "test/a/x\n  folders beside train/ and test/: 1, " + at +
          "elsewhere\n  folders within a class: 1, " + at +
          "train/a/deeper.png\n  Other pictures can be converted, with ImageMagick for example by: "
          "mogrify -format png FILES"});
}

TEST_CASE("folder: names that are not UTF-8 stay different") {
  const TemporaryFolder folder;
  for (const char* name : {"k\xe4se", "k\xf6se", "käse"}) {
    write_image(folder / "train" / name / "x.png", 1);
    write_image(folder / "test" / name / "x.png", 2);
  }
  CHECK(load(folder).train.class_names == std::vector<std::string>{"käse", "k\\xE4se", "k\\xF6se"});
  CHECK(load(folder).test.pixels == Bytes{2, 2, 2});
}

TEST_CASE("folder: the first images have all classes, in their proportions") {
  const TemporaryFolder folder;
  write_set(folder / "train", 2, 6);
  write_set(folder / "test", 1, 2);
  CHECK(load(folder).train.pixels == Bytes{20, 10, 21, 22, 23, 11, 24, 25});
  CHECK(load(folder).train.labels == Bytes{1, 0, 1, 1, 1, 0, 1, 1});
  const TrainTest limited = load(folder, 4, 2);
  CHECK(limited.train.pixels == Bytes{20, 10, 21, 22});
  CHECK(limited.test.pixels == Bytes{20, 10});
  CHECK(load(folder).notes.empty());
  CHECK(limited.notes.at(0) ==
        "[folder] train_limit leaves out 4 of 8 images of " + folder.path().string() + "/train");
  CHECK(limited.notes.at(1) ==
        "[folder] test_limit leaves out 1 of 3 images of " + folder.path().string() + "/test");
}

TEST_CASE("folder: the same with any number of threads") {
  const TemporaryFolder folder;
  write_set(folder / "train", 9, 9);
  write_set(folder / "test", 1, 1);
  write_plain(folder / "train/a/3.png", {});
  const auto load_with = [&](int threads) {
    const UseThreads use(threads);
    return load(folder).train;
  };
  const Dataset expected = load_with(1);
  for (const int threads : {2, 3}) {
    CHECK(load_with(threads).pixels == expected.pixels);
    CHECK(load_with(threads).labels == expected.labels);
  }
}

// ---- What is left out ----

TEST_CASE("folder: broken images are left out and told, and the others keep their labels") {
  const TemporaryFolder folder;
  write_set(folder / "train", 3, 3);
  write_set(folder / "test", 2, 2);
  write_plain(folder / "train/a/0.png", {'n', 'o'});
  Bytes cut = plain_png(4, 4, {9});
  cut.resize(cut.size() - 20);
  write_plain(folder / "train/b/1.png", cut);
  fs::remove(folder / "test/b/0.png");
  fs::create_symlink(folder / "nowhere.png", folder / "test/b/0.png");

  TrainTest sets = load(folder);
  CHECK(sets.train.pixels == Bytes{20, 11, 12, 22});
  CHECK(sets.train.labels == Bytes{1, 0, 0, 1});
  CHECK(sets.test.pixels == Bytes{10, 11, 21});
  REQUIRE(sets.notes.size() == 2);
  const std::string train = (folder / "train").string();
  CHECK(sets.notes[0] == "[folder] 2 of 6 images of " + train +
                             " cannot be read and are left out:\n  [image] " + train +
                             "/a/0.png must be a PNG or JPEG image: it starts like neither; "
                             "convert it\n  [image] " +
                             train +
                             "/b/1.png must be a whole PNG or JPEG image: it is damaged, cut "
                             "short or of a rare kind; make a new copy or convert it");
  CHECK(sets.notes[1].find("test/b/0.png must be a file: No such file") != std::string::npos);

  // A limit counts the images that can be read.
  sets = load(folder, 3);
  CHECK(sets.train.pixels == Bytes{20, 11, 12});
  CHECK(load(folder, 4).train.pixels == Bytes{20, 11, 12, 22});
}

TEST_CASE("folder: of many broken images the first ten are named") {
  const TemporaryFolder folder;
  write_set(folder / "train", 1, 13);
  write_set(folder / "test", 1, 1);
  for (int i = 0; i < 12; ++i) write_plain(folder / concat("train/b/", i, ".png"), {});
  const std::string note = load(folder).notes.at(0);
  CHECK(note.starts_with("[folder] 12 of 14 images"));
  CHECK(std::count(note.begin(), note.end(), '\n') == 11);
  CHECK(note.ends_with("\n  … and 2 more"));
}

// ---- What is refused ----

TEST_CASE("folder: a class without images is refused, by name") {
  const TemporaryFolder folder;
  write_set(folder / "train", 2, 2);
  write_set(folder / "test", 1, 1);
  fs::create_directory(folder / "train/cat");
  CHECK(refusal_lacks({"train must hold images of each class", "none of \"cat\""}, folder) == "");
  write_plain(folder / "train/cat/x.gif", {'G'});
  CHECK(refusal_lacks({"none of \"cat\"", "\n  .gif: 1, such as"}, folder) == "");
  write_plain(folder / "train/cat/x.png", {'G'});
  CHECK(refusal_lacks({"class \"cat\" of", "train must have an image that can be read: all 1 ",
                       "cat/x.png must be a PNG"},
                      folder) == "");
  write_image(folder / "train/cat/y.png", 1);
  CHECK(load(folder).train.size() == 5);
  // In the test set as well: that it has images and none can be read is no intention.
  write_plain(folder / "test/a/0.png", {});
  CHECK(refusal_lacks({"class \"a\" of", "test must have"}, folder) == "");
}

TEST_CASE("folder: other classes in the test set are refused, by name") {
  const TemporaryFolder folder;
  write_set(folder / "train", 1, 1);
  write_set(folder / "test", 1, 1);
  write_image(folder / "test/A/x.png", 1);
  CHECK(refusal_lacks({"test must have no class that the training set has not", "\"A\""}, folder) ==
        "");
}

TEST_CASE("folder: missing and empty folders are refused") {
  const TemporaryFolder folder;
  CHECK(refusal_lacks({"must hold train/CLASS/*.png", "no folder", "/train"}, folder) == "");
  write_set(folder / "train", 1, 1);
  CHECK(refusal_lacks({"must hold train/CLASS/*.png", "no folder", "/test"}, folder) == "");
  fs::create_directories(folder / "test/a");
  CHECK(refusal_lacks({"test must hold images in a folder for each class"}, folder) == "");
  write_set(folder / "test", 1, 1);
  CHECK(load(folder).train.size() == 2);
  fs::remove_all(folder / "train/b");
  CHECK(refusal_lacks({"train must hold a folder for each class, from 2 to 256: it holds 1"},
                      folder) == "");
}

TEST_CASE("folder: labels are bytes, so there can be 256 classes and no more") {
  const TemporaryFolder folder;
  for (int i = 0; i < 256; ++i) write_image(folder / concat("train/", 1000 + i, "/x.png"), 1);
  write_image(folder / "test/1255/x.png", 1);
  CHECK(load(folder).test.labels == Bytes{255});
  write_image(folder / "train/2000/x.png", 1);
  CHECK(refusal_lacks({"from 2 to 256: it holds 257"}, folder) == "");
}

TEST_CASE("folder: more images than fit into memory are refused before any is read") {
  const TemporaryFolder folder;
  write_set(folder / "train", 2, 3);
  write_set(folder / "test", 3, 2);
  // The 10 images take 503 MB, those of one set half of it.
  const LimitMemory limit(400'000'000);
  CHECK(error_lacks({"must fit into memory: 10 of " + folder.path().string() +
                     " take 503 MB, the limit is 400 MB; reduce data.image_size"},
                    [&] { load_image_folder(folder.path(), {.image_size = 4096}); }) == "");
  CHECK(error_lacks({"image_size must be from 1 to 4096: got 4097"},
                    [&] { load_image_folder(folder.path(), {.image_size = 4097}); }) == "");
}

// ---- By its name ----

TEST_CASE("folder: data.dir names it, or else MINITAPE_DATA, but not ./data") {
  const TemporaryFolder folder;
  write_set(folder / "data/train", 2, 2);
  write_set(folder / "data/test", 1, 1);
  const DataSource source{.name = "folder", .dir = folder / "data", .train_limit = 3};
  CHECK(load_data(source).train.size() == 3);
  CHECK(load_data(source).train.image_shape == Shape{32, 32, 3});
  CHECK(image_shape({.name = "folder", .image_size = 7, .channels = 1}) == Shape{7, 7, 1});
  CHECK(error_lacks({"train_limit must be at most 4"}, [&] {
          load_data({.name = "folder", .dir = folder / "data", .train_limit = 5});
        }) == "");

  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  {
    const DataVariable variable(nullptr);
    CHECK(error_lacks({"[data] dir must name the folder", "MINITAPE_DATA is not set"},
                      [] { load_data({.name = "folder"}); }) == "");
  }
  {
    const DataVariable variable(folder.path().c_str());
    CHECK(error_lacks({"[data] dir must name the folder", "MINITAPE_DATA holds no train/"},
                      [] { load_data({.name = "folder"}); }) == "");
  }
  const DataVariable variable("data");
  CHECK(load_data({.name = "folder"}).train.size() == 4);
  fs::current_path(before);
}

}  // namespace
}  // namespace minitape
