// From files and `--set` assignments to a Config: text, parsed as TOML, then read key by key.
#include <algorithm>

#include "config/config_read.hpp"
#include "config/config_values.hpp"
#include "minitape/text/files.hpp"

namespace minitape {
namespace {

constexpr std::size_t kMaxBytes = 1 << 20;  // of a config: who gives more gave another file
constexpr std::ptrdiff_t kMaxDots = 5000;   // see parse_toml

toml::table parse_toml(std::string_view text, const Source& source) {
  MINITAPE_CHECK(text.size() <= kMaxBytes, "[config] ", source.name,
                 ": a config must have at most ", kMaxBytes,
                 " bytes: found more, so this may be another file");
  // The parser limits how deep values nest, but not how deep keys do: a.a.a.a = 1. It would run out
  // of stack at some ten thousand levels, and each level takes a dot.
  const auto dots = std::count(text.begin(), text.end(), '.');
  MINITAPE_CHECK(dots <= kMaxDots, "[config] ", source.name, ": a config must have at most ",
                 kMaxDots, " dots: found ", dots);
  try {
    return toml::parse(text, std::string_view(source.name));
  } catch (const toml::parse_error& error) {
    throw Error(
        concat("[config] ", source.at(error.source()), ": must be TOML: ", error.description()));
  }
}

/// The value of an assignment as TOML: as it is if it can be parsed, else as a quoted bare word.
toml::table parse_assignment(const std::string& key, const std::string& value,
                             const Source& source) {
  const bool bare_word = !value.empty() && std::string("\"'[{").find(value[0]) == std::string::npos;
  try {
    return parse_toml(key + " = " + value, source);
  } catch (const Error&) {
    if (!bare_word) throw;
    return parse_toml(key + " = " + toml_text(value), source);
  }
}

void assign(const std::string& assignment, Config& config) {
  const std::size_t equals = assignment.find('=');
  const std::string key = assignment.substr(0, equals);
  const bool is_key = std::all_of(key.begin(), key.end(), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '_' || letter == '-' || letter == '.';
  });
  MINITAPE_CHECK(
      equals != std::string::npos && is_key && assignment.find('\n') == std::string::npos,
      "[config] --set must be one line key=value, such as train.epochs=3: found ",
      toml_text(assignment));
  const Source source{"--set " + key + "=…", false};
  read_table(source, parse_assignment(key, assignment.substr(equals + 1), source), config);
}

// Checks that need more than one key.
void check_together(const DataConfig& data, const std::string& source_name) {
  const bool has_input = data.input != Shape{};
  MINITAPE_CHECK((data.name == "none") == has_input, "[config] ", source_name,
                 ": data.input must be given if data.name is \"none\", and else be []: found "
                 "data.name = ",
                 toml_text(data.name), " with data.input = ", toml_text(data.input));
  MINITAPE_CHECK(data.channels != 2, "[config] ", source_name,
                 ": data.channels must be 1 (grey) or 3 (colour): found 2");
}

}  // namespace

Config parse_config(std::string_view toml, const std::string& source_name,
                    const std::vector<std::string>& assignments) {
  Config config;
  const Source source{source_name, true};
  read_table(source, parse_toml(toml, source), config);
  for (const std::string& assignment : assignments) assign(assignment, config);
  check_together(config.data, source_name);
  return config;
}

Config read_config(const std::filesystem::path& file, const std::vector<std::string>& assignments) {
  // Read one byte more than a config may have, so that the parser sees that it is too long.
  const std::optional<std::string> text = file_contents(file, kMaxBytes + 1);
  std::error_code ignored;
  MINITAPE_CHECK(text, "[config] ", file.string(), " must be a TOML file that can be read: found ",
                 std::filesystem::is_directory(file, ignored) ? "a folder"
                 : std::filesystem::exists(file, ignored)     ? "one that this user cannot read"
                                                              : "no such file",
                 "; examples are in apps/configs");
  return parse_config(*text, file.string(), assignments);
}

}  // namespace minitape
