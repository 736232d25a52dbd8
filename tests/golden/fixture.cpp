#include "fixture.hpp"

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

namespace minitape {
namespace {

// The value as T. nlohmann's own conversions would make numbers of `true` and cut 2.5 to 2.
template <class T>
T as(const nlohmann::json& value, bool is_right_kind, const char* kind, const std::string& where) {
  MINITAPE_CHECK(is_right_kind, "[golden] ", where, " must be ", kind, ": it is ",
                 value.dump().substr(0, 40));
  return value.get<T>();
}

std::filesystem::path fixture_folder() {
  if (const char* folder = std::getenv("MINITAPE_GOLDEN_DIR")) return folder;
  const char* source = std::getenv("MINITAPE_SOURCE_DIR");
  MINITAPE_CHECK(source != nullptr,
                 "[golden] where are the fixtures? Set MINITAPE_SOURCE_DIR to the source folder, "
                 "as ctest does, or MINITAPE_GOLDEN_DIR to the folder of the fixtures");
  return std::filesystem::path(source) / "tests" / "golden" / "fixtures";
}

}  // namespace

Record::Record(std::shared_ptr<const Json> object, std::string where)
    : object_(std::move(object)), where_(std::move(where)) {
  MINITAPE_CHECK(object_->is_object(), "[golden] ", where_, " must be an object");
}

Record Record::fixture(const std::string& name) {
  return file(fixture_folder() / (name + ".json"));
}

Record Record::file(const std::filesystem::path& path) {
  std::ifstream stream(path);
  MINITAPE_CHECK(stream.good(), "[golden] cannot open ", path.string(),
                 ": tests/golden/generate.py writes the fixtures");
  try {
    return {std::make_shared<const Json>(Json::parse(stream)), path.filename().string() + ":"};
  } catch (const nlohmann::json::exception& error) {
    throw Error(concat("[golden] ", path.string(), " is damaged: ", error.what()));
  }
}

const Record::Json& Record::at(const std::string& key) const {
  const auto found = object_->find(key);
  MINITAPE_CHECK(found != object_->end(), "[golden] ", where_, " has no \"", key, "\"");
  return *found;
}

// ---- Tensors ----

std::vector<double> Record::doubles(const std::string& key) const {
  const Record tensor = record(key);
  const Json& values = tensor.at("values");
  MINITAPE_CHECK(values.is_array(), "[golden] ", tensor.where_, " values must be a list");
  std::vector<double> result;
  for (const Json& value : values) {
    result.push_back(as<double>(value, value.is_number(), "a number", tensor.where_ + " values"));
  }
  return result;
}

Tensor Record::tensor(const std::string& key) const {
  const Record tensor = record(key);
  std::vector<Index> extents;
  for (const Json& extent : tensor.at("shape")) {
    extents.push_back(
        as<Index>(extent, extent.is_number_integer(), "a whole number", tensor.where_ + " shape"));
  }
  const Shape shape{std::span<const Index>(extents)};
  const std::vector<double> values = doubles(key);
  MINITAPE_CHECK(static_cast<Index>(values.size()) == shape.size(), "[golden] ", tensor.where_,
                 " has shape ", shape, " but ", values.size(), " values");
  Tensor result = Tensor::uninitialized(shape);
  for (Index i = 0; i < result.size(); ++i) {
    result[i] = static_cast<Real>(values[static_cast<std::size_t>(i)]);
  }
  return result;
}

Tensor Record::tensor(const std::string& key, const Shape& shape) const {
  Tensor result = tensor(key);
  MINITAPE_CHECK(result.shape() == shape, "[golden] ", where_, " ", key, " must have shape ", shape,
                 ": it has ", result.shape());
  return result;
}

// ---- Single values ----

std::vector<int> Record::labels(const std::string& key) const {
  std::vector<int> result;
  for (const Json& value : at(key)) {
    result.push_back(
        as<int>(value, value.is_number_integer(), "a whole number", where_ + " " + key));
  }
  return result;
}

double Record::number(const std::string& key) const {
  return as<double>(at(key), at(key).is_number(), "a number", where_ + " " + key);
}

Index Record::integer(const std::string& key) const {
  return as<Index>(at(key), at(key).is_number_integer(), "a whole number", where_ + " " + key);
}

bool Record::flag(const std::string& key) const {
  return as<bool>(at(key), at(key).is_boolean(), "true or false", where_ + " " + key);
}

std::string Record::text(const std::string& key) const {
  return as<std::string>(at(key), at(key).is_string(), "a text", where_ + " " + key);
}

bool Record::has(const std::string& key) const {
  return object_->contains(key) && !at(key).is_null();
}

std::vector<std::string> Record::keys() const {
  std::vector<std::string> result;
  for (const auto& item : object_->items()) result.push_back(item.key());
  return result;
}

// ---- What stands inside ----

Record Record::record(const std::string& key) const {
  // Shares the ownership of the whole file, points to a part of it.
  return {std::shared_ptr<const Json>(object_, &at(key)), where_ + " " + key};
}

std::vector<Record> Record::records(const std::string& key, std::size_t count) const {
  const Json& list = at(key);
  MINITAPE_CHECK(list.is_array() && list.size() == count, "[golden] ", where_, " ", key,
                 " must be a list of ", count, ": it has ", list.size(), " elements");
  std::vector<Record> result;
  for (std::size_t i = 0; i < count; ++i) {
    result.push_back(
        {std::shared_ptr<const Json>(object_, &list[i]), concat(where_, " ", key, "[", i, "]")});
  }
  return result;
}

}  // namespace minitape
