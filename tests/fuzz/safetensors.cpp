// Saved weights and checkpoints. The first byte chooses how the rest becomes a file: as it is, or
// with the length in front that makes everything up to the first newline the header, so that
// headers are always found.
#include <algorithm>
#include <cstdint>

#include "fuzz.hpp"
#include "minitape/nn/batch_norm.hpp"
#include "minitape/nn/dense.hpp"
#include "minitape/run/model_file.hpp"

using namespace minitape;

namespace {

std::string make_file(const std::string& input) {
  const std::string rest = input.substr(1);
  if (input[0] % 2 == 0) return rest;
  const std::size_t newline = std::min(rest.find('\n'), rest.size());
  const std::uint64_t length = newline;
  const std::string data = newline < rest.size() ? rest.substr(newline + 1) : "";
  return std::string(reinterpret_cast<const char*>(&length), 8) + rest.substr(0, newline) + data;
}

bool same(const SafetensorsFile& a, const SafetensorsFile& b) {
  if (a.metadata != b.metadata || a.tensors.size() != b.tensors.size()) return false;
  for (const SavedTensor& tensor : a.tensors) {
    const SavedTensor& other = b.at(tensor.name);
    if (other.dtype != tensor.dtype || other.shape != tensor.shape || other.bytes != tensor.bytes) {
      return false;
    }
  }
  return true;
}

// The file may or may not be this model's, or a checkpoint of its training.
void load_into_model(const SafetensorsFile& file) {
  Sequential model;
  model.add<Dense>(1, 1);
  model.add<BatchNorm>(1);
  model.initialize(1);
  Sgd sgd(model.state().parameters, {.momentum = 0.9});
  const auto state = [&] { return format_safetensors(save_checkpoint({}, model, sgd)); };

  const std::string before = state();
  if (!succeeds([&] { load_checkpoint(file, model, sgd); })) {
    expect(state() == before, "a checkpoint that is refused changes nothing");
  }
  const std::string between = state();
  if (succeeds([&] { load_model(model, file); })) {
    const Tensor variance = load_tensor(file.at("1.batch_norm.running_variance"), {1});
    expect(variance[0] >= 0, "a running variance is not negative");
  } else {
    expect(state() == between, "a model that is refused changes nothing");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string bytes = make_file(text_of(data, size));
  SafetensorsFile file;
  if (!succeeds([&] { file = parse_safetensors(bytes, "file"); })) return 0;

  // What was read can be written, and then reads the same.
  const std::string again = format_safetensors(file);
  expect(same(parse_safetensors(again, "file"), file), "a file survives writing and reading");

  succeeds([&] { load_data_facts(file); });
  load_into_model(file);
  return 0;
}
