// The contact sheet: each image's bytes stand where they belong, whatever the batches did to them;
// labels stay below their images; the numbers beside it.
#include "minitape/tools/contact_sheet.hpp"

#include <set>

#include "testing.hpp"
#include "tiny_experiment.hpp"

namespace minitape {
namespace {

constexpr Index kGap = 8, kFactor = 32;  // 4x4 images are shown as 128x128

Config config_of(const std::string& rest) { return parse_config(rest, "test.toml"); }

std::uint8_t at(const Image& image, Index h, Index w, Index c = 0) {
  return image.pixels[static_cast<std::size_t>((h * image.shape[1] + w) * image.shape[2] + c)];
}

// The bytes of the 4x4 image in that column of the first row; none where a square of the magnified
// picture is not of one colour.
std::vector<std::uint8_t> tile(const Image& sheet, Index column) {
  std::vector<std::uint8_t> pixels;
  for (Index h = 0; h < 4; ++h) {
    for (Index w = 0; w < 4; ++w) {
      std::set<std::uint8_t> values;
      for (Index i = 0; i < kFactor * kFactor; ++i) {
        values.insert(at(sheet, kGap + h * kFactor + i / kFactor,
                         kGap + column * (4 * kFactor + kGap) + w * kFactor + i % kFactor));
      }
      if (values.size() != 1) return {};
      pixels.push_back(*values.begin());
    }
  }
  return pixels;
}

// What is below the image in that column of a sheet of one row, as wide as the image.
std::vector<std::uint8_t> label(const Image& sheet, Index column) {
  std::vector<std::uint8_t> pixels;
  for (Index h = kGap + 4 * kFactor; h < sheet.shape[0]; ++h) {
    for (Index w = 0; w < 4 * kFactor; ++w) {
      pixels.push_back(at(sheet, h, kGap + column * (4 * kFactor + kGap) + w));
    }
  }
  return pixels;
}

TEST_CASE("contact sheet: every pixel of every image, magnified") {
  const Dataset train = tiny_dataset(7);
  const Image sheet =
      contact_sheet(config_of("train.shuffle = false\ntrain.batch_size = 3"), train);
  CHECK(sheet.shape[2] == 1);
  // The last image is left alone in its batch, which is not trained on.
  for (Index i = 0; i < 6; ++i) {
    const auto image = train.image(i);
    CHECK(tile(sheet, i) == std::vector<std::uint8_t>(image.begin(), image.end()));
  }
  CHECK(tile(sheet, 6) == std::vector<std::uint8_t>(16, at(sheet, 0, 0)));  // paper
}

TEST_CASE("contact sheet: what standardization did is undone to the bit, and nothing else") {
  const Dataset train = tiny_dataset(20);
  const std::string seen = "data.augment = [\"flip\", \"crop\"]\ntrain.batch_size = 8\n";
  const Config config = config_of(seen);
  CHECK(contact_sheet(config, train) ==
        contact_sheet(config_of(seen + "data.standardize = false"), train));

  // The images are those of the first batches of training, in their order.
  Batches batches(train, Standardization::none(1), build_batch_options(config));
  batches.start_epoch(0);
  const Image sheet = contact_sheet(config, train);
  const Batch first = *batches.next();
  for (Index n = 0; n < 8; ++n) {
    std::vector<std::uint8_t> expected;
    for (Index i = 0; i < 16; ++i) {
      expected.push_back(static_cast<std::uint8_t>(std::lround(255 * first.images[n * 16 + i])));
    }
    CHECK(tile(sheet, n) == expected);
  }
}

TEST_CASE("contact sheet: colours stay in their channels") {
  Dataset train{.name = "two", .image_shape = {1, 1, 3}, .class_names = {"a", "b"}};
  train.pixels = {250, 0, 7, 10, 20, 7};  // the last channel is constant
  train.labels = {0, 1};
  const Image sheet = contact_sheet(config_of("train.shuffle = false"), train);
  for (Index c = 0; c < 3; ++c) {
    CHECK(at(sheet, kGap, kGap, c) == train.pixels[static_cast<std::size_t>(c)]);
    CHECK(at(sheet, kGap + 127, 2 * kGap + 128 + 127, c) ==
          train.pixels[static_cast<std::size_t>(3 + c)]);
  }
}

TEST_CASE("contact sheet: each image has its label below it, and only there") {
  Dataset train = tiny_dataset(4);  // down, up, down, up
  const Config config = config_of("train.shuffle = false");
  const Image sheet = contact_sheet(config, train);
  CHECK(label(sheet, 0) == label(sheet, 2));
  CHECK(label(sheet, 1) == label(sheet, 3));
  CHECK(label(sheet, 0) != label(sheet, 1));

  // Names that are too long, empty or not in ASCII stay within their tiles.
  for (const char* name :
       {"a name that is much longer than any image is wide", "", "dé\tjà vu\x7f"}) {
    train.class_names[0] = name;
    const Image other = contact_sheet(config, train);
    REQUIRE(other.shape[1] == sheet.shape[1]);
    for (Index h = 0; h < other.shape[0]; ++h) {
      for (Index w = 0; w < kGap; ++w) CHECK(at(other, h, kGap + 128 + w) == at(other, 0, 0));
    }
    const auto below = label(other, 0);
    const bool has_ink = std::set(below.begin(), below.end()).size() == 2;
    CHECK(has_ink == (*name != '\0'));
  }
  // "é" is one letter that the font lacks, of two bytes.
  const auto first_label = [&](const std::string& name) {
    train.class_names[0] = name;
    return label(contact_sheet(config, train), 0);
  };
  CHECK(first_label("d\u00e9j") == first_label("d?j"));
}

TEST_CASE("contact sheet: rows, and large images made small") {
  Dataset train = tiny_dataset(100);
  const Image small = contact_sheet(config_of(""), train);
  CHECK(small.shape[1] <= 1240);
  CHECK(small.shape[0] == kGap + 6 * (128 + 26 + kGap));  // no more than six rows
  train.labels.resize(12);                                // nine columns: a second row
  train.pixels.resize(12 * 16);
  CHECK(contact_sheet(config_of(""), train).shape[0] == kGap + 2 * (128 + 26 + kGap));

  Dataset large{.name = "large", .image_shape = {100, 1000, 1}, .class_names = {"a"}};
  large.pixels.assign(200'000, 50);
  large.labels = {0, 0};
  const Image sheet = contact_sheet(config_of(""), large);
  CHECK(at(sheet, kGap, kGap + 255) == 50);
  CHECK(at(sheet, kGap + 24, kGap) == 50);
  CHECK(at(sheet, kGap, kGap + 256) == at(sheet, 0, 0));
  CHECK(at(sheet, kGap + 25, kGap) == at(sheet, 0, 0));
}

// ---- The numbers ----

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("describe_data: what there is and what becomes of it") {
  TrainTest data{tiny_dataset(5), tiny_dataset(2), {}};
  std::fill(data.train.pixels.begin(), data.train.pixels.end(), std::uint8_t{51});
  data.train.pixels[0] = 131;  // mean 52, variance (79² + 79 · 1²) / 80 = 79
  const std::string text = describe_data(config_of("train.batch_size = 2"), data);
  CHECK(has(text, "5 training images, 2 test images, height 4, width 4, channels 1"));
  CHECK(has(text, "channel 0  mean 0.2039  deviation 0.0349"));
  CHECK(has(text, "augmentation of training images: none"));
  CHECK(has(text, "batches of 2 images, 2 in an epoch, shuffled"));
  CHECK(has(text, "\ndown           3      1\nup             2      1\n"));

  data.train.class_names = {"gr\u00FCn", "\x1b[2J\u009B"};
  CHECK(has(describe_data(config_of("train.batch_size = 2"), data),
            "\ngrün           3      1\n?[2J?          2      1\n"));

  const std::string other =
      describe_data(config_of("data.standardize = false\ndata.augment = [\"crop\", \"flip\"]\n"
                              "train.shuffle = false"),
                    data);
  CHECK(has(other, "channel 0  mean 0.0000  deviation 1.0000"));
  CHECK(has(other, "data.standardize is false"));
  CHECK(has(other, "flip (half of the images, left to right), crop (moved by up to 4 pixels"));
  CHECK(has(other, "in the order of the data"));
  CHECK(
      has(describe_data(config_of("data.augment = [\"shift\", \"alternating_flip\"]\n"
                                  "data.shift = 1\ntrain.batch_size = 2"),
                        data),
          "alternating flip (half of the images, in the next epoch the others), shift (moved by up "
          "to 1 pixels each way, the border mirrored)"));
}

}  // namespace
}  // namespace minitape
