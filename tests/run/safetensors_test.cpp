#include "minitape/run/safetensors.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "minitape/core/random.hpp"
#include "minitape/text/files.hpp"
#include "temporary_folder.hpp"

namespace minitape {
namespace {

// A file made by hand: the length of the header, the header as it is, `data_bytes` bytes of data.
std::string file_bytes(const std::string& header, std::size_t data_bytes) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) {
    bytes.push_back(static_cast<char>(std::uint64_t{header.size()} >> (8 * i)));
  }
  bytes += header;
  for (std::size_t i = 0; i < data_bytes; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

std::string with_length(std::string bytes, std::uint64_t length) {
  std::memcpy(bytes.data(), &length, 8);
  return bytes;
}

// Checks that parsing is refused with a message that has this part in it.
void check_file_refused(const std::string& bytes, const std::string& part) {
  try {
    parse_safetensors(bytes, "x.safetensors");
    FAIL_CHECK("accepted, but expected: " << part);
  } catch (const Error& error) {
    const std::string message = error.what();
    CHECK(error.fault() == Fault::bad_input);
    CHECK(message.starts_with("[safetensors] x.safetensors"));
    INFO(message);
    CHECK(message.find(part) != std::string::npos);
  }
}

void check_refused(const std::string& header, std::size_t data_bytes, const std::string& part) {
  check_file_refused(file_bytes(header, data_bytes), part);
}

// The header's text of one tensor "a".
std::string one(const std::string& dtype, const std::string& shape, const std::string& offsets) {
  return R"({"a":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets +
         "}}";
}

SafetensorsFile example() {
  SafetensorsFile file;
  file.tensors.push_back({"small", "U8", {3}, "\1\2\3"});
  file.tensors.push_back(save_tensor("0.conv2d.kernel", Tensor({2, 3}, {1, -2, 3, -4, 5, 0.5})));
  file.tensors.push_back(save_tensor("scalar", Tensor::scalar(7)));
  file.tensors.push_back(save_number<Index>("step", 42));
  file.tensors.push_back({"none", "F32", {0, 4}, {}});
  file.metadata = {{"format", "minitape"}, {"note", "späße \"quoted\"\n"}};
  return file;
}

}  // namespace

TEST_CASE("format_safetensors writes the bytes that the format describes") {
  SafetensorsFile file;
  file.tensors.push_back({"b", "U8", {2}, "\xAB\xCD"});
  file.tensors.push_back({"a", "I64", {1}, "\1\2\3\4\5\6\7\7"});
  // Written out by hand. The wider tensor comes first, and spaces fill the header up to 112 bytes.
  const std::string header = R"({"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},)"
                             R"("b":{"dtype":"U8","shape":[2],"data_offsets":[8,10]}})";
  std::string expected = "p" + std::string(7, '\0') + header;  // 'p' is the byte 112
  while (expected.size() % 8 != 0) expected += ' ';
  CHECK(format_safetensors(file) == expected + "\1\2\3\4\5\6\7\7\xAB\xCD");
}

TEST_CASE("what is written is read back, to the bit") {
  const SafetensorsFile file = example();
  const SafetensorsFile back = parse_safetensors(format_safetensors(file), "example");
  CHECK(back.metadata == file.metadata);
  REQUIRE(back.tensors.size() == file.tensors.size());
  for (const SavedTensor& tensor : file.tensors) {
    CAPTURE(tensor.name);
    const SavedTensor& same = back.at(tensor.name);
    CHECK(same.dtype == tensor.dtype);
    CHECK(same.shape == tensor.shape);
    CHECK(same.bytes == tensor.bytes);
  }
  CHECK(load_tensor(back.at("0.conv2d.kernel"), {2, 3})[5] == Real(0.5));
  CHECK(load_tensor(back.at("scalar"), {}).item() == 7);
  CHECK(load_tensor(back.at("none"), {0, 4}).size() == 0);
  CHECK(load_number<Index>(back.at("step")) == 42);
}

