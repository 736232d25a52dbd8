#include "minitape/run/safetensors.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <limits>

#include "minitape/text/files.hpp"
#include "run/safetensors_header.hpp"

namespace minitape {
namespace {

static_assert(std::endian::native == std::endian::little, "the file's byte order is used as it is");

constexpr std::size_t kLengthBytes = 8;               // of the number in front of the header
constexpr std::uint64_t kMaxHeaderBytes = 100000000;  // the limit of the format's own library
constexpr const char* kRealType = sizeof(Real) == 4 ? "F32" : "F64";

// Bits of one element, 0 for an unknown dtype.
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

std::string shape_text(std::span<const Index> shape) {
  std::string text = "(";
  for (std::size_t axis = 0; axis < std::min<std::size_t>(shape.size(), 8); ++axis) {
    text += (axis > 0 ? ", " : "") + std::to_string(shape[axis]);
  }
  return text + (shape.size() > 8 ? ", ...)" : ")");
}

// Bytes that a tensor of this dtype and shape takes. `where` names tensor and file.
Index byte_count(const std::string& dtype, std::span<const Index> shape, const std::string& where) {
  constexpr Index kMax = std::numeric_limits<Index>::max();
  const Index bits = bits_of(dtype);
  MINITAPE_CHECK(bits > 0, "[safetensors] ", where, " has the unknown dtype ", printable(dtype));
  // Multiply, but ask before each factor whether the product still fits into an Index.
  Index total = bits;
  for (const Index extent : shape) {
    MINITAPE_CHECK(extent >= 0 && (extent == 0 || total <= kMax / extent), "[safetensors] ", where,
                   " has an impossible shape: ", dtype, " ", shape_text(shape));
    total *= extent;
  }
  MINITAPE_CHECK(total % 8 == 0, "[safetensors] ", where, " does not fill whole bytes: ", dtype,
                 " ", shape_text(shape));
  return total / 8;
}

// Checks that the tensors lie one behind the other, each as long as dtype and shape say, from the
// first byte of the data to the last. Expects them sorted by their offsets.
void check_offsets(std::span<const HeaderEntry> entries, Index data_bytes,
                   const std::string& where) {
  Index expected = 0;  // where the next tensor must begin
  for (const HeaderEntry& entry : entries) {
    const Index begin = entry.data_offsets[0], end = entry.data_offsets[1];
    const std::string name = where + ": tensor " + printable(entry.name);
    MINITAPE_CHECK(begin <= end && end <= data_bytes, "[safetensors] ", name, " must lie within ",
                   data_bytes, " bytes of data: its data_offsets are ", begin, " and ", end,
                   "; the file is damaged or cut off");
    const Index bytes = byte_count(entry.dtype, entry.shape, name);
    MINITAPE_CHECK(bytes == end - begin, "[safetensors] ", name, " needs ", bytes, " bytes for ",
                   entry.dtype, " ", shape_text(entry.shape), ": data_offsets give ", end - begin);
    MINITAPE_CHECK(begin == expected, "[safetensors] ", name, " must begin where the one before ",
                   "ends, at ", expected, ": it ", begin < expected ? "overlaps" : "leaves a gap",
                   " and begins at ", begin);
    expected = end;
  }
  MINITAPE_CHECK(expected == data_bytes, "[safetensors] ", where,
                 ": the file must end with its last tensor: ", data_bytes - expected,
                 " bytes follow");
}

template <class Number>
void copy_converted(const std::vector<std::uint8_t>& bytes, Tensor& tensor) {
  for (Index i = 0; i < tensor.size(); ++i) {
    Number number;
    std::memcpy(&number, bytes.data() + static_cast<std::size_t>(i) * sizeof number, sizeof number);
    tensor[i] = static_cast<Real>(number);
  }
}

template <class Number>
SavedTensor save_list(const std::string& name, const char* dtype, std::span<const Number> values) {
  SavedTensor saved{name, dtype, {static_cast<Index>(values.size())}, {}};
  const auto* const first = reinterpret_cast<const std::uint8_t*>(values.data());
  saved.bytes.assign(first, first + values.size_bytes());
  return saved;
}

template <class Number>
std::vector<Number> load_list(const SavedTensor& saved, const char* dtype) {
  MINITAPE_CHECK(saved.dtype == dtype, "[safetensors] tensor ", printable(saved.name), " must be ",
                 dtype, ": the file holds ", printable(saved.dtype));
  std::vector<Number> values(saved.bytes.size() / sizeof(Number));
  if (!values.empty()) {
    std::memcpy(values.data(), saved.bytes.data(), values.size() * sizeof(Number));
  }
  return values;
}

}  // namespace

const SavedTensor* SafetensorsFile::find(const std::string& name) const {
  const auto found = std::find_if(tensors.begin(), tensors.end(),
                                  [&](const SavedTensor& tensor) { return tensor.name == name; });
  return found == tensors.end() ? nullptr : &*found;
}

const SavedTensor& SafetensorsFile::at(const std::string& name) const {
  const SavedTensor* const tensor = find(name);
  MINITAPE_CHECK(tensor != nullptr, "[safetensors] there is no tensor ", printable(name),
                 " in this file, which holds ", tensors.size(), " others");
  return *tensor;
}

SavedTensor save_tensor(const std::string& name, const Tensor& tensor) {
  MINITAPE_CHECK(!tensor.empty(), "[safetensors] tensor ", printable(name), " was never set");
  SavedTensor saved{name, kRealType, {}, {}};
  for (int axis = 0; axis < tensor.shape().rank(); ++axis) {
    saved.shape.push_back(tensor.shape()[axis]);
  }
  const auto* const first = reinterpret_cast<const std::uint8_t*>(tensor.data());
  saved.bytes.assign(first, first + tensor.values().size_bytes());
  return saved;
}

Tensor load_tensor(const SavedTensor& saved, const Shape& shape) {
  const std::string name = "tensor " + printable(saved.name);
  MINITAPE_CHECK(saved.dtype == "F32" || saved.dtype == "F64", "[safetensors] ", name,
                 " must be F32 or F64: the file holds ", printable(saved.dtype));
  MINITAPE_CHECK(saved.shape.size() <= Shape::kMaxRank && Shape(saved.shape) == shape,
                 "[safetensors] ", name, " must have shape ", shape, ": the file holds ",
                 shape_text(saved.shape));
  MINITAPE_CHECK(
      static_cast<Index>(saved.bytes.size()) == byte_count(saved.dtype, saved.shape, name),
      "[safetensors] ", name, " of shape ", shape, " has ", saved.bytes.size(), " bytes");
  Tensor tensor = Tensor::uninitialized(shape);
  if (saved.dtype == "F32") {
    copy_converted<float>(saved.bytes, tensor);
  } else {
    copy_converted<double>(saved.bytes, tensor);
  }
  return tensor;
}

SavedTensor save_integers(const std::string& name, std::span<const std::int64_t> values) {
  return save_list(name, "I64", values);
}

std::vector<std::int64_t> load_integers(const SavedTensor& saved) {
  return load_list<std::int64_t>(saved, "I64");
}

SavedTensor save_doubles(const std::string& name, std::span<const double> values) {
  return save_list(name, "F64", values);
}

std::vector<double> load_doubles(const SavedTensor& saved) {
  return load_list<double>(saved, "F64");
}

std::vector<std::uint8_t> format_safetensors(const SafetensorsFile& file) {
  // Decide on the order, wider dtypes first.
  std::vector<const SavedTensor*> order;
  for (const SavedTensor& tensor : file.tensors) order.push_back(&tensor);
  std::stable_sort(order.begin(), order.end(), [](const SavedTensor* a, const SavedTensor* b) {
    return bits_of(a->dtype) > bits_of(b->dtype);
  });

  // Lay the tensors out one behind the other.
  SafetensorsHeader header{{}, file.metadata};
  Index end = 0;
  for (const SavedTensor* tensor : order) {
    const std::string name = "tensor " + printable(tensor->name);
    const Index bytes = byte_count(tensor->dtype, tensor->shape, name);
    MINITAPE_CHECK(bytes == static_cast<Index>(tensor->bytes.size()), "[safetensors] ", name,
                   " needs ", bytes, " bytes for ", tensor->dtype, " ", shape_text(tensor->shape),
                   ": got ", tensor->bytes.size());
    header.entries.push_back({tensor->name, tensor->dtype, tensor->shape, {end, end + bytes}});
    end += bytes;
  }
  std::string text = format_safetensors_header(header);
  text.append((8 - text.size() % 8) % 8, ' ');

  // Put together length, header and data.
  const std::uint64_t length = text.size();
  std::vector<std::uint8_t> result(kLengthBytes);
  result.reserve(kLengthBytes + text.size() + static_cast<std::size_t>(end));
  std::memcpy(result.data(), &length, kLengthBytes);
  result.insert(result.end(), text.begin(), text.end());
  for (const SavedTensor* tensor : order) {
    result.insert(result.end(), tensor->bytes.begin(), tensor->bytes.end());
  }
  return result;
}

SafetensorsFile parse_safetensors(std::span<const std::uint8_t> bytes, const std::string& where) {
  // Read the length, which must leave room for what it promises.
  MINITAPE_CHECK(bytes.size() >= kLengthBytes, "[safetensors] ", where,
                 " is too short: a file has at least ", kLengthBytes, " bytes, this one has ",
                 bytes.size());
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  MINITAPE_CHECK(length >= 2 && length <= kMaxHeaderBytes && length <= bytes.size() - kLengthBytes,
                 "[safetensors] ", where, ": the header must have 2 to ", kMaxHeaderBytes,
                 " bytes and fit into the file's ", bytes.size(), ": its length is given as ",
                 length, "; the file is damaged, cut off or of another kind");

  // Read the header. The data may lie in another order than the names in it.
  const auto text = bytes.subspan(kLengthBytes, static_cast<std::size_t>(length));
  const auto data = bytes.subspan(kLengthBytes + static_cast<std::size_t>(length));
  SafetensorsHeader header =
      parse_safetensors_header({reinterpret_cast<const char*>(text.data()), text.size()}, where);
  std::sort(
      header.entries.begin(), header.entries.end(),
      [](const HeaderEntry& a, const HeaderEntry& b) { return a.data_offsets < b.data_offsets; });
  check_offsets(header.entries, static_cast<Index>(data.size()), where);

  // Copy what is now known to be there.
  SafetensorsFile file{{}, std::move(header.metadata)};
  for (HeaderEntry& entry : header.entries) {
    const auto own =
        data.subspan(static_cast<std::size_t>(entry.data_offsets[0]),
                     static_cast<std::size_t>(entry.data_offsets[1] - entry.data_offsets[0]));
    file.tensors.push_back({std::move(entry.name),
                            std::move(entry.dtype),
                            std::move(entry.shape),
                            {own.begin(), own.end()}});
  }
  return file;
}

void write_safetensors(const std::filesystem::path& path, const SafetensorsFile& file) {
  const std::vector<std::uint8_t> bytes = format_safetensors(file);
  write_atomically(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

SafetensorsFile read_safetensors(const std::filesystem::path& path) {
  const bool missing = !std::filesystem::exists(std::filesystem::status(path));
  MINITAPE_CHECK(!missing, "[safetensors] ", path, " must be a file: it is missing");
  const std::optional<std::string> bytes = file_contents(path);
  if (!bytes) {
    throw Error(concat("[safetensors] cannot read ", path, ": ", std::strerror(errno)),
                Fault::run_failed);
  }
  return parse_safetensors({reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size()},
                           path.string());
}

}  // namespace minitape
