// Writes the images and labels of a config's data set to a file, for compare_with_pytorch.py, which
// cannot draw the digits and shapes that the library draws in code:
//
//   export_data CONFIG OUT.safetensors
//
//   train_images  U8 [N, H, W, C]   bytes before standardization, in the data set's order
//   train_labels  U8 [N]
//   test_images, test_labels        the same for the test set
//
// Exit codes: 0 done, 1 the file cannot be written, 2 bad input.
#include <iostream>
#include <string>
#include <vector>

#include "minitape/config/build.hpp"
#include "minitape/run/safetensors.hpp"

using namespace minitape;

namespace {

void append(const std::string& split, const Dataset& dataset, SafetensorsFile& file) {
  const Shape& image = dataset.image_shape;  // (H, W, C)
  const Index n = dataset.size();
  const auto bytes = [](const auto& values) { return std::string(values.begin(), values.end()); };
  file.tensors.push_back(
      {split + "_images", "U8", {n, image[0], image[1], image[2]}, bytes(dataset.pixels)});
  file.tensors.push_back({split + "_labels", "U8", {n}, bytes(dataset.labels)});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: export_data CONFIG OUT.safetensors\n";
    return 2;
  }
  try {
    const TrainTest data = load_data(build_source(read_config(argv[1])));
    SafetensorsFile file;
    append("train", data.train, file);
    append("test", data.test, file);
    write_safetensors(argv[2], file);
  } catch (const Error& error) {
    std::cerr << error.what() << "\n";
    return error.fault() == Fault::bad_input ? 2 : 1;
  }
  return 0;
}
