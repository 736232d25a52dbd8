// Picture files: which way up a photo is, and where a file that is not whole is found out.
#include "data/reading.hpp"

#include "image_files.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

// A JPEG, 24 wide and 16 high, black but for its first quarter: rows 0 … 7, columns 0 … 11.
Bytes quarter_jpeg() {
  Bytes pixels;
  for (int i = 0; i < 16 * 24; ++i) pixels.push_back(i / 24 < 8 && i % 24 < 12 ? 255 : 0);
  return jpeg_file(24, 16, 1, pixels);
}

int orientation_of(const Bytes& file) { return inspect_picture(file).value().orientation; }

// What a camera notes: two entries, of which the second is the orientation. Their type is 3 (2
// bytes) or 4 (4 bytes).
Bytes exif(int orientation, bool little, int type = 3) {
  Bytes tiff = little ? Bytes{'I', 'I'} : Bytes{'M', 'M'};
  const auto put = [&](std::uint32_t value, int count) {
    for (int i = 0; i < count; ++i) {
      const int shift = 8 * (little ? i : count - 1 - i);
      tiff.push_back(static_cast<std::uint8_t>(value >> shift));
    }
  };
  const auto put_entry = [&](std::uint32_t tag, std::uint32_t value) {
    put(tag, 2);
    put(static_cast<std::uint32_t>(type), 2);
    put(1, 4);
    put(value, type == 3 ? 2 : 4);
    if (type == 3) put(0, 2);
  };
  put(42, 2);
  put(8, 4);
  put(2, 2);
  put_entry(259, 6);
  put_entry(274, static_cast<std::uint32_t>(orientation));
  return tiff;
}

// The same as a segment of a JPEG.
Bytes exif_segment(int orientation, bool little, int type = 3) {
  const Bytes tiff = exif(orientation, little, type);
  const Bytes head{0xff, 0xe1, 0, static_cast<std::uint8_t>(8 + tiff.size()), 'E', 'x', 'i',
                   'f',  0,    0};
  Bytes segment(head.size() + tiff.size());
  std::copy(tiff.begin(), tiff.end(), std::copy(head.begin(), head.end(), segment.begin()));
  return segment;
}

// The JPEG with another segment behind its first.
Bytes with_segment(const Bytes& jpeg, const Bytes& segment) {
  const std::ptrdiff_t first_end = 4 + jpeg[4] * 256 + jpeg[5];
  Bytes result = jpeg;
  result.insert(result.begin() + first_end, segment.begin(), segment.end());
  return result;
}

// Where the white quarter is: "top left", …
std::string corner(const Image& image) {
  const Index H = image.shape[0], W = image.shape[1];
  const auto white = [&](Index r, Index c) {
    return image.pixels[static_cast<std::size_t>(r * W + c)] > 128;
  };
  std::string text;
  for (const bool top : {true, false}) {
    for (const bool left : {true, false}) {
      if (white(top ? 2 : H - 3, left ? 2 : W - 3)) {
        text += concat(top ? "top" : "bottom", left ? " left" : " right");
      }
    }
  }
  return text;
}

}  // namespace

TEST_CASE("a photo is read as it was seen, whichever way the camera was held") {
  const std::string expected[] = {"top left", "top right", "bottom right", "bottom left",
                                  "top left", "top right", "bottom right", "bottom left"};
  for (const bool little : {true, false}) {
    for (int orientation = 1; orientation <= 8; ++orientation) {
      CAPTURE(orientation);
      const Bytes file = with_segment(quarter_jpeg(), exif_segment(orientation, little));
      CHECK(orientation_of(file) == orientation);
      const Image image = decode_image(file, "photo", 1);
      CHECK(image.shape == (orientation < 5 ? Shape{16, 24, 1} : Shape{24, 16, 1}));
      CHECK(corner(image) == expected[orientation - 1]);
    }
  }
}

