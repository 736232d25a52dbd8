// Images: every kind of file becomes the same bytes, whatever is not an image is refused with its
// name, and resizing keeps what can be kept.
#include "minitape/data/image.hpp"

#include <cmath>
#include <cstdlib>

#include "data/image_files.hpp"
#include "testing.hpp"

namespace minitape {
namespace {

Bytes decoded(const Bytes& file, Index channels) {
  return decode_image(file, "test", channels).pixels;
}

// ---- Reading ----

TEST_CASE("image: a grey PNG and a colour PNG are read pixel by pixel, row by row") {
  const Image grey = decode_image(png_file(3, 2, PngColour::grey, {0, 1, 2, 100, 254, 255}), "", 1);
  CHECK(grey.shape == Shape{2, 3, 1});
  CHECK(grey.pixels == Bytes{0, 1, 2, 100, 254, 255});

  const Bytes rgb{1, 2, 3, 40, 50, 60, 0, 0, 0, 255, 255, 255};
  const Image colour = decode_image(png_file(1, 4, PngColour::rgb, rgb), "", 3);
  CHECK(colour.shape == Shape{4, 1, 3});
  CHECK(colour.pixels == rgb);
}

TEST_CASE("image: grey becomes colour and colour becomes grey") {
  CHECK(decoded(plain_png(1, 1, {7}), 3) == Bytes{7, 7, 7});
  // Equal channels give exactly that grey; else green counts most, blue least.
  CHECK(decoded(plain_png(1, 1, {200, 200, 200}), 1) == Bytes{200});
  CHECK(decoded(plain_png(1, 1, {255, 0, 0}), 1) == Bytes{76});
  CHECK(decoded(plain_png(1, 1, {0, 255, 0}), 1) == Bytes{149});
  CHECK(decoded(plain_png(1, 1, {0, 0, 255}), 1) == Bytes{28});
}

TEST_CASE("image: transparency shows white") {
  // Opaque, half transparent and fully transparent; what a transparent pixel hides is never seen.
  const Bytes rgba{10, 20, 30, 255, 0, 100, 255, 51, 1, 2, 3, 0};
  CHECK(decoded(png_file(3, 1, PngColour::rgba, rgba), 3) ==
        Bytes{10, 20, 30, 204, 224, 255, 255, 255, 255});
  CHECK(decoded(png_file(2, 1, PngColour::grey_alpha, {0, 0, 0, 255}), 1) == Bytes{255, 0});
  // One colour can be declared transparent, or some of a palette.
  const Bytes grey = png_file(3, 1, PngColour::grey, {0, 9, 200});
  CHECK(decoded(with_chunk(grey, "tRNS", {0, 9}), 1) == Bytes{0, 255, 200});
  const Bytes rgb = png_file(2, 1, PngColour::rgb, {1, 2, 3, 1, 2, 4});
  CHECK(decoded(with_chunk(rgb, "tRNS", {0, 1, 0, 2, 0, 3}), 3) == Bytes{255, 255, 255, 1, 2, 4});
  const Bytes indexed = png_file(3, 1, PngColour::palette, {0, 1, 2});
  CHECK(decoded(with_chunk(with_chunk(indexed, "tRNS", {255, 0}), "PLTE",
                           {10, 20, 30, 40, 50, 60, 70, 80, 90}),
                3) == Bytes{10, 20, 30, 255, 255, 255, 70, 80, 90});
}

TEST_CASE("image: of 16 bits the upper 8 are kept, and few bits fill the range") {
  CHECK(decoded(png_file(2, 1, PngColour::grey, {0x12, 0xff, 0xfe, 0x00}, 16), 1) ==
        Bytes{0x12, 0xfe});
  CHECK(decoded(png_file(8, 1, PngColour::grey, {0b10100000}, 1), 1) ==
        Bytes{255, 0, 255, 0, 0, 0, 0, 0});
}

TEST_CASE("image: JPEG, in grey and in colour") {
  const Bytes red(16 * 16 * 3, 0);
  Bytes pixels = red;
  for (std::size_t i = 0; i < pixels.size(); i += 3) pixels[i] = 250;
  const Image image = decode_image(jpeg_file(16, 16, 3, pixels), "", 3);
  CHECK(image.shape == Shape{16, 16, 3});
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    CHECK(std::abs(int{image.pixels[i]} - int{pixels[i]}) <= 2);  // JPEG rounds
  }
  const Image grey = decode_image(jpeg_file(8, 8, 1, Bytes(64, 77)), "", 1);
  CHECK(std::abs(int{grey.pixels[20]} - 77) <= 1);
}

TEST_CASE("image: read_image reads from a file") {
  const TemporaryFolder folder;
  write_plain(folder / "a.png", plain_png(2, 2, {9}));
  CHECK(read_image(folder / "a.png", 1) == Image{{2, 2, 1}, {9, 9, 9, 9}});
}

// ---- What is refused ----

TEST_CASE("image: what is not a whole image is refused by name") {
  const TemporaryFolder folder;
  const auto read = [&] { read_image(folder / "x.png", 3); };
  CHECK(error_lacks({"x.png", "must be a file", "No such file"}, read) == "");
  std::filesystem::create_directory(folder / "x.png");
  CHECK(error_lacks({"x.png", "must be a file", "directory"}, read) == "");
  std::filesystem::remove(folder / "x.png");
  write_plain(folder / "x.png", {});
  CHECK(error_lacks({"x.png", "it is empty"}, read) == "");
  write_plain(folder / "x.png", {'h', 'e', 'l', 'l', 'o'});
  CHECK(error_lacks({"x.png", "PNG or JPEG", "like neither"}, read) == "");
  write_plain(folder / "x.png", {'G', 'I', 'F', '8', '9', 'a', 1, 0, 1, 0});
  CHECK(error_lacks({"x.png", "like neither"}, read) == "");
  CHECK(error_lacks({"channels must be 1", "got 2"},
                    [] { decode_image(plain_png(1, 1, {0}), "", 2); }) == "");
}

// "" if every shorter piece of the file is refused.
std::string accepted_piece(const Bytes& file) {
  for (std::size_t size = 0; size < file.size(); ++size) {
    const Bytes piece(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    const std::string text =
        error_lacks({"[image] cut.jpg must be a"}, [&] { decode_image(piece, "cut.jpg", 3); });
    if (!text.empty()) return concat(size, " of ", file.size(), " bytes: ", text);
  }
  return "";
}

TEST_CASE("image: a file that is cut short anywhere is refused") {
  Bytes pixels = counting(20 * 20 * 3);
  CHECK(accepted_piece(png_file(20, 20, PngColour::rgb, pixels)) == "");
  CHECK(accepted_piece(jpeg_file(20, 20, 3, pixels)) == "");
  // stb writes no progressive JPEGs. This one is an input of the fuzz tests: one byte, then a file.
  const char* source = std::getenv("MINITAPE_SOURCE_DIR");
  if (source == nullptr) return;
  Bytes progressive =
      read_plain(std::filesystem::path(source) / "tests/fuzz/corpus/image/jpeg_progressive");
  progressive.erase(progressive.begin());
  CHECK(decode_image(progressive, "", 3).shape.rank() == 3);
  CHECK(accepted_piece(progressive) == "");
}

TEST_CASE("image: a PNG in which a bit has changed is refused, also where it can be decoded") {
  const Bytes good = png_file(3, 2, PngColour::grey, {0, 1, 2, 100, 254, 255});
  for (std::size_t i = 8; i < good.size(); ++i) {
    Bytes file = good;
    file[i] ^= 4;
    CAPTURE(i);
    CHECK(error_lacks({"x.png", "damaged"}, [&] { decode_image(file, "x.png", 1); }) == "");
  }
  // A comment is not needed to see the picture.
  CHECK(decode_image(with_chunk(good, "tEXt", {'a', 0, 'b'}, 1), "", 1) ==
        decode_image(good, "", 1));
}

TEST_CASE("image: too many pixels are refused before memory is taken") {
  const auto refused = [](std::uint32_t width, std::uint32_t height) {
    const Bytes file = png_file(width, height, PngColour::grey, {});
    return error_lacks({"big.png", "at most 50000000 pixels"},
                       [&] { decode_image(file, "big.png", 1); });
  };
  CHECK(refused(10'001, 5'000) == "");
  CHECK(refused(65'536, 1) == "");
  CHECK(refused(1, 65'536) == "");
  CHECK(error_lacks({"at most 24 pixels"}, [] { decode_image(plain_png(5, 5, {0}), "", 1, 24); }) ==
        "");
  CHECK(decode_image(plain_png(5, 5, {0}), "", 1, 25).shape == Shape{5, 5, 1});
  CHECK(error_lacks({"damaged"}, [] {  // not too large, but there is nothing in it
          decode_image(png_file(10'000, 5'000, PngColour::grey, {}), "big.png", 1);
        }) == "");
}

// A PNG whose data are that many times 16 MB of zeros: one compressed block, repeated.
Bytes png_of_zeros(Bytes file, int times) {
  const Bytes zeros(std::size_t{16} << 20, 0);
  Bytes block(100'000), data{0x78, 0x01};
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY);
  stream.next_in = const_cast<Bytef*>(zeros.data());
  stream.avail_in = static_cast<unsigned>(zeros.size());
  stream.next_out = block.data();
  stream.avail_out = static_cast<unsigned>(block.size());
  REQUIRE(deflate(&stream, Z_FULL_FLUSH) == Z_OK);
  block.resize(stream.total_out);
  deflateEnd(&stream);
  for (int i = 0; i < times; ++i) data.insert(data.end(), block.begin(), block.end());
  data.insert(data.end(), {1, 0, 0, 0xff, 0xff});  // an empty block: the last
  put_chunk(file, "IDAT", data);
  put_chunk(file, "IEND", {});
  return file;
}

TEST_CASE("image: a PNG that decompresses to far more than its pixels is refused") {
  // One pixel, then so many zeros that stb asks for more memory than the largest picture needs.
  // (Without that limit it would decompress all of them and return the pixel.)
  const Bytes header = png_header(1, 1, PngColour::grey);
  CHECK(error_lacks({"bomb.png", "damaged"},
                    [&] { decode_image(png_of_zeros(header, 40), "bomb.png", 1); }) == "");
  CHECK(decode_image(png_of_zeros(header, 1), "long.png", 1).pixels == Bytes{0});
}

TEST_CASE("image: a large PNG is read, also with the most bits and some bytes too many") {
  // 2 megapixels of 8 bytes are exactly 16 MB (of 2^20 bytes); each row has a filter byte more. All
  // pixels are transparent: behind them is white.
  const Bytes file = png_of_zeros(png_header(2'048, 1'024, PngColour::rgba, 16), 2);
  const Image image = decode_image(file, "large.png", 1);
  CHECK(image.shape == Shape{1'024, 2'048, 1});
  CHECK(std::ranges::all_of(image.pixels, [](int grey) { return grey == 255; }));
}

// A JPEG of 8×8 grey pixels with one Huffman code that has `most` symbols of 16 bits and as many of
// 15. Behind the signature come `notes`.
Bytes jpeg_with_code(std::uint8_t most, const Bytes& notes) {
  Bytes file{0xff, 0xd8};
  file.insert(file.end(), notes.begin(), notes.end());
  Bytes code{0x00};
  code.insert(code.end(), 14, 0);
  code.insert(code.end(), {most, most});
  code.insert(code.end(), std::size_t{2} * most, 0);
  const std::size_t length = code.size() + 2;
  file.insert(file.end(), {0xff, 0xc4, static_cast<std::uint8_t>(length >> 8),
                           static_cast<std::uint8_t>(length & 0xff)});
  file.insert(file.end(), code.begin(), code.end());
  return file;
}

TEST_CASE("image: a JPEG whose Huffman code has more symbols than there are is refused") {
  const auto refused = [](const Bytes& file) {
    return error_lacks({"x.jpg", "damaged"}, [&] { decode_image(file, "x.jpg", 1); });
  };
  const Bytes notes{0xff, 0xe1, 0, 4, 1, 2};
  CHECK(refused(jpeg_with_code(129, {})) == "");  // AddressSanitizer sees stb go too far
  CHECK(refused(jpeg_with_code(255, notes)) == "");
  CHECK(refused(jpeg_with_code(120, notes)) == "");  // a good code, but nothing more

  // Without any code there is nothing to read, and no place in memory that chance leads to.
  Bytes photo = jpeg_file(8, 8, 1, Bytes(64, 50));
  Bytes bare;
  for (std::size_t i = 0; i < photo.size(); ++i) {
    const bool is_code = photo[i] == 0xff && photo[i + 1] == 0xc4;
    if (is_code)
      i += 1 + photo[i + 2] * std::size_t{256} + photo[i + 3];
    else
      bare.push_back(photo[i]);
  }
  REQUIRE(bare.size() < photo.size());
  const auto decode = [&bare] { return decode_image(bare, "x.jpg", 1); };
  CHECK(decode() == decode());

  // What a camera notes may look like such a code, and is not one.
  Bytes lookalike{0xff, 0xe1, 0, 25, 0xff, 0xc4, 0, 19, 0};
  lookalike.insert(lookalike.end(), 16, 255);
  lookalike.insert(lookalike.end(), 2, 0);
  photo.insert(photo.begin() + 2, lookalike.begin(), lookalike.end());
  CHECK(decode_image(photo, "photo.jpg", 1).shape == Shape{8, 8, 1});
  const Bytes png = with_chunk(png_file(1, 1, PngColour::grey, {7}), "tEXt", lookalike);
  CHECK(decode_image(png, "drawing.png", 1).pixels == Bytes{7});
}

// ---- Resizing ----

TEST_CASE("image: the same size is the same image") {
  const Image image{{5, 7, 3}, counting(105)};
  CHECK(resized(image, 5, 7) == image);
}

TEST_CASE("image: whatever the size, one colour stays that colour") {
  Image image{{13, 30, 3}, {}};
  for (int i = 0; i < 13 * 30; ++i) image.pixels.insert(image.pixels.end(), {0, 130, 255});
  for (const auto& [height, width] : {std::pair{32, 32}, {1, 1}, {200, 3}, {13, 29}}) {
    const Image other = resized(image, height, width);
    REQUIRE(other.shape == Shape{height, width, 3});
    for (Index i = 0; i < other.shape.size(); ++i) {
      CHECK(other.pixels[static_cast<std::size_t>(i)] ==
            image.pixels[static_cast<std::size_t>(i % 3)]);
    }
  }
}

TEST_CASE("image: every ratio of sizes is possible, also where assertions are compiled in") {
  for (Index from = 1; from <= 40; ++from) {
    const Image image{{1, from, 1}, Bytes(static_cast<std::size_t>(from), 100)};
    for (Index to = 1; to <= 40; ++to) {
      CHECK(resized(image, 1, to).pixels == Bytes(static_cast<std::size_t>(to), 100));
    }
  }
}

TEST_CASE("image: shrinking counts every pixel, so that fine stripes become grey") {
  // Every eighth column is white. Taking single pixels would give black or white columns.
  Image stripes{{64, 640, 1}, Bytes(64 * 640, 0)};
  for (std::size_t i = 0; i < stripes.pixels.size(); i += 8) stripes.pixels[i] = 255;
  const Image small = resized(stripes, 16, 16);
  for (std::size_t i = 0; i < 256; ++i) {
    if (i % 16 == 0 || i % 16 == 15) continue;  // beyond the border its pixels are repeated
    CHECK(std::abs(int{small.pixels[i]} - 255 / 8) <= 1);
  }
}

TEST_CASE("image: shrinking and enlarging keep the place of things and never leave the range") {
  // Black left half, white right half, a white top row.
  Image image{{40, 40, 1}, Bytes(1600, 0)};
  for (std::size_t i = 0; i < 1600; ++i) image.pixels[i] = i % 40 >= 20 || i < 200 ? 255 : 0;
  for (const Index side : {8, 160}) {
    const Image other = resized(image, side, side);
    const auto at = [&](double h, double w) {
      const auto row = static_cast<Index>(h * double(side)),
                 column = static_cast<Index>(w * double(side));
      return int{other.pixels[static_cast<std::size_t>(row * side + column)]};
    };
    CHECK(at(0.01, 0.1) > 200);
    CHECK(at(0.9, 0.1) == 0);
    CHECK(at(0.9, 0.3) == 0);
    CHECK(at(0.9, 0.7) == 255);
    CHECK(at(0.9, 0.9) == 255);
  }
}

TEST_CASE("image: enlarging interpolates linearly, height and width each by itself") {
  CHECK(resized({{1, 2, 1}, {0, 200}}, 1, 4).pixels == Bytes{0, 50, 150, 200});
  CHECK(resized({{2, 1, 1}, {0, 200}}, 4, 2).pixels == Bytes{0, 0, 50, 50, 150, 150, 200, 200});
}

TEST_CASE("image: resizing refuses what cannot be") {
  const Image image{{2, 2, 1}, {1, 2, 3, 4}};
  CHECK(error_lacks({"[resize]", "got 0 and 5"}, [&] { resized(image, 0, 5); }) == "");
  CHECK(error_lacks({"[resize]", "at most"}, [&] { resized(image, 65'535, 65'535); }) == "");
  CHECK(error_lacks({"[resize]", "and 3 bytes"}, [] {
          resized({{2, 2, 1}, {1, 2, 3}}, 4, 4);
        }) == "");
}

// ---- Writing ----

TEST_CASE("image: what is written as PNG reads back the same") {
  for (const Index channels : {1, 3}) {
    const Shape shape{11, 17, channels};
    const Image image{shape, counting(static_cast<std::size_t>(shape.size()))};
    const std::string file = encode_png(image);
    CHECK(decode_image(Bytes(file.begin(), file.end()), "", channels) == image);
  }
  CHECK(error_lacks({"[png]", "(1, 1, 2)"}, [] { encode_png({{1, 1, 2}, {0, 0}}); }) == "");
}

}  // namespace
}  // namespace minitape