TEST_CASE("each tensor begins at a multiple of its element's size") {
  const std::string bytes = format_safetensors(example());
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), 8);
  CHECK(header % 8 == 0);
  const SafetensorsFile back = parse_safetensors(bytes, "example");
  std::size_t begin = 0;
  for (const SavedTensor& tensor : back.tensors) {
    const std::size_t width = tensor.dtype == "U8" ? 1 : tensor.dtype == "F32" ? 4 : 8;
    CHECK(begin % width == 0);
    begin += tensor.bytes.size();
  }
}

TEST_CASE("tensors keep infinities, NaN and every bit of Real") {
  const Real infinity = std::numeric_limits<Real>::infinity();
  const Real tiny = std::numeric_limits<Real>::denorm_min();
  const Tensor tensor({4}, {infinity, -Real(0), tiny, std::numeric_limits<Real>::quiet_NaN()});
  const SavedTensor saved = save_tensor("t", tensor);
  CHECK(saved.dtype == (sizeof(Real) == 4 ? "F32" : "F64"));
  const Tensor back = load_tensor(saved, {4});
  CHECK(std::memcmp(back.data(), tensor.data(), 4 * sizeof(Real)) == 0);
}

TEST_CASE("load_tensor converts between F32 and F64") {
  const float single = 0.1F;
  const double twice = 0.1;
  SavedTensor saved{"t", "F32", {1}, std::string(4, '\0')};
  std::memcpy(saved.bytes.data(), &single, 4);
  CHECK(load_tensor(saved, {1}).item() == static_cast<Real>(0.1F));
  saved = {"t", "F64", {1}, std::string(8, '\0')};
  std::memcpy(saved.bytes.data(), &twice, 8);
  CHECK(load_tensor(saved, {1}).item() == static_cast<Real>(0.1));
}

TEST_CASE("loading says what it expected and what it found") {
  const SavedTensor saved = save_tensor("0.dense.kernel", Tensor::zeros({2, 3}));
  CHECK_THROWS_WITH_AS(load_tensor(saved, {3, 2}),
                       "[safetensors] tensor \"0.dense.kernel\" must have shape (3, 2): the file "
                       "holds F32 (2, 3)",
                       Error);
  CHECK_THROWS_WITH_AS(load_tensor({"t", "I64", {1}, std::string(8, '\0')}, {1}),
                       "[safetensors] tensor \"t\" must be F32 or F64: the file holds I64 (1)",
                       Error);
  CHECK_THROWS_WITH_AS(load_tensor({"t", "F32", {2}, std::string(7, '\0')}, {2}),
                       "[safetensors] tensor \"t\" of shape (2) has 7 bytes", Error);
  CHECK_THROWS_WITH_AS(load_tensor({"t", "F32", {1, 1, 1, 1, 1}, std::string(4, '\0')}, {1}),
                       doctest::Contains("must have shape (1): the file holds F32 (1, 1, 1, 1, 1)"),
                       Error);
  CHECK_THROWS_WITH_AS(load_number<Index>(saved),
                       "[safetensors] tensor \"0.dense.kernel\" must be one number, I64 (1): the "
                       "file holds F32 (2, 3)",
                       Error);
  CHECK_THROWS_WITH_AS(load_number<double>(save_number<Index>("n", 1)),
                       doctest::Contains("must be one number, F64 (1): the file holds I64 (1)"),
                       Error);
  CHECK_THROWS_WITH_AS(load_number<Index>({"n", "I64", {2}, std::string(16, '\0')}),
                       doctest::Contains("the file holds I64 (2)"), Error);
  CHECK_THROWS_WITH_AS(load_number<Index>(save_number<Index>("n", -1)),
                       "[safetensors] \"n\" must not be negative: the file has -1", Error);
  CHECK_THROWS_WITH_AS(example().at("1.dense.bias"),
                       "[safetensors] there is no tensor \"1.dense.bias\" in this file, which "
                       "holds 5 others",
                       Error);
  CHECK_THROWS_WITH_AS(save_tensor("t", Tensor()), "[safetensors] tensor \"t\" was never set",
                       Error);
}

