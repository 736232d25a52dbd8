#include "minitape/run/safetensors.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "minitape/text/files.hpp"

namespace minitape {
namespace {

using nlohmann::json;

constexpr std::size_t kLengthBytes = 8;               // of the number in front of the header
constexpr std::uint64_t kMaxHeaderBytes = 100000000;  // the limit of the format's own library
constexpr const char* kMetadata = "__metadata__";

// ---- The header ----

// The JSON of a header: a tree of three levels, in which no name occurs twice. The tree itself no
// longer shows the second one, so the parser is watched.
json parse_header(std::string_view text, const std::string& where) {
  MINITAPE_CHECK(text.starts_with('{'), "[safetensors] ", where,
                 ": the header must begin with '{': the file is damaged or of another kind");
  // The JSON library takes a zero byte for the end of the text and would overlook what follows.
  MINITAPE_CHECK(text.find('\0') == text.npos, "[safetensors] ", where,
                 ": the header must be valid JSON: it contains a zero byte");
  std::map<int, std::set<std::string>> names;  // at each depth, of the object that is open there
  const auto watch = [&](int depth, json::parse_event_t event, const json& parsed) {
    MINITAPE_CHECK(depth <= 3, "[safetensors] ", where, ": the header must map names to dtype, ",
                   "shape and data_offsets: found lists or objects within these");
    if (event == json::parse_event_t::object_start) names[depth + 1].clear();
    if (event == json::parse_event_t::key) {
      MINITAPE_CHECK(names[depth].insert(parsed).second, "[safetensors] ", where,
                     ": the header names ", printable(parsed), " twice");
    }
    return true;
  };
  json header = json::parse(text, watch, /*allow_exceptions=*/false);
  MINITAPE_CHECK(!header.is_discarded(), "[safetensors] ", where,
                 ": the header must be valid JSON; the file is damaged or of another kind");
  return header;
}

// Whether this is a list of whole numbers >= 0 that an Index can hold.
bool is_list_of_counts(const json& list) {
  const auto is_count = [](const json& number) {
    return number.is_number_unsigned() && number.get<Index>() >= 0;  // a too large one wraps round
  };
  return list.is_array() && std::all_of(list.begin(), list.end(), is_count);
}

// What the header says about one tensor. Nothing in it has been compared with the data yet.
struct Entry {
  SavedTensor tensor;  // still without its bytes
  Index begin = 0, end = 0;
};

Entry read_entry(const std::string& name, const json& value, const std::string& where) {
  const auto field = [&value](const char* key) { return value.value(key, json()); };
  MINITAPE_CHECK(value.is_object() && value.size() == 3 && field("dtype").is_string() &&
                     is_list_of_counts(field("shape")) &&
                     is_list_of_counts(field("data_offsets")) && value["data_offsets"].size() == 2,
                 "[safetensors] ", where, ": tensor ", printable(name),
                 " must have a dtype, a shape and two data_offsets, whole numbers >= 0: found ",
                 printable(value.dump()));
  return {{name, value["dtype"], value["shape"], {}},
          value["data_offsets"][0],
          value["data_offsets"][1]};
}

std::map<std::string, std::string> read_metadata(const json& value, const std::string& where) {
  const auto is_string = [](const json& text) { return text.is_string(); };
  MINITAPE_CHECK(value.is_object() && std::all_of(value.begin(), value.end(), is_string),
                 "[safetensors] ", where, ": ", kMetadata, " must map names to text: found ",
                 printable(value.dump()));
  return value;
}

// Checks that a tensor begins where the one before ended and is as long as dtype and shape say.
void check_place(const Entry& entry, Index expected, Index data_bytes, const std::string& where) {
  const auto& [tensor, begin, end] = entry;
  const std::string name = where + ": tensor " + printable(tensor.name);
  MINITAPE_CHECK(begin <= end && end <= data_bytes, "[safetensors] ", name, " must lie within ",
                 data_bytes, " bytes of data: its data_offsets are ", begin, " and ", end,
                 "; the file is damaged or cut off");
  const Index bytes = byte_count(tensor, name);
  MINITAPE_CHECK(bytes == end - begin, "[safetensors] ", name, " needs ", bytes, " bytes for ",
                 form_of(tensor), ": data_offsets give ", end - begin);
  MINITAPE_CHECK(begin == expected, "[safetensors] ", name, " must begin where the one before ",
                 "ends, at ", expected, ": it ", begin < expected ? "overlaps" : "leaves a gap",
                 " and begins at ", begin);
}

}  // namespace

const SavedTensor& SafetensorsFile::at(const std::string& name) const {
  const auto found = std::ranges::find(tensors, name, &SavedTensor::name);
  MINITAPE_CHECK(found != tensors.end(), "[safetensors] there is no tensor ", printable(name),
                 " in this file, which holds ", tensors.size(), " others");
  return *found;
}

// ---- Writing ----

std::string format_safetensors(const SafetensorsFile& file) {
  // Decide on the order, wider dtypes first.
  std::vector<const SavedTensor*> order;
  for (const SavedTensor& tensor : file.tensors) order.push_back(&tensor);
  std::ranges::stable_sort(order, std::ranges::greater{},
                           [](const SavedTensor* tensor) { return bits_of(tensor->dtype); });

  // Lay the tensors out one after the other. The header lists them as their bytes lie.
  nlohmann::ordered_json header = nlohmann::ordered_json::object();
  if (!file.metadata.empty()) header[kMetadata] = file.metadata;
  std::string data;
  for (const SavedTensor* tensor : order) {
    const std::string name = "tensor " + printable(tensor->name);
    MINITAPE_CHECK(tensor->name != kMetadata && !header.contains(tensor->name),
                   "[safetensors] tensors must have different names, none of them \"", kMetadata,
                   "\": got ", printable(tensor->name), " again");
    const Index bytes = byte_count(*tensor, name);
    MINITAPE_CHECK(bytes == std::ssize(tensor->bytes), "[safetensors] ", name, " needs ", bytes,
                   " bytes for ", form_of(*tensor), ": got ", tensor->bytes.size());
    const Index begin = std::ssize(data);
    header[tensor->name] = {{"dtype", tensor->dtype},
                            {"shape", tensor->shape},
                            {"data_offsets", {begin, begin + bytes}}};
    data += tensor->bytes;
  }

  // Put together length, header and data.
  std::string text;
  try {
    text = header.dump();
  } catch (const json::exception&) {
    throw Error("[safetensors] names and metadata must be UTF-8 text");
  }
  text.append((8 - text.size() % 8) % 8, ' ');
  const std::uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), kLengthBytes) + text + data;
}

