// Photos of digits: what each step makes of photos that differ in one thing.
#include "minitape/tools/digit_photo.hpp"

#include "drawn_photo.hpp"
#include "minitape/data/load.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

// Mean difference of two images (28, 28, 1) in bytes per pixel, when one of them may move by a
// pixel: a centre of mass between two pixels is rounded to either.
double difference(const Image& a, const Image& b) {
  double least = 255;
  for (Index shift = 0; shift < 9; ++shift) {
    double sum = 0;
    for (Index i = 0; i < 28 * 28; ++i) {
      const Index r = i / 28 + shift / 3 - 1, c = i % 28 + shift % 3 - 1;
      const bool inside = r >= 0 && c >= 0 && r < 28 && c < 28;
      const int moved = inside ? b.pixels[static_cast<std::size_t>(r * 28 + c)] : 0;
      sum += std::abs(a.pixels[static_cast<std::size_t>(i)] - moved);
    }
    least = std::min(least, sum / (28 * 28));
  }
  return least;
}

Image result_of(int digit, const PhotoStyle& style) {
  return digit_from_photo(photo_of(digit, style));
}

// The results for all ten digits in the usual style.
const std::vector<Image>& usual_results() {
  static const std::vector<Image> results = [] {
    std::vector<Image> images;
    for (int digit = 0; digit < 10; ++digit) images.push_back(result_of(digit, {}));
    return images;
  }();
  return results;
}

// The digits that the slower tests try: without and with loops, of one stroke and of two.
constexpr int kSomeDigits[] = {0, 1, 4, 5, 8};

// The largest difference between these digits' results in the usual style and in another one.
double largest_difference(const PhotoStyle& style) {
  double largest = 0;
  for (const int digit : kSomeDigits) {
    const Image& usual = usual_results()[static_cast<std::size_t>(digit)];
    largest = std::max(largest, difference(usual, result_of(digit, style)));
  }
  return largest;
}

// Where the ink of a result is: its box, and its centre of mass in pixels from the corner.
struct Place {
  Index top = 28, left = 28, bottom = 0, right = 0;  // bottom and right are outside
  double row = 0, column = 0;
};
Place place_of(const Image& image) {
  Place place;
  double mass = 0;
  for (Index i = 0; i < 28 * 28; ++i) {
    const double value = image.pixels[static_cast<std::size_t>(i)];
    if (value == 0) continue;
    const Index r = i / 28, c = i % 28;
    place.top = std::min(place.top, r);
    place.left = std::min(place.left, c);
    place.bottom = std::max(place.bottom, r + 1);
    place.right = std::max(place.right, c + 1);
    mass += value;
    place.row += value * (static_cast<double>(r) + 0.5);
    place.column += value * (static_cast<double>(c) + 0.5);
  }
  place.row /= mass;
  place.column /= mass;
  return place;
}

void add_dot(Image& photo, Index row, Index column, Index side, std::uint8_t brightness) {
  for (Index r = row; r < row + side; ++r) {
    for (Index c = column; c < column + side; ++c) {
      photo.pixels[static_cast<std::size_t>(r * photo.shape[1] + c)] = brightness;
    }
  }
}

}  // namespace

// ---- The steps ----

TEST_CASE("paper: light that falls unevenly does not matter") {
  CHECK(largest_difference({.slope_x = 0.6, .slope_y = -0.4}) < 3);
}

TEST_CASE("ink: light ink on dark paper is as good as dark ink on light paper") {
  CHECK(largest_difference({.paper = 40, .ink = 210}) < 1);
  // Also where the light makes some of the paper as bright as some of the ink.
  CHECK(largest_difference({.paper = 90, .ink = 140, .slope_x = 0.8}) < 9);
}

TEST_CASE("contrast: a faint pencil on rough paper becomes white on black") {
  const PhotoStyle faint{.paper = 200, .ink = 140, .noise = 6};
  CHECK(largest_difference(faint) < 11);
  const Image result = digit_from_photo(photo_of(0, faint));
  CHECK(*std::max_element(result.pixels.begin(), result.pixels.end()) > 240);
  const auto black = std::count(result.pixels.begin(), result.pixels.end(), 0);
  CHECK(black > 28 * 28 / 2);
}

TEST_CASE("specks: dots beside the digit are not part of it") {
  for (const int digit : kSomeDigits) {
    Image dirty = photo_of(digit);
    add_dot(dirty, 5, 5, 6, 30);
    add_dot(dirty, 190, 100, 4, 30);
    add_dot(dirty, 100, 191, 5, 30);
    const Image& clean = usual_results()[static_cast<std::size_t>(digit)];
    CHECK(difference(digit_from_photo(dirty), clean) < 0.5);
  }
  // But a digit may have several strokes: a 4 whose bar is cut in two keeps both parts.
  Image cut = photo_of(4);
  for (Index r = 0; r < 200; ++r) add_dot(cut, r, 124, 3, 210);
  CHECK(difference(digit_from_photo(cut), usual_results()[4]) < 4);
}