TEST_CASE("a file that could not be read back is not written") {
  const auto refused = [](std::vector<SavedTensor> tensors, const char* part) {
    CHECK_THROWS_WITH_AS(format_safetensors({std::move(tensors), {}}), doctest::Contains(part),
                         Error);
  };
  refused({{"a", "U8", {1}, "x"}, {"a", "U8", {1}, "x"}}, "different names");
  refused({{"__metadata__", "U8", {1}, "x"}}, "different names");
  refused({{"a", "F33", {1}, std::string(4, '\0')}}, "unknown dtype \"F33\"");
  refused({{"a", "F32", {2}, std::string(4, '\0')}}, "needs 8 bytes for F32 (2): got 4");
  refused({{"a", "F32", {-1}, std::string(4, '\0')}}, "impossible shape: F32 (-1)");
  refused({{"\xff", "U8", {1}, "x"}}, "UTF-8");
}

TEST_CASE("parsing accepts what the format allows, also where minitape writes otherwise") {
  // Names in another order than the data, no padding, an empty file, a high rank, odd dtypes.
  const std::string swapped =
      file_bytes(R"({"z":{"data_offsets":[2,3],"shape":[1],"dtype":"BOOL"},)"
                 R"( "y":{"dtype":"BF16","shape":[],"data_offsets":[0,2]}})",
                 3);
  const SafetensorsFile file = parse_safetensors(swapped, "x");
  REQUIRE(file.tensors.size() == 2);
  CHECK(file.tensors[0].name == "y");
  CHECK(file.tensors[1].bytes == "\2");
  CHECK(parse_safetensors(file_bytes("{}", 0), "x").tensors.empty());
  CHECK(parse_safetensors(file_bytes(one("U8", "[1,1,1,1,1,1,2]", "[0,2]"), 2), "x")
            .at("a")
            .shape.size() == 7);
  CHECK(parse_safetensors(file_bytes(one("F4", "[4]", "[0,2]"), 2), "x").at("a").bytes ==
        std::string("\0\1", 2));
}

TEST_CASE("a wrong length of the header is refused") {
  const std::string good = file_bytes(one("U8", "[2]", "[0,2]"), 2);
  check_file_refused(good.substr(0, 7), "is too short: a file has at least 8 bytes");
  check_file_refused("", "this one has 0");
  for (const std::uint64_t length :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{good.size() - 7},
        std::uint64_t{100000001}, std::numeric_limits<std::uint64_t>::max()}) {
    CAPTURE(length);
    check_file_refused(with_length(good, length),
                       "its length is given as " + std::to_string(length));
  }
  check_file_refused(with_length(std::string(100000009, '\0'), 100000001),
                     "must have 2 to 100000000 bytes");
  // The page that a download gave instead of the file: its first 8 bytes are no length.
  const std::string html = "<!DOCTYPE html><html></html>";
  check_file_refused(html, "of another kind");
}

TEST_CASE("a header that is not the expected JSON is refused") {
  check_refused(R"([1,2])", 0, "must begin with '{'");
  check_refused(R"( {})", 0, "must begin with '{'");
  check_refused(R"({"a":)", 0, "must be valid JSON");
  check_refused(R"({}x)", 0, "must be valid JSON");
  check_refused(std::string("{}\0", 3), 0, "must be valid JSON");
  check_refused("{\"\xff\":{}}", 0, "must be valid JSON");
  check_refused(one("U8", "[1e999]", "[0,2]"), 2, "must be valid JSON");
  for (const std::string value : {"1", "null", "true", "\"text\"", "[]", "{}", "-1", "0.5"}) {
    check_refused("{\"a\":" + value + "}", 0,
                  "tensor \"a\" must have a dtype, a shape and two data_offsets, whole numbers >= "
                  "0: found \"" +
                      value);
  }
}

