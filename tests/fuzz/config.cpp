// Config files.
#include "minitape/config/config.hpp"
#include "fuzz.hpp"

using namespace minitape;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Config config, again;
  if (!succeeds([&] { config = parse_config(text_of(data, size), "file.toml"); })) return 0;
  expect(succeeds([&] { again = parse_config(to_toml(config), "again.toml"); }),
         "what is written can be read");
  expect(again == config, "a config survives writing and reading");
  expect(differing_keys(again, config).empty(), "equal configs differ in no key");
  return 0;
}
