// From files and `--set` assignments to a Config: text, parsed as TOML, then read key by key.
#include <algorithm>

#include "config/keys.hpp"
#include "minitape/core/check.hpp"
#include "minitape/text/files.hpp"

namespace minitape {
namespace {

constexpr std::size_t kMaxBytes = 1 << 20;  // a larger file is no config
constexpr std::ptrdiff_t kMaxDots = 5000;   // see parse_toml

toml::table parse_toml(std::string_view text, const std::string& source) {
  MINITAPE_CHECK(text.size() <= kMaxBytes, "[config] ", source, ": a config must have at most ",
                 kMaxBytes, " bytes: found more, so this may be another file");
  // The parser limits how deep values nest, but not how deep keys do: a.a.a.a = 1. Each level takes
  // a dot, and ten thousand of them would use up the stack.
  const auto dots = std::count(text.begin(), text.end(), '.');
  MINITAPE_CHECK(dots <= kMaxDots, "[config] ", source, ": a config must have at most ", kMaxDots,
                 " dots: found ", dots);
  try {
    return toml::parse(text, std::string_view(source));
  } catch (const toml::parse_error& error) {
    fail(error.source(), "must be TOML: ", error.description());
  }
}

// The value of an assignment as TOML: as it is if it can be parsed, else as a quoted bare word.
toml::table parse_assignment(const std::string& key, const std::string& value) {
  const std::string source = kSetPrefix + key + "=…";
  const bool bare_word = value.find_first_of("\"'[{") != 0 && !value.empty();
  try {
    return parse_toml(key + " = " + value, source);
  } catch (const Error&) {
    if (!bare_word) throw;
    return parse_toml(key + " = " + toml_text(value), source);
  }
}

void assign(const std::string& assignment, Config& config) {
  constexpr std::string_view kKeyLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";
  const std::size_t equals = assignment.find('=');
  const std::string key = assignment.substr(0, equals);
  MINITAPE_CHECK(equals != std::string::npos &&
                     key.find_first_not_of(kKeyLetters) == std::string::npos &&
                     assignment.find('\n') == std::string::npos,
                 "[config] --set must be one line key=value, such as train.epochs=3: found ",
                 toml_text(assignment));
  read_keys(parse_assignment(key, assignment.substr(equals + 1)), config);
}

// Checks that need more than one key.
void check_together(const DataConfig& data, const std::string& source) {
  const bool has_input = data.input != Shape{};
  MINITAPE_CHECK((data.name == "none") == has_input, "[config] ", source,
                 ": data.input must be given if data.name is \"none\", and else be []: found "
                 "data.name = ",
                 toml_text(data.name), " with data.input = ", toml_text(data.input));
  MINITAPE_CHECK(data.channels != 2, "[config] ", source,
                 ": data.channels must be 1 (grey) or 3 (colour): found 2");
}

}  // namespace

Config parse_config(std::string_view toml, const std::string& source_name,
                    const std::vector<std::string>& assignments) {
  Config config;
  read_keys(parse_toml(toml, source_name), config);
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