TEST_CASE("a tensor without all its fields, or with others, is refused") {
  const std::string part = "\"a\" must have a dtype, a shape and two data_offsets";
  check_refused(R"({"a":{"dtype":"U8","shape":[2]}})", 2, part);
  check_refused(R"({"a":{"dtype":"U8","data_offsets":[0,1]}})", 1, part);
  check_refused(R"({"a":{"shape":[1],"data_offsets":[0,1]}})", 1, part);
  check_refused(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"kind":"x"}})", 2, part);
  check_refused(R"({"a":{"dtype":["U8"],"shape":[2],"data_offsets":[0,2]}})", 2, part);
  check_refused(R"({"b":{"shape":[0],"data_offsets":[0,0],"dtype":"U8"},"a":"U8"})", 0, part);
  check_refused(one("U8", "[2]", "[0]"), 2, part);
  check_refused(one("U8", "[2]", "[0,2,2]"), 2, part);
  check_refused(one("U8", "[2]", "{}"), 2, part);
  for (const char* shape :
       {"2", "\"2\"", "null", "{\"2\":2}", "[\"2\"]", "[2.0]", "[-2]", "[[]]", "[null]", "[true]",
        "[9223372036854775808]", "[18446744073709551615]", "[184467440737095516160]"}) {
    CAPTURE(std::string(shape));
    check_refused(one("U8", shape, "[0,2]"), 2, part);
  }
  for (const char* end : {"\"2\"", "null", "2.0", "-2", "[]", "9223372036854775808"}) {
    CAPTURE(std::string(end));
    check_refused(one("U8", "[2]", "[0," + std::string(end) + "]"), 2, part);
  }
}

TEST_CASE("metadata are names and text") {
  const std::string part = "__metadata__ must map names to text: found";
  check_refused(R"({"__metadata__":{"a":1}})", 0, part);
  check_refused(R"({"__metadata__":{"shape":[1]}})", 0, part);
  check_refused(R"({"__metadata__":"text"})", 0, part);
  check_refused(R"({"__metadata__":["text"]})", 0, part);
  CHECK(parse_safetensors(file_bytes(R"({"__metadata__":{"a":"1"}})", 0), "x").metadata.at("a") ==
        "1");
}

TEST_CASE("deep nesting is refused and costs no stack") {
  std::string lists = "{\"a\":{\"shape\":", objects;
  for (int i = 0; i < 1000000; ++i) {
    lists += '[';
    objects += "{\"a\":";
  }
  check_refused(lists, 0, "found lists or objects within these");
  check_refused(objects, 0, "found lists or objects within these");
}

TEST_CASE("a name that occurs twice is refused, also when it is spelled differently") {
  const std::string tensor = R"({"dtype":"U8","shape":[1],"data_offsets":[0,1]})";
  check_refused("{\"a\":" + tensor + ",\"a\":" + tensor + "}", 1, "names \"a\" twice");
  check_refused("{\"a\":" + tensor + ",\"\\u0061\":" + tensor + "}", 1, "names \"a\" twice");
  check_refused(R"({"a":{"dtype":"U8","dtype":"U8"}})", 0, "names \"dtype\" twice");
  check_refused(R"({"__metadata__":{},"__metadata__":{}})", 0, "twice");
}

TEST_CASE("offsets that do not tile the data are refused") {
  const auto two = [](const std::string& first, const std::string& second) {
    return R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + first +
           R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + second + "}}";
  };
  CHECK(parse_safetensors(file_bytes(two("[0,4]", "[4,8]"), 8), "x").tensors.size() == 2);
  check_refused(two("[0,4]", "[3,7]"), 8,
                "\"b\" must begin where the one before ends, at 4: it "
                "overlaps and begins at 3");
  check_refused(two("[0,4]", "[0,4]"), 4, "it overlaps and begins at 0");
  check_refused(two("[0,4]", "[5,9]"), 9, "at 4: it leaves a gap and begins at 5");
  check_refused(two("[1,5]", "[5,9]"), 9, "\"a\" must begin where the one before ends, at 0");
  check_refused(two("[0,4]", "[8,4]"), 8, "its data_offsets are 8 and 4");
  check_refused(two("[0,4]", "[4,8]"), 7, "must lie within 7 bytes of data");
  check_refused(two("[0,4]", "[4,8]"), 9, "must end with its last tensor: 1 bytes follow");
  check_refused("{}", 1, "1 bytes follow");
  check_refused(one("U8", "[4]", "[9223372036854775803,9223372036854775807]"), 4,
                "must lie within");
}

