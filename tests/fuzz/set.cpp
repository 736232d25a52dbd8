// What is written on the command line: each line of the input is one --set, and one --vary.
#include <sstream>

#include "fuzz.hpp"
#include "minitape/compare/variants.hpp"

using namespace minitape;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::istringstream lines(text_of(data, size));
  std::vector<std::string> assignments;
  for (std::string line; std::getline(lines, line) && assignments.size() < 20;) {
    assignments.push_back(line);
    succeeds([&] {
      const Variation variation = parse_variation(line);
      expect(variation.values.size() >= 2, "there are values to compare");
    });
  }
  Config config, again;
  if (!succeeds([&] { config = parse_config("", "file.toml", assignments); })) return 0;
  expect(succeeds([&] { again = parse_config(to_toml(config), "again.toml"); }),
         "what is written can be read");
  expect(again == config, "a config survives writing and reading");
  return 0;
}