TEST_CASE("pen: thin strokes become as thick as others, and those stay") {
  // Without this step a line of 3 % of the digit's height is 0.6 pixels wide in the result.
  CHECK(largest_difference({.height = 400, .width = 400, .pen = 0.03}) < 14);
  // The ink of a bar of width w and height 20 − w or so is w·20.
  const auto width_of_bar = [](double pen) {
    const Image result = digit_from_photo(photo_of(1, {.pen = pen}));
    double ink = 0;
    for (Index c = 0; c < 28; ++c) ink += result.pixels[static_cast<std::size_t>(18 * 28 + c)];
    return ink / 255;
  };
  CHECK(width_of_bar(0.03) > 1.6);
  CHECK(width_of_bar(0.03) < 2.8);
  CHECK(width_of_bar(0.2) == doctest::Approx(20 * 0.2 / 1.1).epsilon(0.15));
}

TEST_CASE("size: the longer side of the digit becomes 20, the proportions stay") {
  for (const double size : {0.2, 0.5, 0.9}) {
    for (const int digit : kSomeDigits) {
      const Place place = place_of(result_of(digit, {.size = size}));
      CHECK(place.bottom - place.top == 20);
      CHECK(place.right - place.left < 18);
    }
  }
  const Place lying = place_of(digit_from_photo(photo_of(0, {.angle = 90})));
  CHECK(lying.right - lying.left == 20);
  const Index height = lying.bottom - lying.top;  // 0.56 + 0.12 pen by 0.9 + 0.12 pen, times 20
  CHECK(height >= 13);
  CHECK(height <= 14);
}

TEST_CASE("place: the centre of mass lies in pixel (14, 14), wherever the digit was") {
  for (const int digit : kSomeDigits) {
    const PhotoStyle corner{.size = 0.4, .shift_x = 0.25, .shift_y = -0.2};
    const Place place = place_of(result_of(digit, corner));
    CHECK(place.row >= 14);
    CHECK(place.row <= 15);
    CHECK(place.column >= 14);
    CHECK(place.column <= 15);
  }
}

TEST_CASE("photos of all sizes and proportions give nearly the same") {
  for (const auto& [height, width] :
       {std::pair<Index, Index>{20, 20}, {40, 30}, {60, 90}, {400, 600}}) {
    CAPTURE(height);
    CHECK(largest_difference({.height = height, .width = width, .size = 0.7}) < 14);
  }
}

// ---- What needs no steps ----

TEST_CASE("an image in the form of the data set stays as it is") {
  for (const Image& image : usual_results()) CHECK(digit_from_photo(image) == image);
  const Dataset digits = make_digits(1, "test", 200);
  for (Index i = 0; i < digits.size(); ++i) {
    const auto pixels = digits.image(i);
    const Image one{{28, 28, 1}, {pixels.begin(), pixels.end()}};
    CHECK(digit_from_photo(one) == one);
  }
}

TEST_CASE("an image of that size on light paper does not") {
  const Image& dark = usual_results()[3];
  Image light = dark;
  for (std::uint8_t& pixel : light.pixels) pixel = static_cast<std::uint8_t>(255 - pixel);
  CHECK(difference(digit_from_photo(light), dark) < 8);
}

// ---- What cannot be answered ----

TEST_CASE("a sheet without ink is an error that says so") {
  const auto lacks = [](const PhotoStyle& style) {
    return error_lacks({"[digit]", "no ink"}, [&] { digit_from_photo(photo_of(-1, style)); });
  };
  CHECK(lacks({}) == "");
  CHECK(lacks({.paper = 0}) == "");
  CHECK(lacks({.slope_x = 0.9, .slope_y = 0.5}) == "");
  CHECK(lacks({.noise = 12}) == "");
  CHECK(lacks({.height = 30, .width = 30, .noise = 12}) == "");
  CHECK(lacks({.height = 1, .width = 1}) == "");
  CHECK(lacks({.height = 1, .width = 300}) == "");
  CHECK(error_lacks({"[digit]", "grey"}, [] {
          digit_from_photo({{2, 2, 3}, std::vector<std::uint8_t>(12)});
        }) == "");
}

TEST_CASE("strange pictures give some image, not a crash") {
  for (const auto& [height, width] :
       {std::pair<Index, Index>{1, 2}, {2, 1}, {3, 3}, {1, 400}, {400, 1}, {2, 3000}}) {
    Image image{{height, width, 1},
                std::vector<std::uint8_t>(static_cast<std::size_t>(height * width), 200)};
    image.pixels[image.pixels.size() / 2] = 0;
    try {
      CHECK(digit_from_photo(image).shape == Shape{28, 28, 1});
    } catch (const Error& error) {
      CHECK(std::string(error.what()).find("no ink") != std::string::npos);
    }
  }
}

}  // namespace minitape