TEST_CASE("a PNG can say which way up it is, too") {
  Bytes rows;  // black but for the first quarter
  for (int i = 0; i < 16 * 24; ++i) rows.push_back(i / 24 < 8 && i % 24 < 12 ? 255 : 0);
  const Bytes plain = png_file(24, 16, PngColour::grey, rows);
  const auto with_exif = [&](const Bytes& content, int damage = 0) {
    return decode_image(with_chunk(plain, "eXIf", content, damage), "", 1);
  };
  CHECK(corner(with_exif(exif(6, false))) == "top right");
  CHECK(with_exif(exif(6, false)).shape == Shape{24, 16, 1});
  CHECK(corner(with_exif(exif(3, true))) == "bottom right");
  CHECK(corner(with_exif(exif(3, true), 1)) == "top left");  // its checksum is wrong
}

TEST_CASE("an orientation may be written in four bytes") {
  for (const bool little : {true, false}) {
    CHECK(orientation_of(with_segment(quarter_jpeg(), exif_segment(8, little, 4))) == 8);
  }
}

TEST_CASE("turned pictures, pixel by pixel and with their colours") {
  const Image stored{{1, 2, 3}, {1, 2, 3, 4, 5, 6}};  // two pixels beside each other
  const Image swapped{{1, 2, 3}, {4, 5, 6, 1, 2, 3}};
  CHECK(upright(stored, 1) == stored);
  CHECK(upright(stored, 2) == swapped);
  CHECK(upright(stored, 3) == swapped);
  CHECK(upright(stored, 4) == stored);
  CHECK(upright(stored, 6) == Image{{2, 1, 3}, stored.pixels});
  CHECK(upright(stored, 8) == Image{{2, 1, 3}, swapped.pixels});
  // 2 x 2, turned by a quarter: the first row 1 2 is the right column; mirrored too, the left one.
  const Image four{{2, 2, 1}, {1, 2, 3, 4}};
  CHECK(upright(four, 5).pixels == Bytes{1, 3, 2, 4});
  CHECK(upright(four, 6).pixels == Bytes{3, 1, 4, 2});
  CHECK(upright(four, 7).pixels == Bytes{4, 2, 3, 1});
  CHECK(upright(four, 8).pixels == Bytes{2, 4, 1, 3});
}

TEST_CASE("where no orientation can be read, a photo stays as it is stored") {
  const Bytes plain = quarter_jpeg();
  CHECK(orientation_of(plain) == 1);
  CHECK(orientation_of(with_segment(plain, exif_segment(0, true))) == 1);
  CHECK(orientation_of(with_segment(plain, exif_segment(9, true))) == 1);
  // Every byte of the segment's content changed: some orientation or none, no crash.
  const Bytes segment = exif_segment(6, false);
  for (std::size_t i = 0; i < segment.size(); ++i) {
    for (const int broken : {0, 1, 0x7f, 0xff}) {
      Bytes changed = segment;
      changed[i] = static_cast<std::uint8_t>(broken);
      const int orientation = orientation_of(with_segment(plain, changed));
      CHECK((orientation >= 1 && orientation <= 8));
    }
  }
  // A segment that is cut short.
  for (std::size_t size = 10; size < segment.size(); ++size) {
    Bytes cut(segment.begin(), segment.begin() + static_cast<std::ptrdiff_t>(size));
    cut[3] = static_cast<std::uint8_t>(size - 2);
    CHECK(orientation_of(with_segment(plain, cut)) == (size >= 42 ? 6 : 1));
  }
}

TEST_CASE("a picture file is whole when it ends as its format says, whatever follows") {
  CHECK_FALSE(inspect_picture(Bytes{}).has_value());
  CHECK_FALSE(inspect_picture(Bytes{'G', 'I', 'F', '8', '9', 'a'}).has_value());
  const Bytes photo = with_segment(quarter_jpeg(), exif_segment(6, true));
  for (const Bytes& file : {photo, plain_png(3, 2, {7})}) {
    for (std::size_t size = 8; size < file.size(); ++size) {
      CHECK_FALSE(inspect_picture(std::span(file).first(size))->whole);
    }
    Bytes longer = file;
    CHECK(inspect_picture(longer)->whole);
    longer.insert(longer.end(), 100, 0);
    CHECK(inspect_picture(longer)->whole);
  }
}

}  // namespace minitape
