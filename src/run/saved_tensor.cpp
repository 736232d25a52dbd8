#include "minitape/run/saved_tensor.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <map>

#include "minitape/text/terminal_text.hpp"

namespace minitape {
namespace {

static_assert(std::endian::native == std::endian::little, "the file's byte order is used as it is");

template <class Number>
void copy_converted(const std::string& bytes, Tensor& tensor) {
  for (Index i = 0; i < tensor.size(); ++i) {
    Number number;
    std::memcpy(&number, bytes.data() + static_cast<std::size_t>(i) * sizeof number, sizeof number);
    tensor[i] = static_cast<Real>(number);
  }
}

template <class Number>
SavedTensor save_one(const std::string& name, const char* dtype, Number value) {
  return {name, dtype, {1}, {reinterpret_cast<const char*>(&value), sizeof value}};
}

template <class Number>
Number load_one(const SavedTensor& saved, const char* dtype) {
  Number value;
  MINITAPE_CHECK(saved.dtype == dtype && saved.shape == std::vector<Index>{1} &&
                     saved.bytes.size() == sizeof value,
                 "[safetensors] tensor ", printable(saved.name), " must be one number, ", dtype,
                 " (1): the file holds ", form_of(saved));
  std::memcpy(&value, saved.bytes.data(), sizeof value);
  return value;
}

}  // namespace

SavedTensor save_tensor(const std::string& name, const Tensor& tensor) {
  MINITAPE_CHECK(!tensor.empty(), "[safetensors] tensor ", printable(name), " was never set");
  SavedTensor saved{name, sizeof(Real) == sizeof(float) ? "F32" : "F64", {}, {}};
  for (int axis = 0; axis < tensor.shape().rank(); ++axis) {
    saved.shape.push_back(tensor.shape()[axis]);
  }
  saved.bytes.assign(reinterpret_cast<const char*>(tensor.data()), tensor.values().size_bytes());
  return saved;
}

Tensor load_tensor(const SavedTensor& saved, const Shape& shape) {
  const std::string name = "tensor " + printable(saved.name);
  MINITAPE_CHECK(saved.dtype == "F32" || saved.dtype == "F64", "[safetensors] ", name,
                 " must be F32 or F64: the file holds ", form_of(saved));
  MINITAPE_CHECK(saved.shape.size() <= Shape::kMaxRank && Shape(saved.shape) == shape,
                 "[safetensors] ", name, " must have shape ", shape, ": the file holds ",
                 form_of(saved));
  MINITAPE_CHECK(std::ssize(saved.bytes) == byte_count(saved, name), "[safetensors] ", name,
                 " of shape ", shape, " has ", saved.bytes.size(), " bytes");
  Tensor tensor = Tensor::uninitialized(shape);
  if (saved.dtype == "F32") {
    copy_converted<float>(saved.bytes, tensor);
  } else {
    copy_converted<double>(saved.bytes, tensor);
  }
  return tensor;
}

SavedTensor save_count(const std::string& name, Index value) {
  return save_one(name, "I64", value);
}

Index load_count(const SavedTensor& saved) {
  const auto count = load_one<Index>(saved, "I64");
  MINITAPE_CHECK(count >= 0, "[safetensors] ", printable(saved.name),
                 " must not be negative: the file has ", count);
  return count;
}

SavedTensor save_number(const std::string& name, double value) {
  return save_one(name, "F64", value);
}

double load_number(const SavedTensor& saved) { return load_one<double>(saved, "F64"); }

Index bits_of(const std::string& dtype) {
  static const std::map<std::string, Index> kBits = {
      {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"BOOL", 8},        {"U8", 8},
      {"I8", 8},      {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E5M2FNUZ", 8}, {"F8_E4M3FNUZ", 8},
      {"F8_E8M0", 8}, {"I16", 16},    {"U16", 16},    {"F16", 16},        {"BF16", 16},
      {"I32", 32},    {"U32", 32},    {"F32", 32},    {"C64", 64},        {"F64", 64},
      {"I64", 64},    {"U64", 64}};
  const auto found = kBits.find(dtype);
  return found == kBits.end() ? 0 : found->second;
}

Index byte_count(const SavedTensor& tensor, const std::string& who) {
  constexpr Index kMax = std::numeric_limits<Index>::max();
  Index bits = bits_of(tensor.dtype);
  MINITAPE_CHECK(bits > 0, "[safetensors] ", who, " has the unknown dtype ",
                 printable(tensor.dtype));
  // Ask before each factor whether the product still fits into an Index.
  for (const Index extent : tensor.shape) {
    MINITAPE_CHECK(extent >= 0 && (extent == 0 || bits <= kMax / extent), "[safetensors] ", who,
                   " has an impossible shape: ", form_of(tensor));
    bits *= extent;
  }
  MINITAPE_CHECK(bits % 8 == 0, "[safetensors] ", who,
                 " does not fill whole bytes: ", form_of(tensor));
  return bits / 8;
}

std::string form_of(const SavedTensor& tensor) {
  constexpr std::size_t kShown = 8;  // extents; a stranger's file may have millions
  std::string text;
  for (std::size_t axis = 0; axis < std::min(tensor.shape.size(), kShown); ++axis) {
    text += (axis > 0 ? ", " : "") + std::to_string(tensor.shape[axis]);
  }
  return concat(tensor.dtype, " (", text, tensor.shape.size() > kShown ? ", ...)" : ")");
}

std::string printable(const std::string& text) {
  constexpr std::size_t kLongest = 80;
  return '"' + terminal_text(text.substr(0, kLongest)) + (text.size() > kLongest ? "...\"" : "\"");
}

}  // namespace minitape
