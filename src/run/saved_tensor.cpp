// One tensor of a safetensors file: values become bytes, and bytes values.
#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <type_traits>

#include "minitape/run/safetensors.hpp"
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
constexpr const char* kDtype = std::is_same_v<Number, Index> ? "I64" : "F64";

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
  (saved.dtype == "F32" ? copy_converted<float> : copy_converted<double>)(saved.bytes, tensor);
  return tensor;
}

template <class Number>
SavedTensor save_number(const std::string& name, Number value) {
  return {name, kDtype<Number>, {1}, {reinterpret_cast<const char*>(&value), sizeof value}};
}

template <class Number>
Number load_number(const SavedTensor& saved) {
  Number value;
  MINITAPE_CHECK(saved.dtype == kDtype<Number> && saved.shape == std::vector<Index>{1} &&
                     saved.bytes.size() == sizeof value,
                 "[safetensors] tensor ", printable(saved.name), " must be one number, ",
                 kDtype<Number>, " (1): the file holds ", form_of(saved));
  std::memcpy(&value, saved.bytes.data(), sizeof value);
  MINITAPE_CHECK(std::is_floating_point_v<Number> || value >= 0, "[safetensors] ",
                 printable(saved.name), " must not be negative: the file has ", value);
  return value;
}

template SavedTensor save_number(const std::string&, Index);
template SavedTensor save_number(const std::string&, double);
template Index load_number(const SavedTensor&);
template double load_number(const SavedTensor&);

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
  Index bits = bits_of(tensor.dtype);
  MINITAPE_CHECK(bits > 0, "[safetensors] ", who, " has the unknown dtype ",
                 printable(tensor.dtype));
  for (const Index extent : tensor.shape) {
    MINITAPE_CHECK(extent >= 0 && !__builtin_mul_overflow(bits, extent, &bits), "[safetensors] ",
                   who, " has an impossible shape: ", form_of(tensor));
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
