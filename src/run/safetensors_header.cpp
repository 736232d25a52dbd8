// The header is read event by event ("a key", "a number", …), without building a tree of it first:
// a stranger's file then cannot make us nest deeply, keep much, or overlook that a name occurs
// twice. At each point exactly one kind of event makes sense and the rest are errors:
//
//   depth 0   nothing is open yet
//   depth 1   the file's object: the keys are tensor names, or "__metadata__"
//   depth 2   a tensor's object (dtype, shape, data_offsets) or the metadata
//   list_     an array of numbers is open: a shape or data_offsets
#include "run/safetensors_header.hpp"

#include <nlohmann/json.hpp>
#include <set>

namespace minitape {
namespace {

using nlohmann::json;

constexpr const char* kMetadata = "__metadata__";

class HeaderReader : public nlohmann::json_sax<json> {
 public:
  explicit HeaderReader(const std::string& where) : where_(where) {}
  SafetensorsHeader take() { return std::move(header_); }

  bool start_object(std::size_t) override {
    if (depth_ == 2) unexpected("an object");
    if (++depth_ == 2) {
      fields_.clear();
      entry_ = {};
      entry_.name = name_;
    }
    return true;
  }

  bool key(string_t& text) override {
    const bool is_new = (depth_ == 1 ? names_ : fields_).insert(text).second;
    MINITAPE_CHECK(is_new, "[safetensors] ", where_, ": the header names ", printable(text),
                   " twice");
    (depth_ == 1 ? name_ : field_) = text;
    return true;
  }

  bool end_object() override {
    if (--depth_ == 1 && name_ != kMetadata) {
      MINITAPE_CHECK(fields_.size() == 3 && entry_.data_offsets.size() == 2, "[safetensors] ",
                     where_, ": tensor ", printable(name_),
                     " must have a dtype, a shape and two data_offsets");
      header_.entries.push_back(std::move(entry_));
    }
    return true;
  }

  bool start_array(std::size_t) override {
    const bool in_tensor = depth_ == 2 && name_ != kMetadata && list_ == nullptr;
    if (in_tensor && field_ == "shape") {
      list_ = &entry_.shape;
    } else if (in_tensor && field_ == "data_offsets") {
      list_ = &entry_.data_offsets;
    } else {
      unexpected("a list");
    }
    return true;
  }

  bool end_array() override {
    list_ = nullptr;
    return true;
  }

  bool string(string_t& text) override {
    if (depth_ == 2 && name_ == kMetadata) {
      header_.metadata[field_] = text;
    } else if (depth_ == 2 && field_ == "dtype") {
      entry_.dtype = text;
    } else {
      unexpected("a string");
    }
    return true;
  }

  bool number_unsigned(number_unsigned_t number) override {
    if (list_ == nullptr || number > std::numeric_limits<Index>::max()) {
      unexpected("the number " + std::to_string(number));
    }
    list_->push_back(static_cast<Index>(number));
    return true;
  }

  bool number_integer(number_integer_t) override { return unexpected("a negative number"); }
  bool number_float(number_float_t, const string_t&) override { return unexpected("a fraction"); }
  bool boolean(bool) override { return unexpected("true or false"); }
  bool null() override { return unexpected("null"); }
  bool binary(binary_t&) override { return unexpected("binary data"); }

  bool parse_error(std::size_t position, const std::string&, const json::exception&) override {
    throw Error(concat("[safetensors] ", where_, ": the header must be valid JSON: byte ", position,
                       " of it is not; the file is damaged or of another kind"));
  }

 private:
  [[noreturn]] bool unexpected(const std::string& what) const {
    throw Error(concat("[safetensors] ", where_, ": the header must map names to dtype, shape and ",
                       "data_offsets: found ", what, " in ", printable(name_)));
  }

  const std::string& where_;
  SafetensorsHeader header_;
  int depth_ = 0;
  std::string name_, field_;              // the latest key at depth 1 and 2
  std::set<std::string> names_, fields_;  // all keys so far, of the file and of this object
  HeaderEntry entry_;                     // the tensor being read
  std::vector<Index>* list_ = nullptr;    // the array being read
};

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view text, const std::string& where) {
  MINITAPE_CHECK(text.starts_with('{'), "[safetensors] ", where,
                 ": the header must begin with '{': the file is damaged or of another kind");
  // The JSON library takes a zero byte for the end of the text and would overlook what follows.
  MINITAPE_CHECK(text.find('\0') == text.npos, "[safetensors] ", where,
                 ": the header must be valid JSON: it contains a zero byte");
  HeaderReader reader(where);
  json::sax_parse(text, &reader);
  return reader.take();
}

std::string format_safetensors_header(const SafetensorsHeader& header) {
  // Ordered, so that the text lists the tensors as their bytes lie.
  nlohmann::ordered_json text = nlohmann::ordered_json::object();
  if (!header.metadata.empty()) text[kMetadata] = header.metadata;
  for (const HeaderEntry& entry : header.entries) {
    MINITAPE_CHECK(entry.name != kMetadata && !text.contains(entry.name),
                   "[safetensors] tensors must have different names, none of them \"", kMetadata,
                   "\": got ", printable(entry.name), " again");
    text[entry.name] = {
        {"dtype", entry.dtype}, {"shape", entry.shape}, {"data_offsets", entry.data_offsets}};
  }
  try {
    return text.dump();
  } catch (const json::exception&) {
    throw Error("[safetensors] names and metadata must be UTF-8 text");
  }
}

std::string printable(const std::string& text) {
  constexpr std::size_t kLongest = 80;
  const std::string shown = text.size() <= kLongest ? text : text.substr(0, kLongest) + "...";
  return json(shown).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace minitape