TEST_CASE("dtype and shape must give the number of bytes, and not overflow") {
  check_refused(one("F32", "[2]", "[0,4]"), 4, "needs 8 bytes for F32 (2): data_offsets give 4");
  check_refused(one("F33", "[1]", "[0,4]"), 4, "\"a\" has the unknown dtype \"F33\"");
  check_refused(one("f32", "[1]", "[0,4]"), 4, "unknown dtype \"f32\"");
  check_refused(one("F4", "[3]", "[0,2]"), 2, "does not fill whole bytes: F4 (3)");
  // 2³² · 2³² · 4 bytes are 0 modulo 2⁶⁴; 2⁶² elements of 4 bytes as well.
  check_refused(one("F32", "[4294967296,4294967296]", "[0,0]"), 0, "impossible shape: F32 (42949");
  check_refused(one("F32", "[4611686018427387904]", "[0,0]"), 0, "impossible shape");
}

TEST_CASE("names in messages are escaped and cut, so that a file cannot play with the terminal") {
  check_refused(R"({"\u001b[2J":1})", 0, "\"?[2J\"");
  check_refused("{\"" + std::string(5000, 'n') + "\":1}", 0, std::string(80, 'n') + "...\"");
}

TEST_CASE("damaged files end in an error or in a file that can be written again") {
  const std::string good = format_safetensors(example());
  Random random = stream(1, "safetensors/damage");
  int accepted = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    // Change up to four bytes, mostly to ones that mean something in JSON; sometimes cut the end.
    const std::string meaningful = "{}[]\",:0123456789.-eE\\ \xff";
    std::string bytes = good;
    for (Index i = random.below(4); i >= 0; --i) {
      const auto letter =
          meaningful[static_cast<std::size_t>(random.below(static_cast<Index>(meaningful.size())))];
      bytes[static_cast<std::size_t>(random.below(static_cast<Index>(bytes.size())))] = letter;
    }
    if (random.chance(0.1)) {
      bytes.resize(static_cast<std::size_t>(random.below(static_cast<Index>(bytes.size()))));
    }
    try {
      const SafetensorsFile file = parse_safetensors(bytes, "damaged");
      ++accepted;
      const SafetensorsFile again = parse_safetensors(format_safetensors(file), "again");
      CHECK(again.tensors.size() == file.tensors.size());
    } catch (const Error&) {
      // as it should be
    }
  }
  CHECK(accepted > 100);    // damage to the data alone is no error of the format
  CHECK(accepted < 19000);  // and damage to the header mostly is
}

TEST_CASE("write_safetensors and read_safetensors go through a file") {
  const TemporaryFolder folder;
  const auto path = folder.path() / "model.safetensors";
  write_safetensors(path, example());
  CHECK(read_safetensors(path).at("small").bytes == "\1\2\3");
  CHECK(folder.file_names() == std::vector<std::string>{"model.safetensors"});

  CHECK_THROWS_WITH_AS(read_safetensors(folder.path() / "none"), doctest::Contains("it is missing"),
                       Error);
  CHECK_THROWS_WITH_AS(read_safetensors(folder.path()), doctest::Contains("cannot read"), Error);

  // What a write that was cut off used to leave, and what a bad file must not destroy.
  const std::string whole = file_text(path);
  write_atomically(folder.path() / "cut", whole.substr(0, whole.size() - 5));
  CHECK_THROWS_WITH_AS(read_safetensors(folder.path() / "cut"), doctest::Contains("cut off"),
                       Error);
  CHECK_THROWS_AS(write_safetensors(path, {{{"a", "F33", {1}, {}}}, {}}), Error);
  CHECK(file_text(path) == whole);
}

}  // namespace minitape
