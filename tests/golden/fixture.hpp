// Golden fixtures: what generate.py has written, read back.
//
// A fixture is a JSON file. A tensor in it is {"shape": [2, 3], "values": [six numbers]}. Whatever
// is missing, cut off or of another kind or size than expected throws an Error that names the file
// and the place in it, so that a damaged fixture cannot make a test pass that compares nothing.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "minitape/core/tensor.hpp"

namespace minitape {

/// One JSON object of a fixture, and where it stands.
class Record {
 public:
  /// The whole fixture of that name, from $MINITAPE_GOLDEN_DIR or else the committed folder.
  static Record fixture(const std::string& name);
  static Record file(const std::filesystem::path& path);

  Tensor tensor(const std::string& key) const;
  /// The same, with the shape that it must have.
  Tensor tensor(const std::string& key, const Shape& shape) const;
  std::vector<double> doubles(const std::string& key) const;  // the values of a tensor, all digits
  std::vector<int> labels(const std::string& key) const;
  double number(const std::string& key) const;
  Index integer(const std::string& key) const;
  bool flag(const std::string& key) const;
  std::string text(const std::string& key) const;
  bool has(const std::string& key) const;  // it is there, and not null
  std::vector<std::string> keys() const;

  Record record(const std::string& key) const;
  /// A list of objects. Its length is given: a shorter list would compare less.
  std::vector<Record> records(const std::string& key, std::size_t count) const;

 private:
  using Json = nlohmann::json;
  Record(std::shared_ptr<const Json> object, std::string where);
  const Json& at(const std::string& key) const;

  std::shared_ptr<const Json> object_;
  std::string where_;  // "conv2d.json: cases[3]"
};

}  // namespace minitape