void write_safetensors(const std::filesystem::path& path, const SafetensorsFile& file) {
  write_atomically(path, format_safetensors(file));
}

// ---- Reading ----

SafetensorsFile parse_safetensors(std::string_view bytes, const std::string& where) {
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

  // Read the header.
  SafetensorsFile file;
  std::vector<Entry> entries;
  const json header = parse_header(bytes.substr(kLengthBytes, length), where);
  for (const auto& [name, value] : header.items()) {
    if (name == kMetadata) {
      file.metadata = read_metadata(value, where);
    } else {
      entries.push_back(read_entry(name, value, where));
    }
  }

  // Take each tensor's bytes, in the order in which they lie, from the first to the last.
  const std::string_view data = bytes.substr(kLengthBytes + length);
  std::ranges::sort(entries, {}, [](const Entry& e) { return std::pair(e.begin, e.end); });
  Index expected = 0;  // where the next tensor must begin
  for (Entry& entry : entries) {
    check_place(entry, expected, std::ssize(data), where);
    expected = entry.end;
    entry.tensor.bytes = data.substr(static_cast<std::size_t>(entry.begin),
                                     static_cast<std::size_t>(entry.end - entry.begin));
    file.tensors.push_back(std::move(entry.tensor));
  }
  MINITAPE_CHECK(expected == std::ssize(data), "[safetensors] ", where,
                 ": the file must end with its last tensor: ", std::ssize(data) - expected,
                 " bytes follow");
  return file;
}

SafetensorsFile read_safetensors(const std::filesystem::path& path) {
  const bool missing = !std::filesystem::exists(std::filesystem::status(path));
  MINITAPE_CHECK(!missing, "[safetensors] ", path, " must be a file: it is missing");
  const std::optional<std::string> bytes = file_contents(path);
  if (!bytes) {
    throw Error(concat("[safetensors] cannot read ", path, ": ", std::strerror(errno)),
                Fault::run_failed);
  }
  return parse_safetensors(*bytes, path.string());
}

}  // namespace minitape
